"""Routes under /api/auth/."""

from django.urls import path

from gateway_project.api.auth.device import DeviceTokens, StartDeviceLogin
from gateway_project.api.auth.forgotten_password import ForgottenPassword, ResetPassword
from gateway_project.api.auth.invitation import AcceptInvitation
from gateway_project.api.auth.log_out import LogOut
from gateway_project.api.auth.me import Me
from gateway_project.api.auth.own_password import OwnPassword
from gateway_project.api.auth.refresh import Refresh
from gateway_project.api.auth.sign_in import SignIn
from gateway_project.api.auth.sign_up import SignUp

urlpatterns = [
    path("auth/signup", SignUp.as_view(), name="sign-up"),
    path("auth/token", SignIn.as_view(), name="sign-in"),
    path("auth/token/refresh", Refresh.as_view(), name="refresh"),
    path("auth/logout", LogOut.as_view(), name="log-out"),
    path("auth/password", OwnPassword.as_view(), name="own-password"),
    path("auth/password/forgotten", ForgottenPassword.as_view(), name="forgotten-password"),
    path("auth/password/reset", ResetPassword.as_view(), name="reset-password"),
    path("auth/invitation", AcceptInvitation.as_view(), name="accept-invitation"),
    path("auth/device", StartDeviceLogin.as_view(), name="start-device-login"),
    path("auth/device/token", DeviceTokens.as_view(), name="device-tokens"),
    path("auth/me", Me.as_view(), name="me"),
]
