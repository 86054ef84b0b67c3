"""In which order candidates are tried."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.routing.place import tag_of
from providers.routing.ranks import Weights
from tests.unit.providers.routing.world import ACME, ALDER, BOLT, UNREACHABLE, Clock, Model, World, error

CORK = Model(provider_name="cork")
THREE = (ACME, BOLT, CORK)


def shares(world: World, *models: Model, costs: list[int], times: int = 3_000) -> list[float]:
    """Of each, how often it comes first, over conversations that are new."""
    seen = Counter(world.order(*models, costs=costs, conversation=f"talk-{n}")[0] for n in range(times))
    return [seen[place] / times for place in range(len(models))]


def test_the_cheapest_comes_first() -> None:
    assert World().order(*THREE, costs=[3_000, 1_000, 2_000]) == [1, 2, 0]


def test_what_costs_nothing_comes_before_what_costs_next_to_nothing() -> None:
    assert World().order(*THREE, costs=[1, 0, 1_000]) == [1, 0, 2]


def test_costs_within_five_percent_are_equals_and_beyond_are_not() -> None:
    share = shares(World(), *THREE, costs=[1_000, 1_049, 1_051])
    assert 0.45 < share[0] < 0.55
    assert 0.45 < share[1] < 0.55
    assert share[2] == 0


def test_equals_share_the_load() -> None:
    assert all(0.3 < share < 0.37 for share in shares(World(), *THREE, costs=[7, 7, 7]))


def test_equals_share_calls_without_a_conversation_too() -> None:
    world = World()
    firsts = Counter(world.order(*THREE, costs=[7, 7, 7])[0] for _ in range(3_000))
    assert all(900 < firsts[place] < 1_100 for place in range(3))


def test_of_equal_costs_the_faster_one_comes_first() -> None:
    world = World()
    world.ok(ACME, took_s=2.1)
    world.ok(BOLT, took_s=1.0)
    assert shares(world, ACME, BOLT, costs=[7, 7], times=50) == [0, 1]


def test_speeds_within_a_factor_of_two_are_equals() -> None:
    world = World()
    world.ok(ACME, took_s=1.9)
    world.ok(BOLT, took_s=1.0)
    assert 0.4 < shares(world, ACME, BOLT, costs=[7, 7])[0] < 0.6


def test_a_vendor_that_was_not_seen_yet_is_as_good_as_the_fastest() -> None:
    world = World()
    world.ok(ACME, took_s=2.1)
    world.ok(BOLT, took_s=1.0)
    share = shares(world, *THREE, costs=[7, 7, 7])
    assert share[0] == 0
    assert 0.4 < share[2] < 0.6


def test_a_slow_time_is_forgotten_so_that_it_is_tried_again() -> None:
    world = World()
    world.ok(ACME, took_s=2.1)
    world.clock.now_s += 301
    world.ok(BOLT, took_s=1.0)
    assert shares(world, ACME, BOLT, costs=[7, 7])[0] > 0.4


def test_the_first_byte_of_streams_counts() -> None:
    world = World()
    for model, took_s in ((ACME, 3.0), (BOLT, 1.0)):
        watch = world.begin(model)
        world.clock.now_s += took_s
        watch.first_byte()
        world.clock.now_s += 100
        watch.streamed()
    assert shares(world, ACME, BOLT, costs=[7, 7], times=50) == [0, 1]


def test_of_equals_in_cost_and_speed_the_one_that_fails_less_comes_first() -> None:
    world = World()
    world.fails(ACME)
    world.ok(ACME)
    world.ok(BOLT)
    assert shares(world, ACME, BOLT, costs=[7, 7], times=50) == [0, 1]


def test_as_weighted_by_default_neither_speed_nor_failures_outweigh_cost() -> None:
    world = World()
    world.ok(ACME, took_s=1_000.0)
    world.ok(BOLT, took_s=0.001)
    world.fails(ACME, times=3)
    assert world.order(ACME, BOLT, costs=[1_000, 1_100]) == [0, 1]


def test_weights_can_turn_it_around() -> None:
    world = World(weights=Weights(cost=1, performance=1_000, availability=0))
    world.ok(ACME, took_s=4.0)
    world.ok(BOLT, took_s=1.0)
    assert world.order(ACME, BOLT, costs=[1_000, 2_000]) == [1, 0]


def test_every_process_makes_the_same_choice_for_a_new_conversation() -> None:
    mine, others = World(), World()
    for number in range(50):
        talk = f"talk-{number}"
        assert mine.order(*THREE, costs=[7, 7, 7], conversation=talk) == others.order(
            *THREE, costs=[7, 7, 7], conversation=talk
        )


def test_a_conversation_stays_with_its_vendor_though_another_is_cheaper() -> None:
    world = World()
    world.ok(BOLT, conversation="talk")
    assert world.order(*THREE, conversation="talk") == [1, 0, 2]
    assert world.order(*THREE, conversation="another") == [0, 1, 2]
    assert world.order(*THREE) == [0, 1, 2]


def test_a_conversation_leaves_a_vendor_that_is_not_healthy_and_stays_with_the_next() -> None:
    world = World()
    world.ok(BOLT, conversation="talk")
    world.fails(BOLT, times=5)
    assert world.first(*THREE, conversation="talk") == ACME
    world.ok(ACME, conversation="talk")
    world.clock.now_s += 5
    world.ok(BOLT)
    assert world.first(CORK, BOLT, ACME, conversation="talk") == ACME


def test_a_failed_call_holds_no_conversation() -> None:
    world = World()
    world.fails(BOLT, conversation="talk")
    assert world.first(*THREE, conversation="talk") == ACME


def test_a_conversation_is_held_to_its_model_and_its_key() -> None:
    world = World()
    large, own = Model(provider_name="bolt", physical_name="large"), Model(provider_name="bolt", key_of=ALDER)
    world.ok(BOLT, conversation="talk")
    assert world.first(ACME, large, conversation="talk") == ACME
    assert world.first(ACME, own, conversation="talk") == ACME


def test_a_call_is_told_which_key_served_its_conversation() -> None:
    world = World()
    world.keys(ACME, "one", "two")
    world.ok(ACME, key="two", conversation="talk")
    talks = [world.begin(ACME, conversation=talk)._sent_by.key for talk in ("talk", "another")]
    assert talks == [tag_of("two"), tag_of("")]


def test_after_ten_minutes_there_is_no_prompt_cache_to_stay_for() -> None:
    world = World()
    world.ok(BOLT, conversation="talk")
    world.clock.now_s += 599
    assert world.first(*THREE, conversation="talk") == BOLT
    world.clock.now_s += 2
    assert world.first(*THREE, conversation="talk") == ACME


def test_where_all_are_open_the_one_that_is_soonest_back_comes_first() -> None:
    world = World()
    world.fails(ACME, times=5, by=error(503, retry_after_s=40))
    world.fails(BOLT, times=5, by=error(503, retry_after_s=90))
    world.fails(CORK, times=5, by=error(503, retry_after_s=20))
    assert world.order(*THREE) == [2, 0, 1]


def test_a_process_that_has_not_called_a_vendor_yet_goes_by_what_others_tell() -> None:
    clock = Clock()
    known, new = World(clock), World(clock)
    known.keys(ACME, "secret")
    known.fails(ACME, times=5, key="secret")
    new.router.board.learn(known.router.board.entries)
    assert new.order(ACME, BOLT) == [1, 0]


def test_one_candidate_is_an_order_too() -> None:
    world = World()
    world.fails(ACME, times=5)
    assert world.order(ACME) == [0]


MODELS = [
    Model(provider_name=provider, physical_name=name, key_of=key_of)
    for provider in ("acme", "bolt")
    for name in ("small", "large")
    for key_of in (None, ALDER)
]
ENDS = [
    None,
    UNREACHABLE,
    error(500),
    error(503, retry_after_s=70),
    error(429),
    error(401),
    error(400),
    "left",
]
histories = st.lists(
    st.tuples(
        st.sampled_from(MODELS),
        st.sampled_from(ENDS),
        st.integers(1, 6),
        st.sampled_from([0, 0, 1, 5, 30, 700]),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(
    histories,
    st.permutations(range(len(MODELS))),
    st.lists(st.integers(0, 10_000), min_size=8, max_size=8),
    st.booleans(),
)
def test_whatever_happened_an_order_has_everybody_once_and_nobody_open_before_one_that_is_closed(
    history: list[tuple[Model, object, int, int]], places: list[int], costs: list[int], talks: bool
) -> None:
    world = World(Clock())
    models = [MODELS[place] for place in places]
    for model, end, times, wait_s in history:
        for _ in range(times):
            watch = world.begin(model, conversation="talk")
            if end is None:
                watch.answered(5)
            elif end == "left":
                watch.left()
            else:
                watch.failed(end)
        world.clock.now_s += wait_s
        order = world.order(*models, costs=costs, conversation="talk" if talks else None)
        assert sorted(order) == list(range(len(models)))
        entries = world.router.board.entries
        stands = [
            any(
                place.provider == models[at].provider_name
                and place.owner == (str(models[at].key_of) if models[at].key_of else "")
                and place.model in ("", models[at].physical_name)
                and entry.until_s > world.clock.now_s
                for place, entry in entries.items()
            )
            for at in order
        ]
        assert stands == sorted(stands), "False before True"
