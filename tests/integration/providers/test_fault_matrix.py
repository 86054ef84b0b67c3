"""Every fault of a vendor in every protocol, whole and streamed: what the caller is told and what is charged."""

import logging
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest

from providers.openai_compatible.timeouts import Timeouts
from providers.port import EstimateReason, Failure, LLMProvider, ProviderError, Usage
from tests.integration.providers.asking import OUTPUT_LIMIT, asking, chunks_of, streamed
from tests.integration.providers.families import FAMILIES, Family, fake_of_each
from tests.vendors.running import Running
from tests.vendors.tls import BadTls, bad_tls

QUICK, PATIENT = Timeouts(first_byte_s=0.3, gap_s=0.2), Timeouts()
LATE = ("slow headers", "stall")
"""Faults that are noticed by a time limit; for all others there is none that a slow machine could reach."""
WHOLE, STREAM = "whole", "streamed"


class Fault(NamedTuple):
    """What a vendor does, and what has to become of it."""

    directive: str
    failure: Failure | None
    """None: the caller has the answer."""
    retryable: bool = True
    status: int | None = None
    retry_after_s: float | None = None
    whole: str = ""
    """Why the charge of a whole answer is an estimate; `free`: there is none. The huge event may be the first one."""
    streamed: str = ""


def refused(status: int, *, retryable: bool, retry_after_s: float | None = None) -> Fault:
    after = "vendor:retry-after=-1" if retry_after_s is None else f"vendor:retry-after={retry_after_s:g}"
    directive = f"vendor:status={status} {after}"
    return Fault(directive, Failure.REFUSED, retryable, status, retry_after_s, "free", "free")


FAULTS = {
    **{str(status): refused(status, retryable=False) for status in (400, 401, 402, 403, 404, 413, 422)},
    **{str(status): refused(status, retryable=True) for status in (408, 409, 500, 502, 503, 529)},
    "429": refused(429, retryable=True),
    "429 with retry-after": refused(429, retryable=True, retry_after_s=9),
    "504": Fault("vendor:status=504", Failure.TIMEOUT, True, 504, whole="unanswered", streamed="unanswered"),
    "slow headers": Fault("vendor:hang", Failure.TIMEOUT, whole="unanswered", streamed="unanswered"),
    "stall": Fault("vendor:stall=3", Failure.TIMEOUT, whole="unanswered", streamed="cut"),
    "cut": Fault("vendor:cut=4", Failure.CUT, whole="unanswered", streamed="cut"),
    "reset": Fault("vendor:reset", Failure.CUT, whole="unanswered", streamed="unanswered"),
    "invalid JSON": Fault("vendor:bad-json", Failure.CUT, whole="unanswered", streamed="cut"),
    "missing usage": Fault("vendor:no-usage", None, whole="missing", streamed="missing"),
    "wrong content-type": Fault("vendor:type=text/html", None),
    "huge answer": Fault(
        "vendor:big=17000000", Failure.CUT, whole="unanswered", streamed="cut or unanswered"
    ),
}


_running = fake_of_each(FAMILIES)


@pytest.fixture
async def clients(family: Family, fake: Running[Any]) -> AsyncIterator[dict[Timeouts, LLMProvider]]:
    found = {each: family.provider(fake.port, fake.api_key, each) for each in (QUICK, PATIENT)}
    yield found
    for provider in found.values():
        await provider.close()


async def ended(
    client: LLMProvider, how: str, text: str, *, timeout_s: float = 60.0
) -> tuple[ProviderError | None, Usage | None]:
    """How a call ends, and what it is charged."""
    try:
        if how == WHOLE:
            return None, (await client.complete(asking(text, timeout_s=timeout_s))).usage
        return None, (await chunks_of(client, streamed(text, timeout_s=timeout_s)))[-1].usage
    except ProviderError as error:
        return error, error.usage


@pytest.mark.parametrize("how", [WHOLE, STREAM])
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_has_the_right_ending_and_charge(
    clients: dict[Timeouts, LLMProvider],
    fake: Running[Any],
    caplog: pytest.LogCaptureFixture,
    family: Family,
    name: str,
    how: str,
) -> None:
    fault = FAULTS[name]
    caplog.set_level(logging.DEBUG)
    if name in LATE:
        error, usage = await ended(clients[QUICK], how, fault.directive, timeout_s=0.5)
    else:
        error, usage = await ended(clients[PATIENT], how, fault.directive)
    if fault.failure is None:
        assert error is None
    else:
        assert error is not None
        assert (error.failure, error.retryable, error.status, error.retry_after_s) == (
            fault.failure,
            fault.retryable,
            fault.status,
            fault.retry_after_s,
        )
        told = f"{error!r} {error.message} {error.param} {error.code} {error.__cause__!r} {error.usage}"
        assert fake.api_key not in told
    assert fake.api_key not in caplog.text
    expected = fault.whole if how == WHOLE else fault.streamed
    if expected == "free":
        assert usage is None
        return
    assert usage is not None
    assert usage.estimate_reason in map(EstimateReason, expected.split(" or "))
    if usage.estimate_reason == EstimateReason.UNANSWERED:
        assert usage.output_tokens == OUTPUT_LIMIT
    else:
        assert usage.output_tokens is not None
        assert usage.output_tokens > 0


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_a_vendor_that_refuses_connections_was_never_asked(family: Family, how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    provider = family.provider(port, "k", PATIENT)
    error, usage = await ended(provider, how, "hello")
    await provider.close()
    assert error is not None
    assert (error.failure, error.retryable, usage) == (Failure.UNREACHABLE, True, None)


@pytest.fixture(scope="module", params=["self-signed", "expired", "none"])
def untrusted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadTls]:
    with bad_tls(request.param, tmp_path_factory.mktemp("tls")) as server:
        yield server


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_a_vendor_whose_encryption_is_not_accepted_never_sees_the_request_or_the_key(
    untrusted: BadTls, family: Family, fake: Running[Any], caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.DEBUG)
    base_url = f"https://127.0.0.1:{untrusted.port}{family.path}"
    provider = family.client(base_url=base_url, api_key=fake.api_key, timeouts=PATIENT)
    error, usage = await ended(provider, how, "hello")
    await provider.close()
    assert error is not None
    assert (error.failure, error.retryable, usage) == (Failure.UNREACHABLE, False, None)
    assert error.message == "its certificate or encryption is not accepted"
    assert untrusted.read == b""
    assert fake.api_key not in f"{error!r} {error.__cause__!r} {caplog.text}"


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_an_error_in_a_successful_answer(clients: dict[Timeouts, LLMProvider], how: str) -> None:
    """Before anything was generated it is a refusal and free; in a stream that has begun, what came is charged."""
    error, usage = await ended(clients[PATIENT], how, "vendor:error")
    assert error is not None
    if how == WHOLE:
        assert (error.failure, usage) == (Failure.REFUSED, None)
    else:
        assert (error.failure, usage is not None) == (Failure.CUT, True)
