"""A silent vendor behind the server as it runs in production: streams begin all the same, and can be left."""

import pytest

from launcher.process import wait_until
from tests.e2e.heard import COMMENT, DONE, heard
from tests.e2e.wire import Wire
from tests.faults.deployment import Deployment
from tests.faults.production import Production
from tests.faults.rows import assert_the_ledger_balances, query

WITHIN_S = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def token(deployment: Deployment, plan: str) -> str:
    return deployment.tenant(plan=plan, dimension="cost", window="month", amount=1_000)


def test_streams_begin_while_the_vendor_thinks_and_end_as_their_callers_do(
    deployment: Deployment, server: Production
) -> None:
    deployment.vendor.hold()
    with (
        Wire(server, token(deployment, "OPEN")) as stays,
        Wire(server, token(deployment, "CANCEL")) as leaves,
    ):
        for wire in (stays, leaves):
            wire.ask("hello", stream=True)
        for wire in (stays, leaves):
            early = heard(wire.read_until(COMMENT + b"\n\n"))
            assert (early.status, early.blocks) == (200, [COMMENT])
            assert "x-gateway-reservation-id" in early.headers
            assert "x-gateway-model" not in early.headers
        assert deployment.vendor.log()["at_once"] == 2
        leaves.leave()
        assert wait_until(lambda: deployment.vendor.log()["at_once"] == 1, WITHIN_S)
        deployment.vendor.open()
        assert heard(stays.read_all()).blocks[-1] == DONE
    assert wait_until(lambda: len(deployment.rows()) == 2, WITHIN_S)
    assert {row["outcome"] for row in deployment.rows().values()} == {"ok", "cancelled"}
    assert query(deployment.database, "SELECT sum(held) FROM metering_usagemeter") == [(0,)]
    assert_the_ledger_balances(deployment.database)
