"""Several keys of one vendor, in every protocol: used in turn, and the caller does not see that one is refused."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from providers.keys import Keys
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Failure, LLMProvider, ProviderError
from providers.routing.fault import LIMITED_REST_S, REFUSED_REST_S
from tests.integration.providers.asking import asking, chunks_of, said, streamed
from tests.integration.providers.families import FAMILIES, Family
from tests.vendors.key_desk import KeyDesk, Refusal
from tests.vendors.running import Running, running

FIRST, SECOND, THIRD = (f"canary-{number}-key-0123456789abcdef" for number in ("one", "two", "three"))
WHOLE, STREAM = "whole", "streamed"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module", params=FAMILIES)
def _running(request: pytest.FixtureRequest) -> Iterator[tuple[Family, Running[KeyDesk]]]:
    family = FAMILIES[request.param]
    with running(KeyDesk(family.fake())) as vendor:
        yield family, vendor


@pytest.fixture
def desk(_running: tuple[Family, Running[KeyDesk]]) -> KeyDesk:
    """It has seen nothing, and takes all three keys."""
    desk = _running[1].vendor
    desk.seen.clear()
    desk.refused.clear()
    desk.known = (FIRST, SECOND, THIRD)
    return desk


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client_with(
    _running: tuple[Family, Running[KeyDesk]], clock: Clock
) -> AsyncIterator[Callable[..., LLMProvider]]:
    family, vendor = _running
    built: list[LLMProvider] = []

    def build(*keys: str) -> LLMProvider:
        base_url = f"http://127.0.0.1:{vendor.port}{family.path}"
        made = family.client(base_url=base_url, api_key=Keys(keys, clock=clock), timeouts=Timeouts())
        built.append(made)
        return made

    yield build
    for each in built:
        await each.close()


async def ask(client: LLMProvider, how: str = WHOLE, **fields: Any) -> str:
    if how == STREAM:
        return said(await chunks_of(client, streamed(**fields)))
    return (await client.complete(asking(**fields))).body.decode()


async def refusal(client: LLMProvider, how: str = WHOLE, **fields: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await ask(client, how, **fields)
    return caught.value


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_keys_are_used_in_turn(client_with: Any, desk: KeyDesk, how: str) -> None:
    client = client_with(FIRST, SECOND, THIRD)
    for _ in range(4):
        assert "the quick brown" in await ask(client, how)
    assert desk.seen == [FIRST, SECOND, THIRD, FIRST]


@pytest.mark.parametrize("how", [WHOLE, STREAM])
@pytest.mark.parametrize("status", [401, 402, 429])
async def test_a_call_that_is_refused_for_its_key_goes_on_with_the_next(
    client_with: Any, desk: KeyDesk, status: int, how: str
) -> None:
    desk.refused[FIRST] = Refusal(status)
    assert "the quick brown" in await ask(client_with(FIRST, SECOND), how)
    assert desk.seen == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("refused", "rest_s"),
    [
        (Refusal(401), REFUSED_REST_S),
        (Refusal(402), REFUSED_REST_S),
        (Refusal(429), LIMITED_REST_S),
        (Refusal(429, retry_after=77), 77),
    ],
)
async def test_a_refused_key_rests_for_its_time(
    client_with: Any, desk: KeyDesk, clock: Clock, refused: Refusal, rest_s: float
) -> None:
    desk.refused[FIRST] = refused
    client = client_with(FIRST, SECOND)
    await ask(client)
    desk.seen.clear()
    clock.now_s += rest_s - 1
    await ask(client)
    await ask(client)
    assert desk.seen == [SECOND, SECOND]
    clock.now_s += 1
    desk.refused.clear()
    await ask(client)
    await ask(client)
    assert set(desk.seen[2:]) == {FIRST, SECOND}


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_where_all_keys_rest_the_error_says_so_and_when_to_come_back(
    client_with: Any, desk: KeyDesk, clock: Clock, how: str
) -> None:
    desk.refused |= {FIRST: Refusal(429, retry_after=50), SECOND: Refusal(429, retry_after=20)}
    client = client_with(FIRST, SECOND)
    error = await refusal(client, how)
    assert (error.status, error.retryable, error.retry_after_s) == (429, True, 20)
    assert "all its 2 keys rest, the first one until 20 s from now" in error.message
    clock.now_s += 5
    later = await refusal(client, how)
    assert (later.status, later.retry_after_s, later.failure) == (429, 15, Failure.UNREACHABLE)
    assert desk.seen == [FIRST, SECOND], "while all rest, the vendor is not asked"


async def test_keys_that_nobody_accepts_are_no_reason_to_try_again_soon(
    client_with: Any, desk: KeyDesk
) -> None:
    desk.known = ()
    error = await refusal(client_with(FIRST, SECOND))
    assert (error.status, error.retryable, error.retry_after_s) == (401, False, REFUSED_REST_S)


async def test_each_key_is_tried_once_even_if_it_may_be_used_at_once_again(
    client_with: Any, desk: KeyDesk
) -> None:
    desk.refused |= dict.fromkeys((FIRST, SECOND, THIRD), Refusal(429, retry_after=0))
    error = await refusal(client_with(FIRST, SECOND, THIRD))
    assert (error.status, error.retry_after_s) == (429, 0)
    assert desk.seen == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_all_keys_together_have_the_one_deadline(client_with: Any, desk: KeyDesk, how: str) -> None:
    desk.refused |= dict.fromkeys((FIRST, SECOND, THIRD), Refusal(429, after_s=0.3))
    error = await refusal(client_with(FIRST, SECOND, THIRD), how, timeout_s=0.45)
    assert error.failure is Failure.TIMEOUT
    assert desk.seen[:2] == [FIRST, SECOND]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 529])
async def test_what_is_not_about_the_key_is_not_asked_again(
    client_with: Any, desk: KeyDesk, status: int
) -> None:
    desk.refused[FIRST] = Refusal(status)
    assert (await refusal(client_with(FIRST, SECOND))).status == status
    assert desk.seen == [FIRST]


async def test_a_request_that_is_too_large_for_every_key_lets_none_rest(
    client_with: Any, desk: KeyDesk
) -> None:
    desk.refused[FIRST] = Refusal(429, message="Request too large for fake-small: Limit 10, Requested 20.")
    client = client_with(FIRST, SECOND)
    await refusal(client)
    desk.refused.clear()
    await ask(client)
    await ask(client)
    assert desk.seen == [FIRST, SECOND, FIRST]


async def test_a_key_that_is_alone_never_rests(client_with: Any, desk: KeyDesk) -> None:
    client = client_with(FIRST)
    for refused in (Refusal(429, retry_after=60), Refusal(401)):
        desk.refused[FIRST] = refused
        assert (await refusal(client)).status == refused.status
    desk.refused.clear()
    assert "the quick brown" in await ask(client)


@pytest.mark.parametrize("how", [WHOLE, STREAM])
async def test_no_key_is_in_an_error_or_a_log(
    client_with: Any, desk: KeyDesk, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.refused |= {key: Refusal(429, message=f"too many calls with {key}") for key in (FIRST, SECOND)}
    error = await refusal(client_with(FIRST, SECOND, THIRD[:-1]), how)
    told = [str(record.__dict__) for record in caplog.records]
    assert not [text for text in (str(error), repr(error), error.message, *told) if "canary" in text]
    rests = [record.__dict__ for record in caplog.records if record.message == "vendor.key_rests"]
    assert [(each["key"], each["keys"], each["status"]) for each in rests] == [
        (1, 3, 429),
        (2, 3, 429),
        (3, 3, 401),
    ]


async def test_the_probe_asks_with_every_key_and_tells_which_are_refused(
    client_with: Any, desk: KeyDesk
) -> None:
    client = client_with(FIRST, SECOND, THIRD)
    await client.probe(20)
    assert sorted(desk.seen) == sorted([FIRST, SECOND, THIRD])
    desk.refused |= {FIRST: Refusal(401), THIRD: Refusal(401)}
    with pytest.raises(ProviderError) as caught:
        await client.probe(20)
    assert caught.value.message.startswith("2 of its 3 keys (number 1, 3): status 401")
    assert "canary" not in caught.value.message
