import pytest

from metering.decisions.log import DecisionLog
from metering.gateway import LLMGateway
from tests.integration.metering.gateway.conftest import Gateways


@pytest.fixture
def decisions() -> DecisionLog:
    return DecisionLog(sample_every=3)


@pytest.fixture
async def gateway(gateway_with: Gateways, decisions: DecisionLog) -> LLMGateway:
    return gateway_with(decisions=decisions)
