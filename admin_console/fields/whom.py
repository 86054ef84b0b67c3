"""For whom a rule or a budget is: a scope, and whoever is meant chosen by name."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from admin_console.fields.chosen import chosen
from admin_console.fields.suggested import SuggestedInput
from admin_console.words import scope_word
from metering.errors import MeteringError
from metering.models import ATIToken, Plan, Provider, Team, Tenant, User
from metering.policy.edit.target import PolicyTarget, find_target
from metering.text import normal
from metering.types import TENANT_SCOPES, Scope
from metering.usage.recent_labels import recent_labels

ROWS = {
    Scope.PLAN: Plan,
    Scope.PROVIDER: Provider,
    Scope.TENANT: Tenant,
    Scope.TEAM: Team,
    Scope.USER: User,
    Scope.TOKEN: ATIToken,
}
"""Scopes whose subjects are rows, each with a field of the scope's name."""
TOLD = tuple(scope for scope in TENANT_SCOPES if scope not in ROWS)
"""Scopes whose subjects are whatever calls name: a tenant, and a text."""
LABEL_OF = {Scope.AGENT: "agent_id", Scope.TAG: "tags", Scope.CONVERSATION: "conversation_id"}
"""The column of the usage log that names a scope's subjects."""
FIELDS = ("scope", *(scope.value for scope in ROWS), "named")


def _named_lately() -> list[tuple[str, str]]:
    """What the newest calls name: agents, tags and conversations."""
    return sorted({(name, scope_word(scope)) for scope in TOLD for name in recent_labels(LABEL_OF[scope])})


def whom_fields() -> dict[str, forms.Field]:
    """The fields of a form that asks for whom. Those that do not fit the scope are hidden by a script."""
    fields: dict[str, forms.Field] = {
        "scope": forms.ChoiceField(
            label="For",
            choices=[(scope.value, scope_word(scope).capitalize()) for scope in Scope],
            widget=UnfoldAdminSelectWidget(attrs={"data-whom": ""}),
        )
    }
    for scope, noun in ROWS.items():
        rows = noun._default_manager.all()
        if scope in (Scope.TEAM, Scope.USER, Scope.TOKEN):
            rows = rows.select_related("tenant")
        needed_for = f"{scope.value} {' '.join(TOLD)}" if scope is Scope.TENANT else scope.value
        fields[scope.value] = chosen(rows, required=False, label=scope_word(scope).capitalize())
        fields[scope.value].widget.attrs["data-whom-of"] = needed_for
    fields["named"] = forms.CharField(
        required=False,
        max_length=128,
        label="Named",
        widget=SuggestedInput(suggest=_named_lately, attrs={"data-whom-of": " ".join(TOLD)}),
        help_text="As calls name it; of a tag its key and value, such as project=apollo.",
    )
    return fields


def chosen_target(values: Mapping[str, Any]) -> PolicyTarget:
    """Whom the form names. Raises InvalidRequest and NotFound, whose `param` is the field at fault."""
    scope = Scope(values["scope"])
    if scope is Scope.GLOBAL:
        return PolicyTarget(scope=scope)
    if scope in TOLD:
        tenant, text = values.get("tenant"), normal(values.get("named") or "")
        if tenant is None or not text:
            missing = "tenant" if tenant is None else "named"
            raise Missing(
                missing, "Choose the tenant." if tenant is None else f"Name the {scope_word(scope)}."
            )
        return find_target(**{"tenant": tenant.slug, scope.value: text})
    row = values.get(scope.value)
    if row is None:
        raise Missing(scope.value, f"Choose the {scope_word(scope)}.")
    if scope in (Scope.PLAN, Scope.PROVIDER):
        return find_target(**{scope.value: row.pk})
    if scope is Scope.TENANT:
        return find_target(tenant=row.slug)
    if row.tenant is None:
        raise Missing(scope.value, "An operator belongs to no tenant, and has no limits.")
    return find_target(**{"tenant": row.tenant.slug, scope.value: str(row.pk)})


class Missing(Exception):
    """A field that the scope needs, and what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def initial_whom(given: Mapping[str, Any]) -> dict[str, Any]:
    """Initial values from an address: `scope`, `tenant` (slug or id) and one of `plan`, `team`, `user`, `token`,
    `agent` and so on, by what people call it, or the old `scope_id`. What cannot be found is left open.
    """
    words = {scope.value: str(given[scope.value]) for scope in Scope if given.get(scope.value)}
    scope = str(given.get("scope") or "")
    if scope and given.get("scope_id"):
        words.setdefault(scope, str(given["scope_id"]))
    try:
        target = find_target(**words)  # type: ignore[arg-type]
    except (MeteringError, TypeError):
        return {"scope": scope} if scope else {}
    if target.scope is Scope.GLOBAL:
        return {"scope": scope} if scope else {}
    shown: dict[str, Any] = {"scope": scope or target.scope.value}
    if target.tenant is not None:
        shown["tenant"] = target.tenant.pk
    if target.scope in TOLD:
        shown["named"] = target.scope_id
    elif target.scope is not Scope.TENANT:
        shown[target.scope.value] = target.scope_id
    return shown
