"""What a process remembers of vendors has an end."""

from uuid import UUID

from providers.routing import board, router
from providers.routing.board import Board
from providers.routing.conversations import MAX_NEWS, TOLD_AGAIN_S, Conversations, Seat, Server, digest_of
from providers.routing.place import Kind, Place
from tests.unit.providers.routing.world import Clock, Model, World

SERVER, OTHER = Server("acme", "", "small"), Server("bolt", "", "small")
SEAT = Seat(SERVER, "k")


def place(number: int) -> Place:
    return Place(Kind.REST, "acme", "", str(number), "")


def test_of_too_many_entries_the_oldest_go_and_others_are_told_so() -> None:
    kept = Board(Clock(), max_entries=3)
    for number in range(5):
        kept.put(place(number), 10)
    assert list(kept.entries) == [place(2), place(3), place(4)]
    assert len(kept.changed) == 3
    assert kept.changed[place(1)] is None


def test_a_rest_is_gone_when_its_time_is_over_and_a_circuit_ten_minutes_later() -> None:
    clock = Clock()
    kept = Board(clock)
    circuit = Place(Kind.CIRCUIT, "acme", "", "small", "")
    kept.put(place(1), 10)
    kept.put(circuit, 10)
    clock.now_s += 10
    assert kept.get(place(1)) is None
    assert kept.get(circuit) is not None
    clock.now_s += board.FORGOTTEN_AFTER_S
    assert kept.get(circuit) is None
    assert kept.entries == {}


def test_of_too_many_conversations_the_one_that_was_used_least_recently_goes() -> None:
    known = Conversations(Clock(), most=2)
    for talk in ("a", "b", "a", "c"):
        known.note(talk, SERVER, "k")
    assert [known.seat_of(talk) for talk in "abc"] == [SEAT, None, SEAT]


def test_what_is_told_of_conversations_is_bounded() -> None:
    known = Conversations(Clock())
    for number in range(MAX_NEWS + 5):
        known.note(str(number), SERVER, "k")
    assert len(known.news) == MAX_NEWS
    assert digest_of("4") not in known.news


def test_a_conversation_that_stays_is_told_now_and_then() -> None:
    clock = Clock()
    known = Conversations(clock)
    told = []
    for _ in range(6):
        known.note("talk", SERVER, "k")
        told.append(len(known.news))
        known.news.clear()
        clock.now_s += TOLD_AGAIN_S / 2
    assert told == [1, 0, 1, 0, 1, 0]


def test_a_conversation_that_moves_is_told_at_once_and_what_is_newer_counts() -> None:
    clock = Clock()
    known = Conversations(clock)
    known.note("talk", SERVER, "k")
    known.news.clear()
    known.note("talk", OTHER, "k")
    assert known.news == {digest_of("talk"): Seat(OTHER, "k")}
    known.learn([digest_of("talk")], SEAT, age_s=1.0)
    assert known.seat_of("talk") == Seat(OTHER, "k")
    clock.now_s += 5
    known.learn([digest_of("talk")], SEAT, age_s=1.0)
    assert known.seat_of("talk") == SEAT


def test_a_conversation_whose_key_changes_is_told_at_once() -> None:
    known = Conversations(Clock())
    known.note("talk", SERVER, "k")
    known.news.clear()
    known.note("talk", SERVER, "another")
    assert known.news == {digest_of("talk"): Seat(SERVER, "another")}


def test_routes_and_endpoints_are_bounded() -> None:
    world = World()
    for number in range(router.MAX_ENDPOINTS + 5):
        world.keys(Model(key_of=UUID(int=number)), "key")
        world.begin(Model(key_of=UUID(int=number)))
    assert len(world.router._endpoints) == len(world.router._reached) == router.MAX_ENDPOINTS
    for number in range(router.MAX_RECORDS):
        world.begin(Model(physical_name=str(number)))
    assert len(world.router._records) == router.MAX_RECORDS
