"""When a circuit opens, how long it stays open, who may try it, and whom it concerns."""

import logging
from typing import Any

import pytest

from providers.port import Failure
from providers.routing.fault import Fault
from providers.routing.health import MOST_COOL_S, MOST_RETRY_AFTER_S
from tests.unit.providers.routing.world import ACME, ALDER, BIRCH, BOLT, UNREACHABLE, Model, World, error

LARGE = Model(physical_name="large")


def is_open(world: World, model: Model = ACME) -> bool:
    return world.first(model, BOLT) == BOLT


def cools_s(world: World, model: Model = ACME) -> float:
    """How long its circuit stays open from now on."""
    standing = world.router.endpoint(model.provider_name, model.key_of, [""]).standing(model.physical_name)
    assert standing.until_s is not None
    return round(standing.until_s - world.clock.now_s, 3)


def test_four_failures_in_a_row_open_nothing_and_the_fifth_does() -> None:
    world = World()
    world.fails(times=4)
    assert not is_open(world)
    world.fails()
    assert is_open(world)


def test_a_success_begins_the_row_anew() -> None:
    world = World()
    world.fails(times=4)
    world.ok()
    world.fails(times=4)
    assert not is_open(world)


def test_half_of_the_last_twenty_calls_within_thirty_seconds_open_it() -> None:
    world = World()
    for _ in range(9):
        world.ok()
        world.fails()
    assert not is_open(world)
    world.ok()
    world.fails()
    assert is_open(world)


def test_failures_of_more_than_thirty_seconds_ago_are_not_counted() -> None:
    world = World()
    for _ in range(9):
        world.ok()
        world.fails()
    world.clock.now_s += 31
    world.ok()
    world.fails()
    assert not is_open(world)


def test_the_cool_down_doubles_from_five_seconds_to_a_minute() -> None:
    world = World()
    world.fails(times=5)
    cooled = [cools_s(world)]
    for _ in range(5):
        world.clock.now_s += cooled[-1]
        world.fails()
        cooled.append(cools_s(world))
    assert cooled == [5, 10, 20, 40, 60, MOST_COOL_S]


def test_a_closed_circuit_cools_for_five_seconds_again() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.fails()
    world.clock.now_s += 10
    world.ok()
    world.fails(times=5)
    assert cools_s(world) == 5


@pytest.mark.parametrize(("asked_s", "cools"), [(2, 5), (90, 90), (100_000, MOST_RETRY_AFTER_S)])
def test_it_cools_for_as_long_as_the_vendor_says_within_bounds(asked_s: float, cools: float) -> None:
    world = World()
    world.fails(times=5, by=error(503, retry_after_s=asked_s))
    assert cools_s(world) == cools


def test_what_began_before_it_opened_neither_lengthens_nor_closes_it() -> None:
    world = World()
    slow, late = world.begin(), world.begin()
    world.clock.now_s += 1
    world.fails(times=5)
    world.clock.now_s += 6
    slow.failed(error())
    late.answered(10)
    assert (cools_s(world), world.seen) == (-1, [("acme", "open")])


def test_a_call_that_had_no_choice_closes_it_if_it_succeeds() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 1
    world.ok()
    assert not is_open(world)


def test_after_the_cool_down_one_call_tries_and_the_others_go_on_elsewhere() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    assert [world.first(ACME, BOLT) for _ in range(4)] == [BOLT, ACME, BOLT, BOLT]


def test_the_one_that_tries_and_fails_opens_it_again_for_longer() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    world.fails()
    assert (is_open(world), cools_s(world)) == (True, 10)


def test_the_one_that_tries_and_leaves_lets_the_next_one_try() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    watch = world.begin()
    assert world.first(ACME, BOLT) == BOLT
    watch.left()
    assert world.first(ACME, BOLT) == ACME


def one_that_tries() -> tuple[World, Any]:
    """A world whose first vendor is being tried, and the call that tries."""
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    return world, world.begin()


