"""Which budget has no room for an imagined call, at balances that somebody has read. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from metering.amounts import Amounts
from metering.decisions.decision import Standing, Step
from metering.decisions.trace import Balance
from metering.errors import BudgetExceeded, BudgetReserved, ConcurrencyExceeded, LimitExceeded
from metering.ledger.commands import MeterKey
from metering.policy.values import MeterLimit, MeterLimits
from metering.reservation.lasting import Lasting, lasting
from metering.simulation.full import end_of
from metering.types import Dimension, EnforcementMode


class Short(NamedTuple):
    """A limit without enough room."""

    rule: str
    rule_id: UUID | None
    mode: EnforcementMode
    code: str
    message: str


def short_of_budget(
    lines: MeterLimits,
    steps: Sequence[Step],
    balances: Mapping[MeterKey, Balance],
    requested: Amounts,
    standing: Standing,
    now: datetime,
) -> Short | None:
    """The line that lasts longest of those that stand so; `steps` say how each of them stands."""
    full = [line for line, step in zip(lines, steps, strict=True) if step.outcome is standing]
    if not full:
        return None

    def is_only_held(line: MeterLimit) -> bool:
        used, _ = balances.get(line.meter, (0, 0))
        return used + requested.of(line.meter.dimension) <= line.limit

    def lasts(line: MeterLimit) -> Lasting:
        return lasting(line.meter.dimension, end_of(line.meter, now), is_only_held=is_only_held(line))

    line = max(full, key=lasts)
    used, held = balances.get(line.meter, (0, 0))
    amount = requested.of(line.meter.dimension)
    error: type[LimitExceeded] = BudgetReserved if is_only_held(line) else BudgetExceeded
    if line.meter.dimension is Dimension.CONCURRENCY:
        error = ConcurrencyExceeded
    message = f"{used} used and {held} held of {line.limit}, {amount} more asked for."
    return Short(line.name, line.source_id, line.mode, error.code, message)
