from collections.abc import Awaitable, Callable

import pytest

from metering.decisions.log import DecisionLog
from metering.errors import BudgetExceeded
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from tests.factories import BudgetFactory
from tests.integration.metering.gateway.conftest import Gateways, Request, Rows

Deny = Callable[[], Awaitable[None]]


@pytest.fixture
def decisions() -> DecisionLog:
    return DecisionLog(sample_every=3)


@pytest.fixture
async def gateway(gateway_with: Gateways, decisions: DecisionLog) -> LLMGateway:
    return gateway_with(decisions=decisions)


@pytest.fixture
async def deny(gateway: LLMGateway, caller: Principal, rows: Rows, request_for: Request) -> Deny:
    """Has a call of the caller's denied, by a budget without room."""
    await rows(lambda: BudgetFactory(dimension="requests", amount=0))

    async def ask() -> None:
        with pytest.raises(BudgetExceeded):
            await gateway.execute(caller, request_for())

    return ask
