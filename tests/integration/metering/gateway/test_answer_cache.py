"""A call that is answered from the cache: what it gets, what it costs, and who gets it."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis

from launcher.redis import EmbeddedRedis
from metering.answer_cache.entry import MAX_ANSWER_BYTES
from metering.answer_cache.store import RedisAnswers
from metering.calls.begin import LARGE_INPUT, CallRequest
from metering.errors import BudgetExceeded, ModelNotAllowed, RateLimited, VendorError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import LedgerEntry, UsageLog, UsageMeter, UsageReservation
from metering.ports import AttemptFailed
from metering.types import Outcome
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, alder, birch, make_token
from tests.fakes.vendors import FakeUsage, FakeVendors
from tests.integration.metering.gateway.conftest import Gateways, Request, Rows
from tests.integration.metering.gateway.kept_answers_kit import (
    COST,
    MovedClock,
    WatchedStore,
    cache_in,
    said,
    streamed,
    text_of,
    whole,
    wish,
)
from tests.served import serve_model


@pytest.fixture
async def answers() -> AsyncIterator[WatchedStore]:
    store = RedisAnswers(os.environ["REDIS_URL"], call_limit_s=10)
    yield WatchedStore(store)
    await store.close()
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        for key in redis.scan_iter("answers:*"):
            redis.delete(key)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def results() -> list[str]:
    """What became of answers that were to be kept."""
    return []


@pytest.fixture
async def gateway(
    gateway_with: Gateways, answers: WatchedStore, clock: MovedClock, results: list[str]
) -> LLMGateway:
    cache = cache_in(answers, on_kept=lambda result, size=0: results.append(result))
    return gateway_with(answers=cache, now=clock)


@pytest.fixture
def ask(request_for: Request) -> Request:
    """A request at temperature 0 that asks for the cache."""

    def make(text: str = "hello", *, header: str | None = "use", **body: Any) -> CallRequest:
        request = request_for(text, **({"temperature": 0} | body))
        return request if header is None else replace(request, **wish(header))

    return make


async def read(gateway: LLMGateway, caller: Principal, request: CallRequest) -> tuple[Any, list[bytes]]:
    facts, stream = await gateway.stream(caller, request)
    return facts, [event async for event in stream]


async def cached_rows(rows: Rows) -> list[UsageLog]:
    return list(await rows(lambda: list(UsageLog.objects.filter(outcome=Outcome.CACHED).order_by("id"))))


async def test_the_second_of_two_same_calls_gets_the_first_one_s_bytes_and_asks_no_vendor(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [whole("first"), whole("second")]
    first = await gateway.execute(caller, ask())
    again = await gateway.execute(caller, ask())
    assert again.output == first.output
    assert len(vendors.calls) == 1
    assert (first.facts.cache, again.facts.cache) == ("miss", "hit")
    assert (first.facts.age_s, again.facts.age_s) == (None, 0)
    assert (again.facts.cost_nano_usd, again.facts.attempts) == (0, ())
    assert (again.facts.model, again.facts.provider_name) == ("sandbox-small", "sandbox")
    assert again.facts.reservation_id != first.facts.reservation_id


async def test_a_large_request_is_answered_from_the_cache_too(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [whole("first")]
    told = [await gateway.execute(caller, replace(ask(), input_bytes=LARGE_INPUT)) for _ in range(2)]
    assert [each.facts.cache for each in told] == ["miss", "hit"]


async def test_a_hit_is_a_row_that_costs_nothing_and_says_what_it_saved(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [whole()]
    await gateway.execute(caller, ask())
    hit = await gateway.execute(caller, ask())
    (row,) = await cached_rows(rows)
    assert row.reservation_id == hit.facts.reservation_id
    assert (row.request_model, row.provider_name, row.response_model) == (
        "sandbox-small",
        "sandbox",
        "fake-1",
    )
    assert (row.cost_nano_usd, row.list_cost_nano_usd) == (0, COST)
    assert (row.input_tokens, row.output_tokens, row.steps) == (0, 0, 0)
    entry = await rows(lambda: LedgerEntry.objects.get(reservation_id=row.reservation_id))
    assert (entry.requests, entry.charges) == (0, [])


async def test_a_report_adds_up_what_was_saved_beside_what_was_charged(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [whole(), whole()]
    for text in ("one", "one", "one", "two"):
        await gateway.execute(caller, ask(text))
    chosen = UsageFilter(tenant=await rows(alder), since=None, until=None)
    (line,) = await rows(lambda: list(usage_summary(chosen, by="model")))
    assert (line["requests"], line["attempts"], line["cached"]) == (2, 4, 2)
    assert (line["cost_nano_usd"], line["saved_nano_usd"], line["saved_usd"]) == (
        2 * COST,
        2 * COST,
        "0.00003",
    )


async def test_what_is_saved_is_the_list_price_also_with_a_markup(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    tenant = await rows(alder)
    tenant.markup_percent = 20
    await rows(tenant.save)
    gateway.directory.forget()
    vendors.script = [whole()]
    paid = await gateway.execute(caller, ask())
    await gateway.execute(caller, ask())
    (row,) = await cached_rows(rows)
    assert (paid.facts.cost_nano_usd, row.list_cost_nano_usd) == (COST * 120 // 100, COST)


@pytest.mark.parametrize(
    ("dimension", "amount"),
    [("requests", 1), ("tokens", 400), ("output_tokens", 50), ("cost", 400_000), ("steps", 1)],
)
async def test_a_hit_uses_no_budget_and_works_when_one_is_used_up(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    ask: Any,
    rows: Rows,
    dimension: str,
    amount: int,
) -> None:
    await rows(lambda: BudgetFactory(dimension=dimension, amount=amount))
    used = FakeUsage(input_tokens=350, output_tokens=50)
    vendors.script = [replace(whole(), usage=used)]
    await gateway.execute(caller, ask())
    before = await rows(UsageMeter.objects.get)
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, ask("something else"))
    for _ in range(3):
        assert (await gateway.execute(caller, ask())).facts.cache == "hit"
    after = await rows(UsageMeter.objects.get)
    assert (after.used, after.held) == (before.used, 0)


async def test_a_hit_is_no_call_at_once(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [whole()]
    await gateway.execute(caller, ask())
    await rows(lambda: RuleFactory(key="max_concurrent", value=0))
    gateway.directory.forget()
    assert (await gateway.execute(caller, ask())).facts.cache == "hit"


async def test_a_budget_that_is_made_later_counts_no_hit(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [whole("one"), whole("two")]
    for _ in range(3):
        await gateway.execute(caller, ask())
    await rows(lambda: BudgetFactory(dimension="requests", amount=2))
    gateway.directory.forget()
    await gateway.execute(caller, ask("something else"))
    meter = await rows(UsageMeter.objects.get)
    assert meter.used == 2


async def test_a_hit_draws_a_request_from_its_callers_rate(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=3))
    vendors.script = [whole()]
    for _ in range(3):
        result = await gateway.execute(caller, ask())
    assert result.facts.cache == "hit"
    with pytest.raises(RateLimited, match="requests"):
        await gateway.execute(caller, ask())


async def test_a_hit_draws_no_tokens_and_nothing_from_a_providers_rate(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    provider = {"scope": "provider", "scope_id": "sandbox"}
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1, **provider))
    await rows(lambda: RuleFactory(key="requests_per_minute_per_provider", value=1))
    await rows(lambda: RuleFactory(key="tokens_per_minute", value=500))
    vendors.script = [replace(whole(), usage=FakeUsage(input_tokens=600, output_tokens=45))]
    await gateway.execute(caller, ask())
    with pytest.raises(RateLimited):
        await gateway.execute(caller, ask("something else"))
    assert (await gateway.execute(caller, ask())).facts.cache == "hit"


async def test_birch_never_gets_alders_answer(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    stranger = await gateway.authenticate((await rows(lambda: make_token(birch()))).secret)
    vendors.script = [whole("Alder's"), whole("Birch's")]
    await gateway.execute(caller, ask())
    result = await gateway.execute(stranger, ask())
    assert (text_of(result.output), result.facts.cache) == ("Birch's", "miss")


async def test_an_entry_that_somebody_put_under_birchs_key_is_none(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    stranger = await gateway.authenticate((await rows(lambda: make_token(birch()))).secret)
    vendors.script = [whole("Alder's"), whole("Birch's"), whole("Birch's second")]
    await gateway.execute(caller, ask())
    await gateway.execute(stranger, ask())
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        of = {
            tenant: next(redis.scan_iter(f"answers:{tenant}:" + "?" * 64))
            for tenant in (caller.tenant_id, stranger.tenant_id)
        }
        redis.set(of[stranger.tenant_id], redis.get(of[caller.tenant_id]))
    assert text_of((await gateway.execute(stranger, ask())).output) == "Birch's second"


async def test_a_colleague_gets_it_too_unless_the_colleague_may_not_have_the_model(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    colleague = await gateway.authenticate((await rows(make_token)).secret)
    await rows(lambda: serve_model("other"))
    narrow = await gateway.authenticate((await rows(lambda: make_token(allowed_models=["other"]))).secret)
    vendors.script = [whole()]
    await gateway.execute(caller, ask())
    assert (await gateway.execute(colleague, ask())).facts.cache == "hit"
    with pytest.raises(ModelNotAllowed):
        await gateway.execute(narrow, ask())


async def test_whoever_may_only_have_shorter_answers_gets_a_shorter_one(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [whole("long"), whole("short")]
    await gateway.execute(caller, ask())
    await rows(lambda: RuleFactory(key="max_tokens_out", value=10))
    gateway.directory.forget()
    assert text_of((await gateway.execute(caller, ask())).output) == "short"


async def test_a_call_that_nobody_wants_cached_never_asks_the_store(
    gateway: LLMGateway, caller: Principal, ask: Any, answers: WatchedStore, rows: Rows
) -> None:
    result = await gateway.execute(caller, ask(header=None))
    off = await gateway.execute(caller, ask(header="off"))
    sampled = await gateway.execute(caller, ask(temperature=1))
    await rows(lambda: RuleFactory(key="cache_ttl_s", value=0))
    gateway.directory.forget()
    forbidden = await gateway.execute(caller, ask())
    told = [each.facts.cache for each in (result, off, sampled, forbidden)]
    assert told == ["", "off", "bypass; reason=sampled", "off"]
    assert answers.asked == []


async def test_under_a_rule_everybody_is_answered_from_the_cache_without_asking_for_it(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    await rows(lambda: RuleFactory(key="cache_ttl_s", value=60))
    vendors.script = [whole()]
    told = [(await gateway.execute(caller, ask(header=None))).facts.cache for _ in range(2)]
    assert told == ["miss", "hit"]


async def test_refresh_asks_the_vendor_and_its_answer_takes_the_other_s_place(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [whole("old"), whole("new")]
    await gateway.execute(caller, ask())
    refreshed = await gateway.execute(caller, ask(header="refresh"))
    assert (text_of(refreshed.output), refreshed.facts.cache) == ("new", "refresh")
    assert text_of((await gateway.execute(caller, ask())).output) == "new"


async def test_nobody_gets_an_answer_that_is_older_than_the_own_time(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, clock: MovedClock
) -> None:
    vendors.script = [whole("old"), whole("new")]
    await gateway.execute(caller, ask(header="use; ttl=3600"))
    clock.later = timedelta(seconds=100)
    hit = await gateway.execute(caller, ask(header="use; ttl=200"))
    assert (hit.facts.cache, hit.facts.age_s) == ("hit", 100)
    assert text_of((await gateway.execute(caller, ask(header="use; ttl=60"))).output) == "new"


async def test_an_answer_is_too_old_a_moment_after_its_time(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, clock: MovedClock
) -> None:
    vendors.script = [whole("old"), whole("new")]
    await gateway.execute(caller, ask(header="use; ttl=3600"))
    clock.later = timedelta(seconds=60.5)
    assert text_of((await gateway.execute(caller, ask(header="use; ttl=60"))).output) == "new"


async def test_sampled_requests_are_kept_for_those_who_ask_for_any(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [whole("one"), whole("two")]
    await gateway.execute(caller, ask(header="use; any", temperature=1))
    assert text_of((await gateway.execute(caller, ask(header="use; any", temperature=1))).output) == "one"
    assert text_of((await gateway.execute(caller, ask(temperature=1))).output) == "two"


async def test_an_answer_that_calls_tools_is_kept_for_those_who_ask_for_any(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, results: list[str]
) -> None:
    called = {"finish_reason": "tool_calls", "tool_calls": [{"id": "1", "type": "function"}]}
    vendors.script = [whole(**called), whole(**called), whole("no call")]
    await gateway.execute(caller, ask())
    await gateway.execute(caller, ask(header="use; any"))
    assert results == ["unfit", "kept"]
    assert (await gateway.execute(caller, ask(header="use; any"))).facts.cache == "hit"
    assert text_of((await gateway.execute(caller, ask())).output) == "no call"


async def test_an_answer_that_was_cut_or_failed_is_not_kept(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, results: list[str]
) -> None:
    cut = AttemptFailed("cut", outcome=Outcome.CUT)
    vendors.script = [[*streamed("half")[:1], cut], cut, whole(finish_reason="content_filter"), whole("good")]
    with pytest.raises(VendorError):
        await read(gateway, caller, ask(stream=True))
    with pytest.raises(VendorError):
        await gateway.execute(caller, ask())
    await gateway.execute(caller, ask())
    assert text_of((await gateway.execute(caller, ask())).output) == "good"
    assert results == ["unfit", "kept"]


async def test_an_answer_that_is_too_long_is_a_miss_every_time(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, results: list[str]
) -> None:
    long = "x" * (MAX_ANSWER_BYTES + 1)
    vendors.script = [whole(long), whole(long)]
    told = [(await gateway.execute(caller, ask())).facts.cache for _ in range(2)]
    assert (told, results) == (["miss", "miss"], ["too_long", "too_long"])


async def test_an_answer_that_is_nested_too_deeply_for_its_other_form_is_not_kept(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, results: list[str]
) -> None:
    deep: list[Any] = []
    for _ in range(940):
        deep = [deep]
    vendors.script = [whole(deep=deep), streamed("h", "i")]
    await gateway.execute(caller, ask())
    _, events = await read(gateway, caller, ask(stream=True))
    assert (said(events), results) == ("hi", ["unfit", "kept"])


async def test_a_stream_is_given_again_event_by_event(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [streamed("h", "i")]
    _, first = await read(gateway, caller, ask(stream=True))
    facts, again = await read(gateway, caller, ask(stream=True))
    assert (facts.cache, facts.pending) == ("hit", False)
    assert again == first == [chunk.data for chunk in streamed("h", "i")[:-1]]


async def test_a_stream_from_the_cache_tells_its_usage_to_those_who_ask(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    chunks = streamed("h", "i")
    vendors.script = [chunks, whole("two")]
    await read(gateway, caller, ask(stream=True))
    await gateway.execute(caller, ask("two"))
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    _, same_form = await read(gateway, caller, ask(**asked))
    _, other_form = await read(gateway, caller, ask("two", **asked))
    assert same_form[:-1] == [chunk.data for chunk in chunks[:-1]]
    first = msgspec.json.decode(chunks[-1].data)
    assert msgspec.json.decode(same_form[-1]) == first | {"usage": first["usage"] | {"cost_usd": "0"}}
    assert b'"total_tokens":15' in other_form[-1]
    assert not any(b"total_tokens" in event for event in other_form[:-1])


async def test_a_whole_answer_is_given_as_a_stream_and_a_stream_as_a_whole_answer(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.script = [whole("one"), streamed("t", "w", "o")]
    await gateway.execute(caller, ask("one"))
    await read(gateway, caller, ask("two", stream=True))
    facts, events = await read(gateway, caller, ask("one", stream=True))
    result = await gateway.execute(caller, ask("two"))
    assert (said(events), facts.cache) == ("one", "hit")
    assert (text_of(result.output), result.facts.cache) == ("two", "hit")
    assert b'"finish_reason":"stop"' in result.output
    assert b'"total_tokens":15' in result.output
    assert len(vendors.calls) == 2


async def test_whoever_has_the_answer_finds_it_kept_however_long_that_takes(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, answers: WatchedStore
) -> None:
    answers.keeping_takes_s = 0.3
    vendors.script = [whole("one"), streamed("two")]
    told = [(await gateway.execute(caller, ask())).facts.cache for _ in range(2)]
    assert told == ["miss", "hit"]
    told = [(await read(gateway, caller, ask("two", stream=True)))[0].cache for _ in range(2)]
    assert told == ["miss", "hit"]


async def test_an_answer_of_the_second_candidate_is_given_again_as_that_one_s(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    for name in ("first", "second"):
        await rows(lambda name=name: serve_model(name, aliases=["best"]))
    gateway.directory.forget()
    down = AttemptFailed("down", outcome=Outcome.ERROR, retryable=True, status=500)
    vendors.script = [down, whole("from the second")]
    request = replace(ask(), model="best")
    served = await gateway.execute(caller, request)
    hit = await gateway.execute(caller, request)
    assert (served.facts.model, hit.facts.model, hit.facts.cache) == ("second", "second", "hit")
    (row,) = await cached_rows(rows)
    assert (row.request_model, row.model_alias) == ("second", "best")


async def test_a_caller_who_leaves_a_streamed_hit_leaves_nothing_held(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    vendors.script = [streamed(*"a long answer" * 20)]
    await read(gateway, caller, ask(stream=True))
    _, stream = await gateway.stream(caller, ask(stream=True))
    stream.close()
    await gateway.close(10)
    assert [row.cost_nano_usd for row in await cached_rows(rows)] == [0]


async def test_two_same_calls_at_once_are_two_calls(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any
) -> None:
    vendors.gate = asyncio.Event()
    vendors.script = [whole("one"), whole("two")]
    calls = [asyncio.create_task(gateway.execute(caller, ask())) for _ in range(2)]
    async with asyncio.timeout(20):
        while vendors.in_flight < 2:  # noqa: ASYNC110 - nothing to wait on
            await asyncio.sleep(0.01)
    vendors.gate.set()
    assert {(await call).facts.cache for call in calls} == {"miss"}
    assert len(vendors.calls) == 2


async def test_an_earlier_answer_under_the_same_idempotency_key_comes_first(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    request = replace(keyed(temperature=0), **wish("use"))
    vendors.script = [whole("first"), whole("refreshed")]
    first = await gateway.execute(caller, request)
    await gateway.execute(caller, replace(keyed(temperature=0, key="k-2"), **wish("refresh")))
    again = await gateway.execute(caller, request)
    assert (again.output, again.facts.replayed, again.facts.cache) == (first.output, True, "")


async def test_a_hit_under_an_idempotency_key_is_kept_for_the_key(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Rows
) -> None:
    vendors.script = [whole("first"), whole("refreshed")]
    await gateway.execute(caller, replace(keyed(temperature=0, key="k-1"), **wish("use")))
    hit = await gateway.execute(caller, replace(keyed(temperature=0, key="k-2"), **wish("use")))
    await gateway.execute(caller, replace(keyed(temperature=0, key="k-3"), **wish("refresh")))
    again = await gateway.execute(caller, replace(keyed(temperature=0, key="k-2"), **wish("use")))
    assert (hit.facts.cache, again.facts.replayed) == ("hit", True)
    assert text_of(again.output) == "first"
    assert again.facts.reservation_id == hit.facts.reservation_id
    assert await rows(UsageReservation.objects.count) == 3


@pytest.mark.slow
async def test_while_redis_is_gone_every_call_is_a_miss_and_none_fails(
    gateway_with: Gateways, caller: Principal, vendors: FakeVendors, ask: Any, own_redis: EmbeddedRedis
) -> None:
    away: list[str] = []
    store = RedisAnswers(own_redis.url, call_limit_s=10)
    gateway = gateway_with(answers=cache_in(store, on_away=lambda: away.append("away")))
    vendors.script = [whole("one"), whole("two"), whole("three")]
    await gateway.execute(caller, ask())
    own_redis.stop()
    told = [await gateway.execute(caller, ask()) for _ in range(2)]
    assert [(text_of(each.output), each.facts.cache) for each in told] == [("two", "miss"), ("three", "miss")]
    assert away == ["away", "away"]
    await store.close()


async def test_teams_and_labels_of_a_hit_are_its_own(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, ask: Any, rows: Rows
) -> None:
    team = await rows(TeamFactory)
    vendors.script = [whole()]
    await gateway.execute(caller, ask())
    other = await gateway.authenticate((await rows(lambda: make_token(team=team))).secret)
    await gateway.execute(other, replace(ask(), agent_id="helper"))
    (row,) = await cached_rows(rows)
    assert (row.team_id, row.agent_id, row.token_id) == (team.pk, "helper", other.token_id)
