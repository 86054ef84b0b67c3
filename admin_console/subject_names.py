"""What people call those whom a rule, a budget, a meter or an alert is about. A few queries for any number of rows."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from admin_console.words import scope_word
from metering.models import ATIToken, Plan, Team, Tenant, User
from metering.types import Scope

Pair = tuple[str, str]
"""A scope or kind of subject, and its id."""


def names_of(pairs: Iterable[Pair]) -> Mapping[Pair, str]:
    """Each pair's name. Whoever is gone is called so; the id of an agent, a tag or a conversation is its name."""
    wanted = set(pairs)
    found: dict[Pair, str] = {}
    for kind, rows in (
        (Scope.TENANT, Tenant.objects.all()),
        (Scope.TEAM, Team.objects.all()),
        (Scope.USER, User.objects.all()),
        (Scope.TOKEN, ATIToken.objects.defer("digest", "previous_digest")),
    ):
        ids = {uuid for scope, text in wanted if scope == kind and (uuid := _uuid(text)) is not None}
        if ids:
            found |= {(kind.value, str(row.pk)): _name(row) for row in rows.filter(pk__in=ids)}
    found |= _nobodys_tokens(wanted - found.keys())
    if codes := {text for scope, text in wanted if scope == Scope.PLAN}:
        named = Plan.objects.filter(pk__in=codes).values_list("code", "name")
        found |= {(Scope.PLAN.value, code): name for code, name in named}
    return {pair: found.get(pair) or _plain_name(*pair) for pair in wanted}


def _nobodys_tokens(wanted: set[Pair]) -> dict[Pair, str]:
    """A token that is nobody's counts as a person, by its own id."""
    ids = {uuid for scope, text in wanted if scope == Scope.USER and (uuid := _uuid(text)) is not None}
    if not ids:
        return {}
    tokens = ATIToken.objects.filter(pk__in=ids).defer("digest", "previous_digest")
    return {(Scope.USER.value, str(token.pk)): f"Token {_name(token)}" for token in tokens}


def whom(scope: str, tenant: Tenant | None, scope_id: str, names: Mapping[Pair, str]) -> str:
    """`Person ann@alder.example of Alder`, `Plan PRO`, `The whole gateway`."""
    if scope == Scope.GLOBAL:
        return "The whole gateway"
    if scope == Scope.TENANT:
        return f"Tenant {tenant.name if tenant else ''}".strip()
    name = names.get((scope, scope_id)) or _plain_name(scope, scope_id)
    subject = f"{scope_word(scope).capitalize()} {name}"
    return f"{subject} of {tenant.name}" if tenant is not None else subject


def _name(row: Model) -> str:
    if isinstance(row, ATIToken):
        return f"{row.name} ({row.prefix}…)" if row.name else f"{row.prefix}…"
    if isinstance(row, User):
        return row.email
    return str(getattr(row, "name", "") or row)


def _plain_name(kind: str, text: str) -> str:
    is_row = kind in {Scope.TENANT.value, Scope.TEAM.value, Scope.USER.value, Scope.TOKEN.value}
    if is_row and _uuid(text) is not None:
        return "that is gone"
    return "" if kind == Scope.GLOBAL else text


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
