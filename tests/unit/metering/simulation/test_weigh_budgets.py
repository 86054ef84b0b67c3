import dataclasses

from msgspec.structs import replace

from metering.amounts import ONE_REQUEST
from metering.decisions.decision import Standing
from metering.decisions.trace import limit_steps
from metering.policy.values import MeterLimit
from metering.simulation.weigh_budgets import Short, short_of_budget
from metering.types import Dimension, Window
from tests.fakes.allowance import NOW
from tests.fakes.policy import line


def over(window: Window) -> MeterLimit:
    made = line(Dimension.REQUESTS, 10)
    return dataclasses.replace(made, meter=replace(made.meter, window=window), name=f"requests/{window}")


def test_a_budget_that_is_used_up_is_named_before_a_longer_one_that_calls_under_way_hold() -> None:
    month, day = over(Window.MONTH), over(Window.DAY)
    balances = {month.meter: (5, 5), day.meter: (10, 0)}
    requested = ONE_REQUEST
    steps = tuple(limit_steps((month, day), balances, requested, holding=False))
    said = short_of_budget((month, day), steps, balances, requested, Standing.NO_ROOM, NOW)
    assert isinstance(said, Short)
    assert (said.rule, said.code) == ("requests/day", "budget_exceeded")
