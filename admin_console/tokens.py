"""ATI tokens: issued, rotated and revoked through the verbs of identity; a secret is shown once."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from admin_console.auditing import actor_of
from admin_console.base import ConsoleAdmin
from admin_console.dialogs import ConfirmDialog, RotateDialog, back_to
from admin_console.filters import TenantSlug
from admin_console.shown_once import secret_dialog, secret_page
from admin_console.site import console
from admin_console.token_form import TokenForm
from admin_console.who import ceiling_of_user
from metering.errors import MeteringError
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import rotate_token
from metering.identity.tokens.state import state_of
from metering.models import ATIToken

CHOSEN = ("tenant", "plan_tier", "name", "team", "user")
NARROWED = ("allowed_tasks", "allowed_models", "allowed_networks", "signups_allowed", "expires_at")
SEEN = (
    "state",
    "prefix",
    "signups_used",
    "last_used_at",
    "revoked_at",
    "previous_valid_until",
    "created_at",
)


@admin.register(ATIToken, site=console)
class ATITokenAdmin(ConsoleAdmin):
    """Nothing of a token is edited in place, and its digests appear nowhere."""

    form = TokenForm
    verb_audits = True
    actions = None
    list_display = (
        "prefix",
        "name",
        "tenant",
        "plan_tier",
        "state",
        "expires_at",
        "last_used_at",
        "created_at",
    )
    list_select_related = ("tenant", "plan_tier")
    list_filter = (
        TenantSlug,
        ("plan_tier", RelatedDropdownFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("prefix", "name", "tenant__slug")
    autocomplete_fields = ("tenant", "team", "user")
    actions_detail = ("narrow", "rotate", "revoke")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        # A class made for this request only.
        form.actor, form.ceiling = actor_of(request), ceiling_of_user(request.user)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sets: list[Any] = [(None, {"fields": CHOSEN}), ("Narrowed to", {"fields": NARROWED})]
        return [("State", {"fields": SEEN}), *sets] if obj else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*SEEN, *CHOSEN, *NARROWED) if obj else ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("digest", "previous_digest")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a revoked token stays, so that the usage log can name it

    def save_model(self, request: HttpRequest, obj: ATIToken, form: Any, change: bool) -> None:
        """The form has called the verb already, so that a refusal is a form error."""
        issued = form.issued
        obj.pk = issued.id
        obj.refresh_from_db()
        request.issued_secret = issued.secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ATIToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        page = self.admin_site.each_context(request)
        secret: str = request.issued_secret  # type: ignore[attr-defined]
        return secret_page(request, obj, secret, page=page, title=f"{obj.prefix} is issued")

    def has_operator_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @display(description="State", label={"live": "success", "revoked": "danger", "expired": "warning"})
    def state(self, row: ATIToken) -> str:
        return state_of(row, now=now())

    @action(description="Change what it may do", icon="tune", permissions=["operator"])
    def narrow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:token_narrow", prefix=self.row_or_404(request, object_id).prefix)

    @action(
        description="Rotate",
        icon="autorenew",
        permissions=["operator"],
        dialog={
            "title": "Rotate the secret",
            "description": "The token keeps its id and gets a new secret, which is shown once.",
            "form_class": RotateDialog,
            "form_submit_text": "Rotate",
        },
    )
    def rotate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        try:
            token = self.row_or_404(request, object_id)
            grace = form.cleaned_data["grace"]
            issued = rotate_token(
                token=token,
                grace=grace,
                ceiling=ceiling_of_user(request.user),
                actor=actor_of(request),
                now=now(),
            )
            self.log_change(request, token, "Rotated.")
        except MeteringError as error:
            self.message_user(request, error.message, messages.ERROR)
            return back_to("atitoken", object_id)
        return secret_dialog(request, token, issued.secret)

    @action(
        description="Revoke",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["operator"],
        dialog={
            "title": "Revoke this token",
            "description": "Its holders are refused within a second. This cannot be undone.",
            "form_class": ConfirmDialog,
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        token = self.row_or_404(request, object_id)
        revoke_token(token=token, actor=actor_of(request), now=now())
        self.log_change(request, token, "Revoked.")
        self.message_user(request, f"{token.prefix} is revoked.", messages.SUCCESS)
        return back_to("atitoken", object_id)
