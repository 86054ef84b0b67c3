"""For whom a tenant sets a limit: one of its teams, people or tokens from a list, or a tag or conversation by name."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.timezone import now

from admin_console.fields.named_rows import named_in, offered
from admin_console.subject_names import names_of
from metering.labels import MAX_LENGTH
from metering.models import ATIToken, Budget, PolicyRule, Team, Tenant, User
from metering.policy.edit.may_edit import Editor, target_for
from metering.policy.edit.target import PolicyTarget
from metering.tags import MAX_TAG
from metering.types import Scope

MOST = 500
"""So many of each kind are offered."""
NAMED = {
    Scope.TAG.value: ("A tag, named below", "Name the tag, such as project=apollo."),
    Scope.CONVERSATION.value: ("A conversation, named below", "Name the conversation, as calls name it."),
}
"""Those that are a text, each in a field of its name: how the list offers them, and what is missing without it."""


class WhomForm(forms.Form):
    whom = forms.ChoiceField(label="For")
    tag = forms.CharField(
        required=False,
        max_length=MAX_TAG,
        label="Tag",
        help_text="If it is for a tag, such as project=apollo.",
    )
    conversation = forms.CharField(
        required=False, max_length=MAX_LENGTH, label="Conversation", help_text="If it is for a conversation."
    )

    def __init__(self, *args: Any, editor: Editor, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editor, self.tenant = editor, tenant
        self.fields["whom"].choices = whom_choices(tenant, named_in(self, "whom"))  # type: ignore[attr-defined]

    identity: tuple[str, ...] = ("whom", *NAMED, "task")
    """Of which limit it is; what else the form has is what the limit says."""

    def keep_identity(self) -> None:
        """For a limit that is there: what it says changes, and nothing else."""
        for name in self.identity:
            self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        whom = values.get("whom")
        if whom in NAMED and not values.get(whom):
            self.add_error(whom, NAMED[whom][1])
        return values

    def target(self) -> PolicyTarget:
        """Whom the form names. Raises what `target_for` raises."""
        return target_for(self.editor, words_of(self.cleaned_data, self.tenant))


def whom_choices(tenant: Tenant, chosen: str) -> list[Any]:
    """Grouped by kind, each by the name that people know; what is `chosen` is among them."""
    kind, _, name = chosen.partition(":")
    named = {known: name if kind == known else "" for known in ("team", "user", "token")}
    teams = offered(
        Team.objects.for_tenant(tenant).order_by("name").values_list("slug", "name"),
        most=MOST,
        slug=named["team"],
    )
    people = offered(
        User.objects.filter(tenant=tenant, is_active=True).order_by("email").values_list("email", "name"),
        most=MOST,
        email=named["user"],
    )
    live = ATIToken.objects.for_tenant(tenant).live(now()).order_by("name", "prefix")
    tokens = offered(live.values_list("prefix", "name"), most=MOST, prefix=named["token"])
    return [
        ("", "Choose"),
        ("Teams", [(f"team:{slug}", name) for slug, name in teams]),
        ("People", [(f"user:{email}", f"{name} ({email})" if name else email) for email, name in people]),
        (
            "Tokens",
            [(f"token:{prefix}", f"{name} ({prefix}…)" if name else f"{prefix}…") for prefix, name in tokens],
        ),
        ("Others", [(scope, offered) for scope, (offered, _) in NAMED.items()]),
    ]


def words_of(values: Mapping[str, Any], tenant: Tenant) -> dict[str, str]:
    """Return whom the form names, as `find_target` takes it."""
    if values["whom"] in NAMED:
        return {"tenant": tenant.slug, values["whom"]: values[values["whom"]]}
    kind, _, reference = str(values["whom"]).partition(":")
    return {"tenant": tenant.slug, kind: reference}


def initial_of(row: Budget | PolicyRule) -> dict[str, str]:
    """How a row's subject is chosen in the form; empty for one that is gone or that the form does not offer."""
    if row.scope in NAMED:
        return {"whom": row.scope, row.scope: row.scope_id}
    column = {
        Scope.TEAM: (Team, "slug"),
        Scope.USER: (User, "email"),
        Scope.TOKEN: (ATIToken, "prefix"),
    }.get(Scope(row.scope))
    if column is None:
        return {}
    noun, name = column
    found = noun._default_manager.filter(pk=row.scope_id).values_list(name, flat=True).first()
    return {"whom": f"{row.scope}:{found}"} if found else {}


def name_of(target: PolicyTarget) -> str:
    """Return what people call the target."""
    pair = (target.scope.value, target.scope_id)
    return names_of([pair])[pair]
