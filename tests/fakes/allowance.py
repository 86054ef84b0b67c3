"""An allowance over fakes, with its hold committed."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from metering.admission.bound import bound_request
from metering.admission.denial import no_room_error
from metering.background import BackgroundTasks
from metering.catalog.served import ServedModel
from metering.labels import Labels
from metering.policy.values import MeterLimit
from metering.ports import Body
from metering.reservation.allowance import Allowance
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold, reserve
from metering.reservation.task_limits import TaskLimits
from providers.token_counting import count_tokens
from tests.fakes.ledger import WatchedLedger
from tests.fakes.policy import ALDER, model, policy
from tests.fakes.vendors import FakeVendors

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED_ONCE = model(traits={"retries": 0})
LABELS = Labels(request_id="r-1", task="LLM0_CHAT")


def body(text: str = "hello", **fields: Any) -> Body:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 100, **fields}


async def hold_for(
    ledger: WatchedLedger,
    *lines: MeterLimit,
    background: BackgroundTasks | None = None,
    lease_s: int = 60,
    at: ServedModel = ASKED_ONCE,
) -> Hold:
    first = bound_request(body(), (at,), policy(), count_tokens=count_tokens, hard=True)
    hold = await reserve(
        ledger=ledger,
        background=background or BackgroundTasks(),
        tenant_id=ALDER,
        labels=LABELS,
        bound=first.bound,
        limits=lines,
        lease_s=lease_s,
    )
    if isinstance(hold, NoRoom):
        raise no_room_error(hold, NOW)
    return hold


async def allowance_for(
    ledger: WatchedLedger,
    vendors: FakeVendors,
    *lines: MeterLimit,
    limits: TaskLimits | None = None,
    models: tuple[ServedModel, ...] = (ASKED_ONCE,),
) -> tuple[Allowance, Body]:
    """The allowance, and the opening body that its hold was made for: at the first of the models."""
    opening = body()
    bound = partial(bound_request, candidates=models, policy=policy(), count_tokens=count_tokens, hard=True)
    allowance = Allowance(
        hold=await hold_for(ledger, *lines, at=models[0]),
        opening=bound(opening),
        bound=bound,
        name_denial=no_room_error,
        ledger=ledger,
        vendors=vendors,
        now=lambda: NOW,
        limits=limits or TaskLimits(),
    )
    await asyncio.sleep(0)
    return allowance, opening
