from collections import deque

from metering.rates.port import Draw
from metering.rates.shared_buckets import MAX_KEYS, Waiting, next_batch


def draws(count: int, of: str) -> tuple[Draw, ...]:
    return tuple(Draw(f"{of}-{number}", 1, 10) for number in range(count))


def test_a_script_names_no_more_buckets_than_lua_can_take_those_that_are_tried_included() -> None:
    third = MAX_KEYS // 3
    queue = deque(
        [Waiting(draws(third, f"real-{call}"), None, draws(third, f"shadow-{call}")) for call in "ab"]
    )
    sizes = []
    while queue:
        sizes.append(len(next_batch(queue).keys))
    assert sizes == [2 * third, 2 * third]
