"""What people call the rows that events are about: looked up for a whole page of events at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from metering.models import ATIToken, AuditEvent, Budget, PolicyRule, Team, Tenant, User

KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "team": (Team, ("slug",)),
    "user": (User, ("name", "email")),
    "token": (ATIToken, ("name", "prefix")),
    "tenant": (Tenant, ("name", "slug")),
}
OF_TYPE = {"Team": "team", "User": "user", "ATIToken": "token", "Tenant": "tenant"}
_IN_FACTS = {"team": "team", "user": "user", "signup_token": "token"}
"""Facts that are ids, and of what."""


class Names:
    """Names of the rows of some events. What is gone has the name that its event kept, or none."""

    def __init__(self, events: Iterable[AuditEvent]) -> None:
        events = list(events)
        self._limits = _limits_of(events)
        wanted: defaultdict[str, set[UUID]] = defaultdict(set)
        emails: set[str] = set()
        prefixes: set[str] = set()
        for event in events:
            for kind, identifier in self._mentioned(event):
                wanted[kind].add(identifier)
            if "@" in event.actor:
                emails.add(event.actor)
            elif " " in event.actor:
                prefixes.add(event.actor.rpartition(" ")[2])
        self._names = {
            kind: {
                str(row.pop("pk")): row
                for row in model.objects.filter(pk__in=wanted[kind]).values("pk", *columns)
            }
            if wanted[kind]
            else {}
            for kind, (model, columns) in KINDS.items()
        }
        self.people = _by(User.objects.filter(email__in=emails), "email", "name", "tenant_id", "role")
        self.tokens = _by(ATIToken.objects.filter(prefix__in=prefixes), "prefix", "name", "tenant_id")

    def of(self, kind: str, identifier: object) -> str:
        """`team red`, `ann@alder.example`, `the token ati_1a2b (CI)`; empty for one that is not there any more."""
        row = self._names.get(kind, {}).get(str(identifier))
        if row is None:
            return ""
        if kind == "team":
            return f"team {row['slug']}"
        if kind == "user":
            return str(row["email"])
        if kind == "tenant":
            return str(row["name"] or row["slug"])
        return f"the token {row['prefix']}" + (f" ({row['name']})" if row["name"] else "")

    def limit_of(self, event: AuditEvent) -> dict[str, Any]:
        """Whom a rule or budget is for and what it is about: what the event kept, or else as the row is now."""
        facts: dict[str, Any] = event.facts
        return facts if "scope" in facts else self._limits.get(event.object_id, {}) | facts

    def _mentioned(self, event: AuditEvent) -> Iterator[tuple[str, UUID]]:
        pairs = [(OF_TYPE.get(event.object_type, ""), event.object_id), ("tenant", event.tenant_id)]
        limit = self.limit_of(event)
        pairs.append((str(limit.get("scope", "")), limit.get("scope_id")))
        for facts in (event.facts, event.facts.get("before"), event.facts.get("after")):
            for name, kind in _IN_FACTS.items() if isinstance(facts, dict) else ():
                value = facts.get(name)
                pairs += [(kind, each) for each in (value if isinstance(value, list) else [value])]
        for kind, text in pairs:
            identifier = _uuid(text)
            if kind in KINDS and identifier is not None:
                yield kind, identifier


def _limits_of(events: Iterable[AuditEvent]) -> dict[str, dict[str, Any]]:
    """The rules and budgets of events that do not say themselves whom they are for."""
    found: dict[str, dict[str, Any]] = {}
    for model, columns in (
        (Budget, ("scope", "scope_id", "dimension", "window", "task_id", "model_class_id")),
        (PolicyRule, ("scope", "scope_id", "key", "task_id")),
    ):
        ids = [
            identifier
            for event in events
            if event.object_type == model.__name__
            and "scope" not in event.facts
            and (identifier := _uuid(event.object_id)) is not None
        ]
        if ids:
            for row in model._default_manager.filter(pk__in=ids).values("pk", *columns):
                limit = {
                    name if name == "scope_id" else name.removesuffix("_id"): row[name] for name in columns
                }
                found[str(row["pk"])] = limit
    return found


def _by(rows: Any, key: str, *columns: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows.values(key, *columns)}


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
