"""Alerts: a meter reaches a threshold of its limit, is told once, and waits for the next one. Pure.

Invariant: after every batch no threshold is reached that was not told: `used` (where calls at once are counted, `held`)
is below the meter's `alert_at`. A batch that is foreseen (ADR 8) leaves that check to the database. What counts as
reaching a threshold of t percent:

- the amount charged is at least t percent of the limit that the last reserve brought, and more than nothing;
- for 100 percent also: a call was denied that is not larger than the whole budget, and would have had no room either
  if every call in flight had cost nothing;
- for calls at once: as many are held when the batch ends, or when a call was denied. One at a time is not told, it is
  how a limit of 1 is used. After a cool-down they are told anew.

A raised limit begins a new episode: what it leaves unreached is told once more.
"""

from datetime import timedelta
from functools import lru_cache

from metering.ledger.books import Books
from metering.ledger.commands import HoldLine
from metering.ledger.records import NEVER, Alert, Meter
from metering.ledger.results import LineDenial
from metering.types import Dimension

COOL_DOWN = timedelta(hours=6)
"""Between two alerts about the calls at once of one meter."""
CHANGE_COOL_DOWN = timedelta(minutes=1)
"""Between two raises of a limit after which its thresholds are told again."""
EXHAUSTED = 100


def watch(line: HoldLine, meter: Meter, books: Books) -> None:
    """A reserve brings another limit, or other thresholds."""
    if line.limit != meter.watched_limit or line.thresholds != meter.thresholds:
        if line.limit > meter.watched_limit:
            _forget_unreached(meter, line.limit, books)
        meter.watched_limit, meter.thresholds = line.limit, line.thresholds
        _arm(meter, books)


def rearm(meter: Meter, books: Books) -> None:
    """End a cool-down that is over on the database's clock."""
    if meter.rearms_at is not None and meter.rearms_at <= books.now:
        meter.rearms_at = None
        if meter.dimension is Dimension.CONCURRENCY:
            meter.alerted = ""
        _arm(meter, books)


def note_denial(denial: LineDenial, meter: Meter, books: Books) -> None:
    """A denial may be the news that a budget is used up, although what is left was never charged."""
    if meter.dimension is Dimension.CONCURRENCY:
        if denial.held >= meter.alert_at:
            books.denied[meter.id] = denial
    elif denial.requested <= denial.limit < denial.used + denial.requested and EXHAUSTED in _pending(
        meter.thresholds, meter.alerted
    ):
        books.denied[meter.id] = denial


def raise_alerts(books: Books) -> None:
    """Find what was reached, once the batch is decided."""
    for meter in books.meters.values():
        reached = meter.held if meter.dimension is Dimension.CONCURRENCY else meter.used
        if reached >= meter.alert_at:
            _tell(meter, _reached(meter, reached), meter.held, None, books)
    for meter_id, denial in books.denied.items():
        meter = books.meters[meter_id]
        if meter.dimension is Dimension.CONCURRENCY:
            _tell(meter, _reached(meter, denial.held), denial.held, None, books)
        elif EXHAUSTED in _pending(meter.thresholds, meter.alerted):
            _tell(meter, (EXHAUSTED,), meter.held, denial.requested, books)


def _reached(meter: Meter, amount: int) -> tuple[int, ...]:
    pending = _pending(meter.thresholds, meter.alerted)
    return tuple(percent for percent in pending if amount >= _least(percent, meter.watched_limit))


def _tell(meter: Meter, thresholds: tuple[int, ...], held: int, requested: int | None, books: Books) -> None:
    if not thresholds or (meter.dimension is Dimension.CONCURRENCY and meter.rearms_at is not None):
        return
    books.alerts += [
        Alert(meter.id, percent, meter.episodes, meter.used, held, requested, meter.watched_limit)
        for percent in thresholds
    ]
    meter.alerted = ",".join(map(str, sorted({*percentages(meter.alerted), *thresholds})))
    if meter.dimension is Dimension.CONCURRENCY:
        meter.episodes += 1
        meter.rearms_at = books.now + COOL_DOWN
    _arm(meter, books)


def _forget_unreached(meter: Meter, limit: int, books: Books) -> None:
    """Of a raised limit: what is not reached any more is told again when it is.

    Not twice within a cool-down: while a change reaches the processes, calls bring the old limit and the new in turns.
    """
    told = percentages(meter.alerted)
    reached = [percent for percent in told if meter.used >= _least(percent, limit)]
    if len(reached) == len(told) or meter.dimension is Dimension.CONCURRENCY or meter.rearms_at is not None:
        return
    meter.alerted = ",".join(map(str, reached))
    meter.episodes += 1
    meter.rearms_at = books.now + CHANGE_COOL_DOWN


def _arm(meter: Meter, books: Books) -> None:
    books.watched.add(meter.id)
    quiet = meter.dimension is Dimension.CONCURRENCY and (
        meter.rearms_at is not None or meter.watched_limit <= 1
    )
    pending = () if quiet else _pending(meter.thresholds, meter.alerted)
    meter.alert_at = min([_least(percent, meter.watched_limit) for percent in pending], default=NEVER)


def _least(percent: int, limit: int) -> int:
    """The smallest amount that is so many percent of the limit."""
    return min(NEVER, max(1, -(-percent * limit // 100)))


def _pending(thresholds: str, alerted: str) -> tuple[int, ...]:
    told = percentages(alerted)
    return tuple(percent for percent in percentages(thresholds) if percent not in told)


@lru_cache(maxsize=1024)
def percentages(text: str) -> tuple[int, ...]:
    """Thresholds as they are stored: `80,95,100`. Raises ValueError."""
    return tuple(int(word) for word in text.split(",")) if text else ()
