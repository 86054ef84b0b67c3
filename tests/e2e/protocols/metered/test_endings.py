"""However a vendor fails, each protocol tells it in its own way, and the books say what may be billed."""

from typing import NamedTuple

import pytest

from metering.reservation import tries
from tests.e2e.protocols.asking import GatewayAndVendors, Told
from tests.e2e.protocols.speaking import STREAMED, WAYS, Way

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CASES = [(name, False) for name in WAYS] + [(name, True) for name in STREAMED]
FREE, UNANSWERED, WHAT_CAME = "nothing", "input and limit", "input and what came"
TOTAL_S = 1.0
RESET = "vendor:reset"
"""On a connection that was used before, such as one of a readiness probe, it is taken for one that was dead already,
and the call is made again. So it is asked for once before, which leaves none of those.
"""


class Ending(NamedTuple):
    status: int
    code: str
    outcome: str
    charge: str = FREE
    retry_after: str | None = None


FAILED = Ending(502, "vendor_error", "error")
TIMED_OUT = Ending(504, "vendor_timeout", "timeout", UNANSWERED)
CUT = Ending(502, "vendor_error", "cut", UNANSWERED)
BEFORE_THE_FIRST_WORD = {
    "vendor:status=401": FAILED,
    "vendor:status=400": Ending(400, "invalid_request", "error"),
    "vendor:status=429 vendor:retry-after=9": Ending(
        429, "vendor_rate_limited", "error", FREE, retry_after="9"
    ),
    "vendor:status=500": FAILED,
    "vendor:status=529 vendor:retry-after=-1": FAILED,
    "vendor:status=504": TIMED_OUT,
    "vendor:hang": TIMED_OUT,
    RESET: CUT,
}
AFTER_THE_FIRST_WORD = {
    "vendor:end=7": Ending(200, "vendor_error", "cut", WHAT_CAME),
    "vendor:cut=7": Ending(200, "vendor_error", "cut", WHAT_CAME),
    "vendor:bad-json vendor:words=9": Ending(200, "vendor_error", "cut", WHAT_CAME),
    "vendor:error": Ending(200, "vendor_error", "cut", WHAT_CAME),
    "vendor:stall=600": Ending(200, "vendor_timeout", "timeout", WHAT_CAME),
}
ANTHROPICS_TYPES = {
    400: "invalid_request_error",
    429: "rate_limit_error",
    502: "api_error",
    504: "timeout_error",
}


def ending_of(told: Told) -> Ending:
    return Ending(
        told.status, told.error["code"], told.row.outcome, charge_of(told), told.headers.get("retry-after")
    )


def charge_of(told: Told) -> str:
    row, held = told.row, told.reservation
    assert held is not None
    figures = (row.input_tokens, row.output_tokens, row.cost_nano_usd)
    if figures == (0, 0, 0):
        return FREE
    assert 0 < row.input_tokens < held.input_tokens
    if (row.output_tokens, row.estimate_reason) == (held.output_tokens, "unanswered"):
        return UNANSWERED
    assert (0 < row.output_tokens <= held.output_tokens, row.estimate_reason) == (True, "cut")
    return WHAT_CAME


def hurried(way: Way) -> Way:
    return Way(way.speech, f"hurried-{way.model}", way.sent)


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_a_failure_before_the_first_word_is_an_error_in_the_protocols_shape(
    gateway: GatewayAndVendors, name: str, stream: bool
) -> None:
    found: dict[str, Ending] = {}
    for directive in BEFORE_THE_FIRST_WORD:
        way = hurried(WAYS[name]) if "hang" in directive else WAYS[name]
        if directive == RESET:
            gateway.ask(way, RESET, as_="capped")
        told = gateway.ask(way, directive, as_="capped", **({"stream": True} if stream else {}))
        assert not told.is_stream
        found[directive] = ending_of(told)
        if "messages" in name:
            assert told.error["type"] == ANTHROPICS_TYPES[told.status]
    assert found == BEFORE_THE_FIRST_WORD


@pytest.mark.parametrize("name", WAYS)
def test_a_whole_answer_that_is_none_is_charged_its_input_and_the_limit(
    gateway: GatewayAndVendors, name: str
) -> None:
    for directive in ("vendor:bad-json", "vendor:cut=100"):
        assert ending_of(gateway.ask(name, directive, as_="capped")) == CUT
    assert ending_of(gateway.ask(name, "vendor:error", as_="capped")) == FAILED


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_a_wrong_content_type_does_no_harm(gateway: GatewayAndVendors, name: str, stream: bool) -> None:
    told = gateway.ask(name, "vendor:type=text/plain", as_="capped", **({"stream": True} if stream else {}))
    assert (told.status, told.row.outcome, told.row.estimated) == (200, "ok", False)


@pytest.mark.parametrize("name", STREAMED)
def test_a_stream_that_breaks_ends_with_the_protocols_error_and_is_charged_for_what_came(
    gateway: GatewayAndVendors, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "TOTAL_S", TOTAL_S)
    found: dict[str, Ending] = {}
    for directive in AFTER_THE_FIRST_WORD:
        told = gateway.ask(name, directive, as_="capped", stream=True)
        assert told.said.startswith("the"), "what came before the end was not passed on"
        found[directive] = ending_of(told)
        assert WAYS[name].speech.last not in told.text
    assert found == AFTER_THE_FIRST_WORD
