"""The vendor port over real HTTP: it orders candidates by what it saw of them, and takes the room of their keys."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from gateway_project.vendor_room import VendorRoom
from gateway_project.vendors import ConfiguredVendors
from metering.ids import uuid7
from metering.orm import close_database_threads, in_database_thread
from metering.ports import AttemptFailed, Progress, VendorCall
from metering.rates.process_buckets import ProcessBuckets
from metering.reservation.vendor_error import vendor_error
from tests.factories import ProviderFactory
from tests.unit.providers.routing.world import Clock, Model
from tests.vendors.key_desk import KeyDesk, Refusal
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import Running, RunningVendor, running, running_vendor

FIRST_KEY, SECOND_KEY = "first-key-0123456789", "second-key-0123456789"
ACME, BOLT = (
    Model(provider_name="acme", physical_name="fake-small"),
    Model(provider_name="bolt", physical_name="fake-small"),
)
COSTS = [1_000, 2_000]
pytestmark = [pytest.mark.timeout(60), pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def bolt() -> Iterator[RunningVendor]:
    with running_vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def desk() -> Iterator[Running[KeyDesk]]:
    with running(KeyDesk(FakeOpenAI(), FIRST_KEY, SECOND_KEY)) as vendor:
        yield vendor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def vendors(
    bolt: RunningVendor, desk: Running[KeyDesk], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ConfiguredVendors]:
    """`acme` has two keys, `bolt` one."""
    bolt.log.clear()
    desk.vendor.seen.clear()
    desk.vendor.refused.clear()
    monkeypatch.setenv("ACME_API_KEY", f"{FIRST_KEY},{SECOND_KEY}")
    monkeypatch.setenv("BOLT_API_KEY", bolt.api_key)

    def make() -> None:
        for name, url in (("acme", desk.base_url), ("bolt", bolt.base_url)):
            key = f"{name.upper()}_API_KEY"
            ProviderFactory(name=name, kind="openai_compatible", base_url=url, api_key_env=key)

    await in_database_thread(make)
    vendors = ConfiguredVendors(room=VendorRoom(ProcessBuckets(clock=clock)))
    yield vendors
    await vendors.close()
    close_database_threads()


def call(
    provider: str = "bolt", text: str = "hello", *, stream: bool = False, limit: int = 10, **traits: Any
) -> VendorCall:
    body: dict[str, Any] = {
        "model": "fake-small",
        "messages": [{"role": "user", "content": text}],
        "max_tokens": limit,
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return VendorCall(
        provider_name=provider,
        model="fake-small",
        payload=msgspec.json.encode(body),
        body=body,
        asked=body,
        attempt_id=str(uuid7()),
        timeout_s=5.0,
        first_byte_s=5.0,
        output_limit=limit,
        traits=traits,
        progress=Progress(),
    )


async def ends(vendors: ConfiguredVendors, made: VendorCall) -> None:
    """The call, to the end of its answer."""
    if made.body.get("stream"):
        async with aclosing(vendors.stream(made)) as chunks:
            assert [chunk async for chunk in chunks]
    else:
        assert (await vendors.complete(made)).body


async def fails(vendors: ConfiguredVendors, made: VendorCall, *, times: int = 1) -> AttemptFailed:
    for _ in range(times):
        with pytest.raises(AttemptFailed) as caught:
            await ends(vendors, made)
    return caught.value


def first(vendors: ConfiguredVendors, costs: list[int] = COSTS) -> str:
    """Which of the two a call would be sent to; `bolt` is cheaper."""
    candidates = (BOLT, ACME)
    return candidates[vendors.order(candidates, costs, None)[0]].provider_name


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "how", ["vendor:status=500", "vendor:status=529", "vendor:reset", "vendor:cut=2", "vendor:bad-json"]
)
async def test_a_vendor_that_fails_five_times_comes_last(
    vendors: ConfiguredVendors, how: str, stream: bool
) -> None:
    await fails(vendors, call(text=how, stream=stream), times=4)
    assert first(vendors) == "bolt"
    await fails(vendors, call(text=how, stream=stream))
    assert first(vendors) == "acme"


@pytest.mark.parametrize("how", ["vendor:status=400", "vendor:status=404", "vendor:status=422"])
async def test_a_vendor_that_refuses_requests_keeps_its_place(vendors: ConfiguredVendors, how: str) -> None:
    await fails(vendors, call(text=how), times=6)
    assert first(vendors) == "bolt"


async def test_a_vendor_that_is_limited_comes_last_for_as_long_as_it_says(vendors: ConfiguredVendors) -> None:
    await fails(vendors, call(text="vendor:status=429 vendor:retry-after=30"))
    assert first(vendors) == "acme"


async def test_callers_who_leave_in_the_middle_say_nothing_of_the_vendor(vendors: ConfiguredVendors) -> None:
    for _ in range(6):
        async with aclosing(vendors.stream(call(text="vendor:endless", stream=True))) as chunks:
            async for _chunk in chunks:
                break
    assert first(vendors) == "bolt"


async def test_a_vendor_that_cannot_be_reached_is_so_for_its_other_models(
    vendors: ConfiguredVendors,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        await in_database_thread(lambda: ProviderFactory(name="dead", kind="openai_compatible", base_url=url))
        failed = await fails(vendors, call("dead"), times=5)
        assert not failed.sent
        other = Model(provider_name="dead", physical_name="another")
        assert list(vendors.order((other, ACME), COSTS, None)) == [1, 0]


async def test_the_vendor_of_a_conversations_last_call_comes_first(vendors: ConfiguredVendors) -> None:
    await vendors.complete(msgspec.structs.replace(call("acme"), conversation="talk"))
    candidates = (BOLT, ACME)
    assert list(vendors.order(candidates, COSTS, "talk")) == [1, 0]
    assert list(vendors.order(candidates, COSTS, "another")) == [0, 1]


async def test_a_conversation_keeps_the_key_that_served_it_until_that_is_refused(
    vendors: ConfiguredVendors, desk: Running[KeyDesk]
) -> None:
    async def asks(times: int = 1) -> None:
        for _ in range(times):
            await vendors.complete(
                msgspec.structs.replace(call("acme"), conversation="talk", progress=Progress())
            )

    await vendors.complete(call("acme"))
    await asks(3)
    assert desk.vendor.seen == [FIRST_KEY, *[SECOND_KEY] * 3]
    desk.vendor.refused[SECOND_KEY] = Refusal(429)
    await asks(2)
    assert desk.vendor.seen[4:] == [SECOND_KEY, FIRST_KEY, FIRST_KEY]


async def test_a_vendor_that_is_down_comes_last_for_as_long_as_it_says(vendors: ConfiguredVendors) -> None:
    await fails(vendors, call(text="vendor:status=503 vendor:retry-after=30"))
    assert first(vendors) == "acme"


async def test_a_key_without_money_rests_though_its_vendor_says_so_with_400(
    vendors: ConfiguredVendors, desk: Running[KeyDesk]
) -> None:
    desk.vendor.refused[FIRST_KEY] = Refusal(400, message="Your credit balance is too low to go on.")
    for _ in range(3):
        await vendors.complete(call("acme"))
    assert desk.vendor.seen == [FIRST_KEY, *[SECOND_KEY] * 3]


async def test_how_fast_a_vendor_answers_is_measured_of_streams_and_of_whole_answers(
    vendors: ConfiguredVendors,
) -> None:
    for stream in (False, True):
        vendors.router._records.clear()
        for provider, text in (("bolt", "vendor:slow=0.3"), ("acme", "quick")):
            made = call(provider, text, stream=stream)
            await ends(vendors, made)
        assert first(vendors, [7, 7]) == "acme"


async def test_a_key_without_room_is_passed_over_for_another_one(
    vendors: ConfiguredVendors, desk: Running[KeyDesk]
) -> None:
    for _ in range(2):
        await vendors.complete(call("acme", requests_per_minute=1))
    assert desk.vendor.seen == [FIRST_KEY, SECOND_KEY]


@pytest.mark.parametrize("stream", [False, True])
async def test_where_no_key_has_room_nothing_is_sent_and_the_caller_is_told_when_there_is(
    vendors: ConfiguredVendors, desk: Running[KeyDesk], clock: Clock, stream: bool
) -> None:
    limited = call("acme", stream=stream, requests_per_minute=2)
    for _ in range(4):
        await ends(vendors, limited)
    failed = await fails(vendors, limited)
    assert (failed.sent, failed.retryable, failed.status, failed.retry_after_s) == (False, True, 429, 60)
    said = vendor_error(failed, _served("acme"))
    assert (said.code, said.retry_after_s) == ("vendor_rate_limited", 60)  # type: ignore[attr-defined]
    assert len(desk.vendor.seen) == 4
    clock.now_s += 62
    assert (await vendors.complete(call("acme", requests_per_minute=2))).usage.output_tokens


async def test_a_model_without_room_neither_rests_nor_fails(vendors: ConfiguredVendors) -> None:
    await vendors.complete(call(requests_per_minute=1))
    await fails(vendors, call(requests_per_minute=1), times=6)
    assert first(vendors) == "bolt"
    assert vendors.router.board.entries == {}


@pytest.mark.parametrize("stream", [False, True])
async def test_tokens_are_taken_at_the_most_and_what_was_not_used_is_given_back(
    vendors: ConfiguredVendors, stream: bool
) -> None:
    """Two of these do not fit at once; one after the other they do."""
    for _ in range(5):
        made = call(limit=900, stream=stream, tokens_per_minute=1_000)
        await ends(vendors, made)


async def test_a_refused_call_gives_its_tokens_back(vendors: ConfiguredVendors) -> None:
    for _ in range(5):
        failed = await fails(vendors, call(text="vendor:status=400", limit=900, tokens_per_minute=1_000))
        assert failed.status == 400


async def test_tokens_of_a_call_under_way_are_taken(vendors: ConfiguredVendors) -> None:
    async with aclosing(vendors.stream(call(limit=900, stream=True, tokens_per_minute=1_000))) as chunks:
        async for _chunk in chunks:
            failed = await fails(vendors, call(limit=900, tokens_per_minute=1_000))
            break
    assert (failed.status, failed.sent) == (429, False)


async def test_a_call_beyond_the_whole_limit_is_the_vendors_to_refuse(vendors: ConfiguredVendors) -> None:
    assert (await vendors.complete(call(limit=900, tokens_per_minute=100))).usage.output_tokens


def _served(provider: str) -> Any:
    return msgspec.defstruct("Served", ["provider_name", "name", "key_of"])(provider, "small", None)
