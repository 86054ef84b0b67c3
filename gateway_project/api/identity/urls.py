"""Routes of identity."""

from django.urls import path

from gateway_project.api.identity.invitations import (
    Invitations,
    OneInvitation,
    ResendInvitation,
    WithdrawInvitation,
)
from gateway_project.api.identity.members import Members, OneMember
from gateway_project.api.identity.teams import OneTeam, Teams
from gateway_project.api.identity.tenants import OneTenant, TenantPlan, Tenants
from gateway_project.api.identity.token_verbs import RevokeToken, RotateToken
from gateway_project.api.identity.tokens import OneToken, Tokens
from gateway_project.api.identity.users import OneUser, Users

urlpatterns = [
    path("tokens", Tokens.as_view(), name="tokens"),
    path("tokens/<uuid:pk>", OneToken.as_view(), name="token"),
    path("tokens/<uuid:pk>/rotate", RotateToken.as_view(), name="rotate-token"),
    path("tokens/<uuid:pk>/revoke", RevokeToken.as_view(), name="revoke-token"),
    path("teams", Teams.as_view(), name="teams"),
    path("teams/<uuid:pk>", OneTeam.as_view(), name="team"),
    path("teams/<uuid:pk>/members", Members.as_view(), name="members"),
    path("teams/<uuid:pk>/members/<uuid:user_pk>", OneMember.as_view(), name="member"),
    path("users", Users.as_view(), name="users"),
    path("users/<uuid:pk>", OneUser.as_view(), name="user"),
    path("invitations", Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:pk>", OneInvitation.as_view(), name="invitation"),
    path("invitations/<uuid:pk>/resend", ResendInvitation.as_view(), name="resend-invitation"),
    path("invitations/<uuid:pk>/withdraw", WithdrawInvitation.as_view(), name="withdraw-invitation"),
    path("tenants", Tenants.as_view(), name="tenants"),
    path("tenants/<slug:slug>", OneTenant.as_view(), name="tenant"),
    path("tenants/<slug:slug>/plan", TenantPlan.as_view(), name="tenant-plan"),
]
