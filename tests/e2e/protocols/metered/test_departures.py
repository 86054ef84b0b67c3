"""A caller who leaves in the middle, in each protocol: drained, the call is charged as billed; cancelled, as held."""

import pytest

from launcher.process import wait_until
from metering.models import UsageLog, UsageReservation
from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import STREAMED, WAYS, figures_of
from tests.e2e.wire import Wire
from tests.vendors.call_log import SeenCall

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WITHIN_S = 30
LIMIT = 50


def left(gateway: GatewayAndVendors, name: str, text: str, *, as_: str) -> UsageLog:
    """The row of a call whose caller leaves after the first word of its stream."""
    way, request_id = WAYS[name], f"left-{name}-{as_}".replace(" ", "-")
    with Wire(gateway, gateway.tokens[as_]) as wire:
        wire.post(way.path(stream=True), way.body(text, stream=True), {"x-request-id": request_id})
        wire.read_until(b'"the"')
        wire.leave()
    rows = UsageLog.objects.filter(request_id=request_id)
    assert wait_until(rows.exists, WITHIN_S)
    return rows.get()


def seen(gateway: GatewayAndVendors, row: UsageLog) -> SeenCall:
    (call,) = [call for call in gateway.calls() if call.attempt_id == str(row.pk)]
    return call


@pytest.mark.parametrize("name", STREAMED)
def test_who_leaves_is_charged_what_the_vendor_bills(gateway: GatewayAndVendors, name: str) -> None:
    row = left(gateway, name, "vendor:stall=0.3", as_="capped")
    call = seen(gateway, row)
    assert wait_until(lambda: call.whole, WITHIN_S)
    assert call.usage is not None
    assert (row.outcome, row.estimated) == ("ok", False)
    assert (row.input_tokens, row.output_tokens) == figures_of(call.usage)


@pytest.mark.parametrize("name", STREAMED)
def test_who_leaves_ends_the_call_where_the_policy_says_cancel(gateway: GatewayAndVendors, name: str) -> None:
    row = left(gateway, name, "vendor:stall=600", as_="cancelling")
    held = UsageReservation.objects.get(pk=row.reservation_id)
    assert (row.outcome, row.estimated) == ("cancelled", True)
    assert (row.output_tokens, row.cost_nano_usd) == (LIMIT, held.cost_nano_usd)
    call = seen(gateway, row)
    assert wait_until(lambda: call.ended_at is not None, WITHIN_S)
    assert not call.whole
