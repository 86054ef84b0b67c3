"""The usage log as calls, in the order in which they were admitted, a page at a time.

Pages by id and no cursor that stays open: a transaction of minutes would keep PostgreSQL from cleaning the hot tables
up behind it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from msgspec import structs

from metering.amounts import COLUMNS, Amounts, total
from metering.ids import time_ms_of
from metering.ledger.commands import Attempt
from metering.ledger.use import IS_USE
from metering.tags import Tags
from metering.types import Outcome
from metering.usage.filters import UsageFilter

PAGE = 5_000
_FACTS = (
    "reservation_id", "tenant_id", "team_id", "user_id", "token_id", "agent_id", "conversation_id", "tags", "task",
    "request_model", "model_class", "provider_name", "latency_ms", "id", "attempt", "is_use",
)  # fmt: skip


class LoggedAttempt(NamedTuple):
    """One row of the usage log, with the names that it has there."""

    reservation_id: UUID
    tenant_id: UUID
    team_id: UUID | None
    user_id: UUID | None
    token_id: UUID | None
    agent_id: str | None
    conversation_id: str | None
    tags: Tags
    task: str
    request_model: str
    model_class: str
    provider_name: str
    latency_ms: int
    id: UUID
    attempt: int
    """Its number."""
    is_use: bool
    """False: the vendor failed and brought nothing."""
    used: Amounts


class LoggedCall(NamedTuple):
    """A reservation's attempts, in the order in which they were made."""

    attempts: list[LoggedAttempt]

    @property
    def first(self) -> LoggedAttempt:
        return self.attempts[0]

    @property
    def at_vendors(self) -> list[LoggedAttempt]:
        """Those at LLM vendors; where it came to none, all."""
        return [attempt for attempt in self.attempts if not attempt.used.api_calls] or self.attempts

    @property
    def served(self) -> LoggedAttempt:
        """The last one that a vendor answered; if there was none, the last."""
        attempts = self.at_vendors
        return next((attempt for attempt in reversed(attempts) if attempt.is_use), attempts[-1])

    @property
    def lasted_s(self) -> float:
        """Its attempts, one after the other."""
        return sum([attempt.latency_ms for attempt in self.attempts]) / 1000

    @property
    def used(self) -> Amounts:
        """What its attempts used together."""
        return total(tuple([attempt.used for attempt in self.attempts]))

    def as_attempts(self, saved_nano_usd: int) -> tuple[Attempt, ...]:
        """What it is settled with, where so much of its cost is saved."""
        attempts = []
        for number, attempt in enumerate(self.attempts, start=1):
            saved = min(saved_nano_usd, attempt.used.cost_nano_usd)
            saved_nano_usd -= saved
            attempts.append(
                Attempt(
                    number=number,
                    provider_name=attempt.provider_name,
                    response_model=attempt.request_model,
                    started_at=self.admitted_at,
                    latency_ms=attempt.latency_ms,
                    outcome=Outcome.OK if attempt.is_use else Outcome.ERROR,
                    **structs.asdict(attempt.used - Amounts(cost_nano_usd=saved)),
                )
            )
        return tuple(attempts)

    @property
    def admitted_s(self) -> float:
        """Seconds since the epoch."""
        return time_ms_of(self.first.reservation_id) / 1000

    @property
    def admitted_at(self) -> datetime:
        return datetime.fromtimestamp(self.admitted_s, UTC)


def logged_calls(chosen: UsageFilter) -> Iterator[LoggedCall]:
    """Attempts of one reservation follow each other, because their ids are derived from its id, in any order.

    Calls that were answered from the cache are left out: they use no budget.
    """
    paid = chosen.rows().exclude(outcome=Outcome.CACHED)
    marked = paid.annotate(is_use=RawSQL(IS_USE, (), output_field=BooleanField()))  # noqa: S611 - a constant
    rows = marked.order_by("id").values_list(*_FACTS, *COLUMNS)
    attempts: list[LoggedAttempt] = []
    page = [_attempt(row) for row in rows[:PAGE]]
    while page:
        for attempt in page:
            if attempts and attempt.reservation_id != attempts[0].reservation_id:
                yield _call(attempts)
                attempts = []
            attempts.append(attempt)
        page = [_attempt(row) for row in rows.filter(id__gt=page[-1].id)[:PAGE]]
    if attempts:
        yield _call(attempts)


def _call(attempts: list[LoggedAttempt]) -> LoggedCall:
    return LoggedCall(sorted(attempts, key=lambda each: each.attempt))


def _attempt(row: tuple[Any, ...]) -> LoggedAttempt:
    amounts = dict(zip(COLUMNS, row[len(_FACTS) :], strict=True))
    logged = LoggedAttempt._make((*row[: len(_FACTS)], Amounts(**amounts)))
    return logged._replace(tags=tuple(logged.tags))
