"""The page on which people in the console change their own password."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.timezone import now
from unfold.forms import AdminOwnPasswordChangeForm

from admin_console.auditing import actor_of
from metering.identity.people.set_password import set_password


class OwnPassword(PasswordChangeView):
    """Django's page around the API's verb, which writes the audit event. Every other session ends."""

    form_class = AdminOwnPasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: AdminOwnPasswordChangeForm) -> HttpResponse:
        user, password = form.user, form.cleaned_data["new_password1"]
        set_password(user=user, password=password, actor=actor_of(self.request), now=now())
        user.refresh_from_db(fields=["password"])
        update_session_auth_hash(self.request, user)
        return HttpResponseRedirect(self.get_success_url())
