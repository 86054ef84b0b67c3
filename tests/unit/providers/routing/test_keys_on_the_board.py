"""What the board says of keys decides which one a call takes."""

from collections.abc import Sequence

import pytest

from metering.ports import Progress
from providers.keys import Key, Keys
from providers.port import Failure, ProviderError
from providers.routing.board import Board
from providers.routing.endpoint import Endpoint
from providers.routing.health import FIRST_COOL_S
from providers.routing.place import tag_of
from tests.unit.providers.routing.world import Clock


class Desk:
    """Keys of one endpoint, on a board."""

    def __init__(self, *secrets: str, board: Board | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.board = board or Board(self.clock)
        self.keys = Keys(secrets, endpoint=self._endpoint)

    def _endpoint(self, tags: Sequence[str]) -> Endpoint:
        self.endpoint = Endpoint(self.board, "acme", "", tags)
        return self.endpoint

    def opens(self, secret: str, for_s: float = FIRST_COOL_S) -> None:
        self.board.put(self.endpoint.circuit("m", tag_of(secret)), for_s)

    async def asked(
        self,
        refused: dict[str, int] | None = None,
        take: dict[str, float] | None = None,
        *,
        prefer: str = "",
        code: str | None = None,
    ) -> str:
        """The keys that one call asks, in order."""
        asked: list[str] = []
        progress = Progress()
        progress.key = tag_of(prefer)

        async def ask(key: Key) -> None:
            asked.append(key.secret)
            if status := (refused or {}).get(key.secret):
                raise ProviderError("no", failure=Failure.REFUSED, retryable=True, status=status, code=code)

        async def room(key: Key) -> float:
            return (take or {}).get(key.secret, 0.0)

        await self.keys.used("m", progress, ask, room if take is not None else None)
        return "".join(asked)


async def test_what_another_process_was_refused_is_not_met_again() -> None:
    clock = Clock()
    first = Desk("a", "b", clock=clock)
    second = Desk("a", "b", board=first.board, clock=clock)
    assert await first.asked({"a": 401}) == "ab"
    assert [await second.asked() for _ in range(3)] == ["b", "b", "b"]


async def test_a_key_whose_calls_fail_is_passed_over_until_one_call_may_try_it() -> None:
    desk = Desk("a", "b")
    desk.opens("a")
    assert [await desk.asked() for _ in range(3)] == ["b", "b", "b"]
    desk.clock.now_s += FIRST_COOL_S
    assert [await desk.asked() for _ in range(4)] == ["b", "a", "b", "b"], (
        "asks for a permit, and uses it once"
    )


async def test_where_all_keys_fail_the_one_that_is_soonest_back_is_asked() -> None:
    desk = Desk("a", "b")
    desk.opens("a", 60)
    desk.opens("b", 20)
    assert await desk.asked() == "b"


async def test_a_key_without_room_is_passed_over_unasked_and_stays_in_turn() -> None:
    desk = Desk("a", "b")
    assert [await desk.asked(take={"a": 3.0}) for _ in range(2)] == ["b", "b"]
    assert [await desk.asked(take={}) for _ in range(2)] == ["a", "b"]


async def test_where_no_key_has_room_nothing_is_sent_and_the_error_says_when_there_is_some() -> None:
    desk = Desk("a", "b")
    with pytest.raises(ProviderError, match="no key has room left in the vendor's limits for 4 s") as caught:
        await desk.asked(take={"a": 3.2, "b": 30.0})
    error = caught.value
    assert (error.failure, error.status, error.retryable) == (Failure.UNREACHABLE, 429, True)
    assert error.retry_after_s == 4


async def test_a_key_alone_has_limits_too() -> None:
    with pytest.raises(ProviderError, match="no key has room"):
        await Desk("a").asked(take={"a": 3.2})


async def test_one_that_is_refused_and_one_without_room_are_back_when_the_first_of_them_is() -> None:
    desk = Desk("a", "b")
    with pytest.raises(ProviderError) as caught:
        await desk.asked({"a": 429}, take={"b": 7.0})
    assert (caught.value.status, caught.value.retry_after_s) == (429, 7)
    assert caught.value.failure is Failure.REFUSED


async def test_the_key_that_a_call_takes_is_noted_by_a_tag_that_shows_nothing_of_it() -> None:
    progress = Progress()

    async def ask(key: Key) -> None:
        assert progress.key == key.tag

    await Desk("secret-a").keys.used("m", progress, ask)
    assert progress.key == tag_of("secret-a")
    assert "secret" not in progress.key


async def test_a_key_that_rests_while_its_vendor_fails_comes_after_the_others_and_is_asked_where_none_is_left() -> (
    None
):
    desk = Desk("a", "b")
    desk.endpoint.rest(tag_of("a"), "m", 20, 503)
    assert [await desk.asked() for _ in range(2)] == ["b", "b"]
    desk.endpoint.rest(tag_of("b"), "m", 10, 503)
    assert await desk.asked() == "b"


async def test_the_key_that_holds_a_prompt_cache_comes_first_while_nothing_stands_against_it() -> None:
    desk = Desk("a", "b", "c")
    talks = [await desk.asked(prefer="b") for _ in range(3)]
    assert talks == ["b", "b", "b"]
    assert [await desk.asked() for _ in range(3)] == ["a", "b", "c"], "others take the keys in turn"
    assert await desk.asked({"b": 429}, prefer="b") == "ba"
    assert await desk.asked(prefer="b") == "c", "it rests"


async def test_a_key_that_holds_a_prompt_cache_and_fails_is_passed_over() -> None:
    desk = Desk("a", "b")
    desk.opens("b")
    assert await desk.asked(prefer="b") == "a"


async def test_a_key_that_is_not_there_any_more_holds_nothing() -> None:
    assert await Desk("a", "b").asked(prefer="gone") == "a"


async def test_keys_without_money_say_so_until_one_of_them_is_paid() -> None:
    desk = Desk("a", "b")
    spent = dict.fromkeys("ab", 400)
    with pytest.raises(ProviderError) as first:
        await desk.asked(spent, code="insufficient_quota")
    with pytest.raises(ProviderError) as second:
        await desk.asked()
    assert [(each.value.status, each.value.retryable) for each in (first, second)] == [(402, False)] * 2
