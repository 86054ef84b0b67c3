"""Forms about people and teams. What may be chosen is the tenant's own."""

from typing import Any

from django import forms
from django.utils.timezone import now

from admin_console.fields.named_rows import named_in, offered
from metering.identity.tokens.ceiling import Ceiling
from metering.identity.tokens.width import excess, width_given
from metering.models import ATIToken, Team, Tenant, User

ROLE_CHOICES = [(User.Role.MEMBER.value, "Member"), (User.Role.TENANT_ADMIN.value, "Administrator")]
ROLE_HELP = "Members see their own usage and tokens; administrators see and change all of the tenant's."
MOST_CHOICES = 500


class InviteForm(forms.Form):
    email = forms.EmailField(max_length=254, label="E-mail address")
    name = forms.CharField(max_length=200, required=False, label="Name")
    role = forms.ChoiceField(choices=ROLE_CHOICES, label="Role", help_text=ROLE_HELP)
    team = forms.ChoiceField(required=False, label="Team", help_text="To be in from the start.")
    token = forms.ChoiceField(
        required=False, label="Plan from", help_text="The token whose plan and limits the person will have."
    )

    def __init__(self, *args: Any, tenant: Tenant, ceiling: Ceiling | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team, token = named_in(self, "team"), named_in(self, "token")
        self.fields["team"].choices = team_choices(tenant, named=team)  # type: ignore[attr-defined]
        self.fields["token"].choices = token_choices(tenant, ceiling, named=token)  # type: ignore[attr-defined]


class NameForm(forms.Form):
    name = forms.CharField(max_length=200, required=False, label="Name")


class TeamForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name")
    slug = forms.SlugField(
        max_length=63, label="Short name", help_text="What programs send as X-Team-ID; it stays as it is."
    )


def team_choices(tenant: Tenant, *, named: str = "") -> list[tuple[str, str]]:
    """The tenant's first teams, and the one that is named."""
    teams = Team.objects.for_tenant(tenant).order_by("name").values_list("slug", "name")
    return [("", "None"), *offered(teams, most=MOST_CHOICES, slug=named)]


def token_choices(tenant: Tenant, ceiling: Ceiling | None, *, named: str = "") -> list[tuple[str, str]]:
    """Live tokens that may stand behind somebody; for administrators those within their own."""
    tokens = ATIToken.objects.for_tenant(tenant).live(now()).order_by("name", "prefix")
    live = offered(tokens, most=MOST_CHOICES, prefix=named)
    usual = "Your own token" if ceiling is not None else "The newest that has sign-ups"
    return [
        ("", usual),
        *((token.prefix, token_title(token)) for token in live if _is_within(token, ceiling)),
    ]


def token_title(token: ATIToken) -> str:
    return f"{token.name or 'Unnamed'} ({token.prefix}…), plan {token.plan_tier_id}"


def _is_within(token: ATIToken, ceiling: Ceiling | None) -> bool:
    if ceiling is None:
        return True
    return ceiling.token is not None and excess(width_given(token), width_given(ceiling.token)) is None
