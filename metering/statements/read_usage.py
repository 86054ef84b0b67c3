"""What a tenant used in a month, added up by task, model, team and person in one pass over the lines of the books."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from metering.ids import first_id_at
from metering.models import ATIToken, Task, Team, Tenant, User
from metering.statements.figures import Group, Sums
from metering.usage.fetch import fetch
from metering.usage.lines import LINES

MOST_GROUPS = 200
"""Of one kind; what is cheaper is one group."""
OTHERS = "all others"
TIMEOUT_S = 300
"""A job reads them, once a month."""
_VENDOR = """CASE WHEN line.corrections = 1 THEN 0 WHEN line.own_key OR line.cached THEN line.cost_nano_usd
    ELSE coalesce(line.list_cost_nano_usd, line.cost_nano_usd) END"""
_MARKUP = f"CASE WHEN line.corrections = 1 THEN 0 ELSE line.cost_nano_usd - {_VENDOR} END"
SUMS = f"""
SELECT grouping(line.task, line.request_model, line.team_id, line.user_id, line.token_id) AS kind,
    line.task, line.provider_name, line.request_model, line.team_id, line.user_id, line.token_id,
    count(DISTINCT line.request) + sum(line.corrected_requests) AS requests,
    sum(line.input_tokens) AS input_tokens, sum(line.cached_input_tokens) AS cached_input_tokens,
    sum(line.output_tokens) AS output_tokens, sum({_VENDOR}) AS vendor_nano_usd,
    sum(greatest({_MARKUP}, 0)) AS markup_nano_usd, sum(least({_MARKUP}, 0)) AS discount_nano_usd,
    coalesce(sum(line.cost_nano_usd) FILTER (WHERE line.corrections = 1), 0) AS corrected_nano_usd,
    sum(line.cost_nano_usd) AS charged_nano_usd
FROM {LINES}
WHERE line.tenant_id = %(tenant)s AND line.id >= %(low)s AND line.id < %(high)s
GROUP BY GROUPING SETS ((), (line.task), (line.provider_name, line.request_model), (line.team_id),
    (line.user_id, line.token_id))
"""  # noqa: S608 - constants of this package
NOTHING = Sums(**dict.fromkeys(Sums.__struct_fields__, 0))
_ALL, _TASK, _MODEL, _TEAM, _USER = 0b11111, 0b01111, 0b10111, 0b11011, 0b11100
"""What `grouping` says of a row: a bit for each column that is not told apart."""


class Usage(NamedTuple):
    total: Sums
    by_task: tuple[Group, ...]
    by_model: tuple[Group, ...]
    by_team: tuple[Group, ...]
    by_user: tuple[Group, ...]


def read_usage(tenant: Tenant, since: datetime, until: datetime) -> Usage:
    """Of calls that were admitted in [since, until). Raises InvalidRequest where it takes longer than TIMEOUT_S."""
    bounds = {"tenant": tenant.pk, "low": first_id_at(since), "high": first_id_at(until)}
    rows = fetch(SUMS, bounds, timeout_s=TIMEOUT_S)

    def groups(kind: int, name: Callable[[dict[str, Any]], str]) -> tuple[Group, ...]:
        """The dearest first. Tokens of one person, and models of one name, are one group."""
        named: dict[str, Sums] = {}
        for row in rows:
            if row["kind"] == kind:
                label = name(row)
                named[label] = added([named.get(label, NOTHING), _sums(row)])
        ordered = sorted(named.items(), key=lambda item: (-item[1].charged_nano_usd, item[0]))
        shown = [Group(name=label, sums=sums) for label, sums in ordered[:MOST_GROUPS]]
        rest = [sums for _, sums in ordered[MOST_GROUPS:]]
        return (*shown, Group(name=OTHERS, sums=added(rest))) if rest else tuple(shown)

    tasks = dict(Task.objects.values_list("code", "name"))
    teams = _names(Team, "name", (row["team_id"] for row in rows))
    people = _names(User, "email", (row["user_id"] for row in rows))
    tokens = _names(ATIToken, "prefix", (row["token_id"] for row in rows if row["user_id"] is None))
    [total] = [_sums(row) for row in rows if row["kind"] == _ALL]
    return Usage(
        total=total,
        by_task=groups(_TASK, lambda row: tasks.get(row["task"], row["task"])),
        by_model=groups(_MODEL, lambda row: f"{row['request_model']} ({row['provider_name'] or 'cache'})"),
        by_team=groups(_TEAM, lambda row: _name(teams, row["team_id"], "without a team")),
        by_user=groups(
            _USER,
            lambda row: _name(people, row["user_id"], f"Token {_name(tokens, row['token_id'], 'unknown')}"),
        ),
    )


def added(each: Iterable[Sums]) -> Sums:
    found = list(each)
    return Sums(**{name: sum(getattr(sums, name) for sums in found) for name in Sums.__struct_fields__})


def _sums(row: dict[str, Any]) -> Sums:
    return Sums(**{name: int(row[name] or 0) for name in Sums.__struct_fields__})


def _names(model: Any, column: str, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {id_ for id_ in ids if id_ is not None}
    return dict(model.objects.filter(pk__in=wanted).values_list("pk", column)) if wanted else {}


def _name(names: dict[UUID, str], id_: UUID | None, nobody: str) -> str:
    """Return the name of somebody; whoever is gone by now is called by the id."""
    return nobody if id_ is None else names.get(id_, str(id_))
