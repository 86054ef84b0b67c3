"""Which budget has no room for an imagined call, at balances that somebody has read. Pure."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from metering.decisions.decision import Standing
from metering.decisions.trace import Balance, line_steps
from metering.errors import BudgetExceeded, ConcurrencyExceeded
from metering.ledger.commands import MeterKey
from metering.policy.values import Lines
from metering.types import Dimension, EnforcementMode, Window

_LONGEST_FIRST = (Window.TOTAL, Window.MONTH, Window.WEEK, Window.DAY, Window.HOUR, Window.NONE)


class Short(NamedTuple):
    """A limit without enough room."""

    rule: str
    rule_id: UUID | None
    mode: EnforcementMode
    code: str
    message: str


def short_of_budget(
    lines: Lines, balances: Mapping[MeterKey, Balance], requested: Mapping[Dimension, int], standing: Standing
) -> Short | None:
    """The line that lasts longest of those that stand so."""
    full = [
        line
        for line, step in zip(lines, line_steps(lines, balances, requested, holding=False), strict=True)
        if step.outcome is standing
    ]
    if not full:
        return None
    line = min(full, key=lambda line: _LONGEST_FIRST.index(line.meter.window))
    used, held = balances.get(line.meter, (0, 0))
    error = ConcurrencyExceeded if line.meter.dimension is Dimension.CONCURRENCY else BudgetExceeded
    message = (
        f"{used} used and {held} held of {line.limit}, {requested[line.meter.dimension]} more asked for."
    )
    return Short(line.name, line.source_id, line.mode, error.code, message)
