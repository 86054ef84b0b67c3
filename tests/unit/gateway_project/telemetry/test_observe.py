"""What a call that has ended is counted as."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from gateway_project.telemetry import metrics
from gateway_project.telemetry.observe import call_ended, wait_ended
from metering.admission.waiting_room import WaitEnd
from metering.types import EstimateReason, Outcome
from tests.support import build

CALL: Any = SimpleNamespace(
    model=SimpleNamespace(model_class="BASE_S", name="small"),
    policy=SimpleNamespace(task="LLM0_CHAT"),
    started_s=time.monotonic(),
    waited_s=0.0,
    allowance=SimpleNamespace(vendor_s=0.0, first_model=SimpleNamespace(provider_name="one")),
    cache=None,
    guarded=None,
)


def counted() -> dict[tuple[str, ...], float]:
    return {labels: cell[0] for labels, cell in metrics.impossible_usage.series.items()}


def test_what_a_vendor_cannot_have_used_is_counted_for_each_vendor() -> None:
    before = counted()
    attempts = [
        replace(build.attempt(number, vendor), estimated=True, estimate_reason=reason)
        for number, (vendor, reason) in enumerate(
            [
                ("one", EstimateReason.IMPOSSIBLE),
                ("one", EstimateReason.IMPOSSIBLE),
                ("other", EstimateReason.IMPOSSIBLE),
                ("third", EstimateReason.CONTRADICTORY),
            ],
            start=1,
        )
    ]
    call_ended(CALL, (*attempts, build.attempt(5, "third")))
    grown = {labels: count - before.get(labels, 0) for labels, count in counted().items()}
    assert {labels: count for labels, count in grown.items() if count} == {("one",): 2, ("other",): 1}


def test_money_and_tokens_are_counted_by_vendor_and_by_the_model_that_served() -> None:
    call_ended(
        CALL,
        (
            replace(build.attempt(1, "paid"), input_tokens=3, output_tokens=4, cost_nano_usd=1_500_000_000),
            replace(
                build.attempt(2, "paid"),
                input_tokens=1,
                output_tokens=0,
                cost_nano_usd=1,
                request_model="large",
            ),
        ),
    )
    cost = {labels[:2]: cell for labels, cell in metrics.cost_usd.series.items() if labels[0] == "paid"}
    assert cost == {("paid", "small"): [1.5], ("paid", "large"): [1e-9]}
    tokens = {labels[1::2]: cell for labels, cell in metrics.tokens.series.items() if labels[0] == "paid"}
    assert tokens == {
        ("small", "input"): [3], ("small", "output"): [4], ("large", "input"): [1], ("large", "output"): [0],
    }  # fmt: skip


def test_the_wait_for_room_is_no_overhead() -> None:
    before = metrics.overhead_s.series.get((), [0.0])[-1]
    late = SimpleNamespace(**{**vars(CALL), "started_s": time.monotonic() - 3_600, "waited_s": 3_600.0})
    call_ended(cast(Any, late), ())
    assert metrics.overhead_s.series[()][-1] - before < 60


def test_a_wait_for_room_is_counted_by_how_it_ended() -> None:
    before = [*metrics.waits.series.get(("gone",), [0.0])]
    wait_ended(WaitEnd.GONE, 7.0)
    assert metrics.waits.series["gone",][-1] - before[-1] == 7.0


def test_an_answer_from_the_cache_is_no_attempt_at_a_vendor() -> None:
    hit = replace(build.attempt(1, "never-asked"), outcome=Outcome.CACHED, list_cost_nano_usd=7)
    saved = metrics.cache_saved.series.get(("BASE_S",), [0.0])[0]
    call_ended(CALL, (hit,))
    assert metrics.cache_saved.series["BASE_S",][0] - saved == 7
    assert ("never-asked", "cached") not in metrics.attempts.series
    assert ("never-asked",) not in metrics.vendor_s.series


def test_it_is_among_what_is_published() -> None:
    assert metrics.impossible_usage in metrics.EVERYTHING


@pytest.mark.parametrize(
    ("ends", "fallbacks", "retries"),
    [
        ([("one", Outcome.OK)], {}, {}),
        ([("one", Outcome.ERROR), ("other", Outcome.OK)], {"one": 1}, {}),
        ([("one", Outcome.ERROR), ("one", Outcome.OK)], {}, {"one": 1}),
        ([("other", Outcome.OK)], {"one": 1}, {}),
        ([("one", Outcome.ERROR), ("other", Outcome.CUT), ("one", Outcome.OK)], {"one": 1, "other": 1}, {}),
        ([("one", Outcome.OK), ("one", Outcome.OK)], {}, {}),
    ],
)
def test_what_follows_on_a_failure_is_counted_by_the_vendor_that_failed(
    ends: list[tuple[str, Outcome]], fallbacks: dict[str, int], retries: dict[str, int]
) -> None:
    metrics.fallbacks.series.clear()
    metrics.retries.series.clear()
    call_ended(
        CALL,
        tuple(
            replace(build.attempt(number, vendor), outcome=outcome)
            for number, (vendor, outcome) in enumerate(ends, start=1)
        ),
    )
    assert {labels[0]: cell[0] for labels, cell in metrics.fallbacks.series.items()} == fallbacks
    assert {labels[0]: cell[0] for labels, cell in metrics.retries.series.items()} == retries
