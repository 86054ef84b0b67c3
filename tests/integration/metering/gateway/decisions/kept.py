"""What the log of decisions has written."""

from typing import Any

from metering.decisions.log import DecisionLog
from metering.models import PolicyDecision


async def kept(decisions: DecisionLog, rows: Any) -> list[PolicyDecision]:
    await decisions.flush()
    found: list[PolicyDecision] = await rows(lambda: list(PolicyDecision.objects.order_by("rule", "minute")))
    return found