def test_the_one_that_tries_and_reaches_nobody_lets_the_next_one_try() -> None:
    world, watch = one_that_tries()
    watch._sent_by.sent = False
    watch.failed(UNREACHABLE)
    assert world.first(ACME, BOLT) == ACME


def test_the_one_that_tries_one_key_and_is_served_by_another_lets_the_next_one_try() -> None:
    world = World()
    world.keys(ACME, "one", "two")
    for key in ("one", "two"):
        world.fails(times=5, key=key)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    watch = world.begin(key="two")
    [tried] = watch._trying
    watch.answered(10)
    assert tried.trier is None


def test_a_refused_request_tries_nothing() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    world.fails(by=error(400))
    assert [world.first(ACME, BOLT) for _ in range(2)] == [ACME, BOLT]


def test_a_call_that_tries_for_longer_than_a_minute_leaves_it_to_another() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME
    world.begin()
    world.clock.now_s += 61
    world.order(ACME, BOLT)
    assert world.first(ACME, BOLT) == ACME


def test_a_call_that_is_ordered_there_and_never_begins_lets_another_try_soon() -> None:
    """As one that its budget refuses after it was ordered."""
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    world.order(ACME, BOLT)
    assert [world.first(ACME, BOLT) for _ in range(2)] == [ACME, BOLT]
    world.clock.now_s += 0.5
    assert [world.first(ACME, BOLT) for _ in range(2)] == [ACME, BOLT]
    world.begin()
    world.clock.now_s += 30
    assert world.first(ACME, BOLT) == BOLT, "it has begun"


def test_a_half_open_vendor_that_would_not_come_first_is_not_tried() -> None:
    world = World()
    world.fails(times=5)
    world.clock.now_s += 5
    assert [world.first(ACME, BOLT, costs=[2_000, 1_000]) for _ in range(3)] == [BOLT] * 3
    assert ("acme", "half_open") not in world.seen


