"""Budgets alone on the calls of the log, in one quick pass: the answer of the replay where nothing else may deny.

The replay plans and admits each call as the gateway does, some thousands a second. Whether a budget would have had room
needs less: which meters a call counts on, and what is used on them. So a look ahead at a budget sees every call of a
week and not a sample. `test_budget_pass.py` holds it to the replay.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from metering.amounts import COLUMNS, Amounts
from metering.errors import NotFound
from metering.ids import time_ms_of
from metering.ledger.commands import MeterKey
from metering.ledger.use import IS_USE
from metering.ledger.windows import window_bounds
from metering.policy.source import Policies
from metering.policy.values import EffectivePolicy, MeterLimit, PolicySubject
from metering.tags import Tags
from metering.types import Dimension, Outcome, Window
from metering.usage.filters import UsageFilter

PAGE = 10_000
_WHO = (
    "tenant_id", "team_id", "user_id", "token_id", "task", "agent_id", "model_class", "provider_name",
    "tags",
)  # fmt: skip
_FIRST = ("reservation_id", "id", "is_use", "conversation_id")
FOREVER = float("inf")


class Who(NamedTuple):
    """What decides on which meters an attempt counts."""

    tenant_id: UUID
    team_id: UUID | None
    user_id: UUID | None
    token_id: UUID | None
    task: str
    agent_id: str | None
    model_class: str
    provider_name: str
    tags: Tags


class Line(NamedTuple):
    """One call of the log."""

    id: UUID
    who: Who
    providers: tuple[str, ...]
    used: Amounts
    is_use: bool
    conversation_id: str | None

    @property
    def at_s(self) -> float:
        return time_ms_of(self.id) / 1000


@dataclass(slots=True)
class _Meter:
    key: MeterKey
    used: int
    ends_s: float


class _Slots(NamedTuple):
    """What some calls have in common; `policy` is that of those in no conversation."""

    denying: tuple[tuple[MeterLimit, _Meter], ...]
    meters: tuple[_Meter, ...]
    policy: EffectivePolicy | None


class BudgetPass:
    """The budgets of some policies, and what the calls that were let pass have used of them."""

    def __init__(
        self,
        policies: Policies,
        *,
        plans: Mapping[UUID, str],
        since: datetime,
        plan: str | None = None,
        begin_with: Callable[[MeterKey], int] = lambda meter: 0,
    ) -> None:
        """`plans` are those of the tokens, as they are today; `plan` is that of everybody instead. `begin_with` says
        what was used at `since` of the window that was open then.
        """
        self._policies = policies
        self._plans = plans
        self._plan = plan
        self._since_s = since.timestamp()
        self._begin_with = begin_with
        self._slots: dict[tuple[Who, tuple[str, ...], str | None], _Slots] = {}
        self._meters: dict[MeterKey, _Meter] = {}

    def take(self, line: Line) -> bool:
        """Count one call, unless a budget has no room for it. Returns whether it is denied."""
        slots = self._slots.get((line.who, line.providers, None)) or self._find(line, None)
        conversation_id, policy = line.conversation_id, slots.policy
        if conversation_id is not None and policy is not None and policy.concerns(conversation_id):
            known = self._slots.get((line.who, line.providers, conversation_id))
            slots = known or self._find(line, conversation_id)
        if not slots.meters:
            return False
        at_s = line.at_s
        for meter in slots.meters:
            if at_s >= meter.ends_s:
                meter.used, meter.ends_s = 0, _end_of(meter.key, at_s)
        wanted = line.used + Amounts(requests=1, steps=max(0, 1 - line.used.steps))
        for limit, meter in slots.denying:
            need = wanted.of(meter.key.dimension)
            most = limit.limit_at(datetime.fromtimestamp(at_s, UTC)) if limit.raises else limit.limit
            if need and meter.used + need > most:
                return True
        charged = line.used + Amounts(requests=1) if line.is_use else line.used
        for meter in slots.meters:
            meter.used += charged.of(meter.key.dimension)
        return False

    def _find(self, line: Line, conversation_id: str | None) -> _Slots:
        who = line.who
        policy: EffectivePolicy | None = None
        plan = self._plan or (self._plans.get(who.token_id, "") if who.token_id is not None else "")
        found: list[tuple[MeterLimit, _Meter]] = []
        if plan:
            subject = PolicySubject(who.tenant_id, plan, who.team_id, who.user_id, who.token_id)
            try:
                policy = self._policies.policy(subject, who.task)
            except NotFound:
                policy = None
            if policy is not None:
                its = policy.for_labels(who.tags, conversation_id)
                limits = its.limits_for(line.providers, who.agent_id, who.model_class)
                found = [
                    (limit, self._meter(limit.meter, line.at_s))
                    for limit in limits
                    if limit.meter.dimension != Dimension.CONCURRENCY
                ]
        slots = _Slots(
            denying=tuple((limit, meter) for limit, meter in found if limit.enforced),
            meters=tuple({meter.key: meter for _, meter in found}.values()),
            policy=policy,
        )
        self._slots[line.who, line.providers, conversation_id] = slots
        return slots

    def _meter(self, key: MeterKey, at_s: float) -> _Meter:
        meter = self._meters.get(key)
        if meter is None:
            ends_s = _end_of(key, self._since_s)
            used = self._begin_with(key)
            if at_s >= ends_s:  # that window is over
                used, ends_s = 0, _end_of(key, at_s)
            meter = self._meters[key] = _Meter(key, used, ends_s)
        return meter


def lines_of(chosen: UsageFilter) -> Iterator[Line]:
    """The calls in the order in which they were admitted. Those that were answered from the cache are left out."""
    paid = chosen.rows().exclude(outcome=Outcome.CACHED)
    marked = paid.annotate(is_use=RawSQL(IS_USE, (), output_field=BooleanField()))  # noqa: S611 - a constant
    rows = marked.order_by("id").values_list(*_FIRST, *_WHO, *COLUMNS)
    line: Line | None = None
    page = list(rows[:PAGE])
    while page:
        for row in page:
            if line is not None and row[0] == line.id:
                line = _together(line, row)
                continue
            if line is not None:
                yield line
            line = _line(row)
        page = list(rows.filter(id__gt=page[-1][1])[:PAGE])
    if line is not None:
        yield line


def _line(row: tuple[Any, ...]) -> Line:
    reservation_id, _, is_use, conversation_id = row[: len(_FIRST)]
    facts = row[len(_FIRST) :]
    who = Who._make(facts[: len(_WHO)])
    who = who._replace(tags=tuple(who.tags))
    used = Amounts(0, *facts[len(_WHO) :])
    return Line(reservation_id, who, (who.provider_name,), used, is_use, conversation_id)


def _together(line: Line, row: tuple[Any, ...]) -> Line:
    """Join the lines of a call of several attempts: it counts for each vendor that it was at."""
    other = _line(row)
    providers = tuple(dict.fromkeys((*line.providers, *other.providers)))
    return line._replace(providers=providers, used=line.used + other.used, is_use=line.is_use or other.is_use)


def _end_of(key: MeterKey, at_s: float) -> float:
    moment = datetime.fromtimestamp(at_s, UTC)
    _, end = window_bounds(Window(key.window), moment, timezone=key.timezone, week_start=key.week_start)
    return FOREVER if end is None else end.timestamp()
