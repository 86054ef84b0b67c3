"""Idempotency-Key in each protocol: the second answer is the first one again, for nothing."""

import json

import pytest

from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import CHAT, MESSAGES, STREAMED, WAYS, Way

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CASES = [(name, False) for name in WAYS] + [(name, True) for name in STREAMED]


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_the_second_answer_is_byte_for_byte_the_first(
    gateway: GatewayAndVendors, name: str, stream: bool
) -> None:
    key, fields = {"idempotency-key": f"again {name} {stream}"}, {"stream": True} if stream else {}
    first = gateway.ask(name, as_="capped", headers=key, **fields)
    again = gateway.ask(name, as_="capped", headers=key, **fields)
    assert (again.status, first.status) == (200, 200)
    if name == "teams":  # it tells the cost in the answer, and the second one costs nothing
        assert (again.said, again.usage["cost"]) == (first.said, 0)
    else:
        assert again.text == first.text
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert (len(first.seen), again.rows) == (1, [])


@pytest.mark.parametrize("name", WAYS)
def test_the_same_key_with_another_body_is_refused(gateway: GatewayAndVendors, name: str) -> None:
    key = {"idempotency-key": f"other {name}"}
    gateway.ask(name, as_="capped", headers=key)
    other = gateway.ask(name, "something else", as_="capped", headers=key)
    assert other.refusal == (422, "idempotency_mismatch", None)


def test_the_same_body_in_another_protocol_is_another_request(gateway: GatewayAndVendors) -> None:
    key = {"idempotency-key": "other protocol"}
    raw = json.dumps(WAYS["messages by chat"].body("hello")).encode()
    assert gateway.ask(Way(CHAT, "small", CHAT), as_="capped", headers=key, raw=raw).status == 200
    other = gateway.ask(Way(MESSAGES, "small", CHAT), as_="capped", headers=key, raw=raw)
    assert other.refusal == (422, "idempotency_mismatch", None)
    assert other.seen == []


@pytest.mark.parametrize("name", STREAMED)
def test_a_stream_that_broke_and_was_charged_is_not_made_again(gateway: GatewayAndVendors, name: str) -> None:
    key = {"idempotency-key": f"broken {name}"}
    first = gateway.ask(name, "vendor:cut=7", as_="capped", headers=key, stream=True)
    again = gateway.ask(name, "vendor:cut=7", as_="capped", headers=key, stream=True)
    assert again.error["code"] == first.error["code"] == "vendor_error"
    assert (len(first.rows), again.rows) == (1, [])
