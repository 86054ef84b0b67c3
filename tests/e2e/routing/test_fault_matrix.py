"""The faults of a vendor again, with another one that could serve the call."""

import itertools
import json
from typing import Any, NamedTuple

import openai
import pytest

from tests.e2e.routing.conftest import TwoVendors
from tests.integration.providers.test_fault_matrix import FAULTS, LATE, STREAM, WHOLE

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WRONG_IN_ITSELF = ("400", "413", "422")
SERVED_BY_THE_FIRST = ("missing usage", "wrong content-type")
AFTER_THE_FIRST_WORD = ("stall", "cut", "invalid JSON")
"""Streams of these begin."""
_numbers = itertools.count(1)


class Ended(NamedTuple):
    """What the caller got of one call."""

    text: str
    error: openai.APIError | None
    headers: Any
    request_id: str


def ask(vendors: TwoVendors, name: str, how: str) -> Ended:
    """One call, on which the first vendor does what the fault says; the second does not read it."""
    request_id = f"fault-{next(_numbers)}"
    options: dict[str, Any] = {
        "model": "hurried" if name in LATE and not (how == STREAM and name == "stall") else "chat",
        "messages": [{"role": "user", "content": FAULTS[name].directive}],
        "max_tokens": 50,
        "extra_headers": {"x-request-id": request_id},
    }
    text, headers = "", {}
    try:
        if how == WHOLE:
            raw = vendors.client.chat.completions.with_raw_response.create(**options)
            headers = raw.headers
            text = raw.parse().choices[0].message.content or ""
        else:
            started = vendors.client.chat.completions.with_raw_response.create(stream=True, **options)
            headers = started.headers
            for chunk in started.parse():
                text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    except openai.APIError as error:
        return Ended(text, error, headers, request_id)
    return Ended(text, None, headers, request_id)


@pytest.mark.parametrize("how", [WHOLE, STREAM])
@pytest.mark.parametrize("name", [each for each in FAULTS if each not in ("huge answer", "stall")])
def test_every_call_that_the_other_vendor_could_serve_is_served(
    vendors: TwoVendors, name: str, how: str
) -> None:
    ended = ask(vendors, name, how)
    rows = vendors.rows(ended.request_id)
    if name in WRONG_IN_ITSELF:
        assert isinstance(ended.error, openai.APIStatusError)
        assert ended.error.status_code in (400, 413, 422)
        assert [row.provider_name for row in rows] == ["first"]
        return
    if name in SERVED_BY_THE_FIRST:
        assert ended.error is None
        assert [row.provider_name for row in rows] == ["first"]
        return
    if how == STREAM and name in AFTER_THE_FIRST_WORD and ended.text:
        assert ended.error is not None, "a stream that has begun is not begun again"
        assert [row.provider_name for row in rows] == ["first"]
        return
    assert ended.error is None, json.dumps(str(ended.error))
    assert ended.text
    assert [row.provider_name for row in rows] == ["first", "sandbox"]
    assert [row.request_model for row in rows] == [rows[0].request_model, rows[0].request_model[:-1] + "b"]
    assert {row.model_alias for row in rows} == {rows[0].request_model[:-2]}
    assert ended.headers["x-gateway-provider"] == "sandbox"
    assert ended.headers["x-gateway-attempts"] == "2"
    free = (FAULTS[name].whole if how == WHOLE else FAULTS[name].streamed) == "free"
    assert (rows[0].cost_nano_usd == 0) == free, "an attempt is charged if it may be billed"
    assert (rows[1].outcome, rows[1].cost_nano_usd > 0) == ("ok", True)


def test_a_refused_connection_is_no_attempt_at_all(vendors: TwoVendors) -> None:
    """Nothing was sent, so there is no row but that of the vendor who served it."""
    ended = ask(vendors, "missing usage", WHOLE)
    assert ended.error is None
    assert len(vendors.rows(ended.request_id)) == 1
