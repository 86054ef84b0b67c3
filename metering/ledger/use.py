"""What counts as use: an attempt that brought an answer or a part of one, or that costs. A vendor's failure is none."""

from collections.abc import Callable
from operator import attrgetter

from metering.amounts import COLUMNS
from metering.ledger.commands import Attempt
from metering.types import Outcome

UNPAID = (Outcome.ERROR, Outcome.CACHED)
"""A vendor's failure, and an answer for which no vendor was asked."""

BROUGHT = tuple(name for name in COLUMNS if name != "steps")
"""Amounts that only use has. A step is taken by an attempt that fails too."""
_brought: Callable[[Attempt], tuple[int, ...]] = attrgetter(*BROUGHT)

IS_USE = f"""(outcome NOT IN ('error', 'cancelled', 'cached') OR (outcome = 'cancelled' AND response_model <> '')
    OR ({", ".join(BROUGHT)}) <> ({", ".join("0" for _ in BROUGHT)}))"""
"""The same of a row of the usage log, as SQL. An expired call of which was found out that it sent nothing has a
cancelled attempt of no model, which is none."""


def first_attempt_of(column: str) -> str:
    """Return SQL for the id of the first attempt of the reservation in a column: its last bit is another."""
    last = f"translate(right({column}::text, 1), '0123456789abcdef', '1032547698badcfe')"
    return f"(left({column}::text, 35) || {last})::uuid"


def is_use(attempt: Attempt) -> bool:
    """Return whether the attempt brought anything, or may have, or costs anything."""
    return attempt.outcome not in UNPAID or any(_brought(attempt))


def spent(attempts: tuple[Attempt, ...]) -> bool:
    """Return whether any of them is use. Such a call is a request, however many attempts it took."""
    return any(map(is_use, attempts))


def brought(attempts: tuple[Attempt, ...]) -> bool:
    """Return whether the call has an answer, or may have one: to ask again under its key is to ask for that."""
    return any(attempt.outcome is Outcome.CACHED or is_use(attempt) for attempt in attempts)
