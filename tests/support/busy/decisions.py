"""What was refused in the last days: by budgets and by rates."""

from datetime import datetime, timedelta
from random import Random

from metering.ids import uuid7
from metering.models import PolicyDecision
from tests.support.busy.callers import callers

DAYS, A_DAY = 14, 6
WHY = {
    "budget_exceeded": ("user cost/day", "The budget user cost/day is used up."),
    "rate_limited": ("plan requests/minute", "More than 120 requests a minute."),
    "concurrency_exceeded": ("tenant concurrency", "20 calls are under way."),
}


def write_decisions(now: datetime, dice: Random) -> None:
    """A few a day, by whoever called."""
    known = callers()
    decisions = {}
    for number in range(DAYS * A_DAY):
        moment = now - timedelta(days=DAYS * dice.random())
        minute = moment.replace(second=0, microsecond=0)
        caller = dice.choice(known).token
        code = dice.choices(list(WHY), (6, 3, 1))[0]
        rule, message = WHY[code]
        decisions[minute, caller.pk, code] = PolicyDecision(
            id=uuid7(int(moment.timestamp() * 1000)),
            minute=minute, first_at=moment, last_at=moment, tenant_id=caller.tenant_id, user_id=caller.user_id,
            token_id=caller.pk, team_id=caller.team_id, task="LLM0_CHAT", model="gpt-5", verdict="denied", code=code,
            rule=rule, mode="enforce", count=dice.randint(1, 9), message=message, request_id=f"req_denied_{number}",
        )  # fmt: skip
    PolicyDecision.objects.bulk_create(decisions.values())