@pytest.mark.parametrize(
    "by",
    [
        error(400), error(404), error(409), error(413), error(422), error(400, code="content_filter"),
        error(500, code="context_length_exceeded"), error(403, code="content_filter"),
        error(429, code=None), error(401), error(402), error(403),
        error(None, Failure.CUT, resend=True), error(400, Failure.UNREACHABLE),
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_vendor_opens_nothing(by: object) -> None:
    world = World()
    world.fails(times=30, by=by)  # type: ignore[arg-type]
    assert "open" not in dict(world.seen).values()


@pytest.mark.parametrize(
    "by",
    [
        UNREACHABLE, error(500), error(502), error(503), error(529), error(504, Failure.TIMEOUT), error(408),
        error(None), error(None, Failure.TIMEOUT), error(None, Failure.CUT),
    ],
)  # fmt: skip
def test_what_says_that_the_vendor_fails_opens_it(by: object) -> None:
    world = World()
    world.fails(times=5, by=by)  # type: ignore[arg-type]
    assert world.seen == [("acme", "open")]


def test_callers_who_go_away_open_nothing() -> None:
    world = World()
    for _ in range(30):
        world.begin().left()
    assert world.seen == []


def test_a_provider_that_is_not_reached_is_so_for_all_its_models() -> None:
    world = World()
    world.fails(times=5, by=UNREACHABLE)
    assert is_open(world, LARGE)


def test_a_model_that_fails_leaves_the_others_of_its_provider() -> None:
    world = World()
    world.fails(times=5)
    assert (is_open(world), is_open(world, LARGE)) == (True, False)


def test_a_provider_that_answers_anything_is_reached_again() -> None:
    world = World()
    world.fails(times=5, by=UNREACHABLE)
    world.clock.now_s += 5
    world.fails(by=error(400))
    assert not is_open(world)


def test_a_request_that_was_refused_here_does_not_say_that_the_provider_is_reached() -> None:
    world = World()
    world.fails(times=5, by=UNREACHABLE)
    world.clock.now_s += 5
    watch = world.begin()
    watch._sent_by.sent = False
    watch.failed(error(400))
    assert is_open(world)


def test_tenants_own_keys_have_circuits_of_their_own() -> None:
    world = World()
    alders, birchs = Model(key_of=ALDER), Model(key_of=BIRCH)
    world.fails(alders, times=5)
    world.fails(alders, times=5, by=UNREACHABLE)
    assert [is_open(world, model) for model in (alders, birchs, ACME)] == [True, False, False]


def test_a_model_is_open_only_if_it_is_so_with_every_key() -> None:
    world = World()
    world.keys(ACME, "one", "two")
    world.fails(times=5, key="one")
    assert not is_open(world)
    world.fails(times=5, key="two")
    assert is_open(world)


def test_a_key_alone_that_is_limited_comes_last_until_the_vendor_wants_to_be_asked() -> None:
    world = World()
    assert world.fails(by=error(429, retry_after_s=20)) is Fault.LIMITED
    assert (is_open(world), is_open(world, LARGE)) == (True, False)
    world.clock.now_s += 20
    assert not is_open(world)


@pytest.mark.parametrize("status", [400, 402, 403, 429])
def test_a_key_without_money_rests_for_every_model_by_whatever_status_its_vendor_says_so(status: int) -> None:
    world = World()
    assert world.fails(by=error(status, code="insufficient_quota")) is Fault.KEY_REFUSED
    assert (is_open(world), is_open(world, LARGE)) == (True, True)
    assert cools_s(world) == 300


@pytest.mark.parametrize(("asked_s", "rests_s"), [(20, 20), (900, 300)])
@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_vendor_that_fails_and_says_when_to_come_back_comes_last_until_then(
    status: int, asked_s: float, rests_s: float
) -> None:
    world = World()
    assert world.fails(by=error(status, retry_after_s=asked_s)) is Fault.FAILING
    assert (is_open(world), is_open(world, LARGE)) == (True, False)
    assert cools_s(world) == rests_s
    assert world.seen == [], "its circuit stays closed"


def test_a_vendor_that_asks_for_a_longer_rest_gets_it() -> None:
    world = World()
    for asked_s in (20, 60, 5):
        world.fails(by=error(503, retry_after_s=asked_s))
    assert cools_s(world) == 60


def test_a_key_alone_that_is_refused_comes_last_for_every_model() -> None:
    world = World()
    assert world.fails(by=error(401)) is Fault.KEY_REFUSED
    assert (is_open(world), is_open(world, LARGE)) == (True, True)
    world.clock.now_s += 1
    world.ok()
    assert not is_open(world), "somebody has mended it"


def test_a_forbidden_model_lets_the_key_rest_shortly_and_for_that_model_alone() -> None:
    world = World()
    world.fails(by=error(403))
    assert (is_open(world), is_open(world, LARGE)) == (True, False)
    world.clock.now_s += 10
    assert not is_open(world)


def test_an_operator_reads_each_transition_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = World()
    world.keys(ACME, "one", "two")
    world.keys(BOLT, "three")
    world.fails(times=6, key="two", by=error(503))
    world.fails(BOLT, times=5, by=UNREACHABLE)
    world.clock.now_s += 5
    for _ in range(2):
        world.order(ACME, BOLT, costs=[2, 1])
    world.ok(BOLT, key="three")
    lines = [
        (record.message, record.provider, getattr(record, "model", None), getattr(record, "key", None))  # type: ignore[attr-defined]
        for record in caplog.records
    ]
    assert lines == [
        ("vendor.circuit_open", "acme", "small", 2),
        ("vendor.circuit_open", "bolt", None, None),
        ("vendor.circuit_half_open", "bolt", None, None),
        ("vendor.circuit_closed", "bolt", None, None),
    ]
    assert "three" not in caplog.text
    assert caplog.records[0].status == 503  # type: ignore[attr-defined]
    assert world.router.count_circuits() == {("acme", "half_open"): 1}
