"""Whatever a vendor reports: the figures fit together, nothing that was said is free, and the ledger takes them."""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given

from metering.amounts import Amounts
from metering.ledger.check import check_attempts
from metering.ledger.commands import Attempt
from metering.price import Price
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.record import attempt_of
from metering.types import EstimateReason, Outcome
from providers.openai_compatible.final_usage import usage_unanswered
from providers.openai_compatible.lenient_json import NotJson, decode_lenient
from providers.openai_compatible.usage import ReportedUsage
from providers.openai_compatible.usage_fields import FIELDS, LARGEST
from providers.port import Completion, Failure, Usage
from tests.fakes.policy import model
from tests.properties import thorough
from tests.unit.providers.reading import CALL, LIMIT, decoded, run, streamed, whole
from tests.vendors.decisions import Decisions, drawn
from tests.vendors.odd_answers import OddAnswer
from tests.vendors.odd_streams import stream_of

INPUT = [name for name, own in FIELDS.items() if own == "input"]
OUTPUT = [name for name, own in FIELDS.items() if own == "output"]
CACHED, WRITTEN = Decimal("0.1"), Decimal("1.25")
PRICE = Price(input=Decimal(1), output=Decimal(2), cached_input=CACHED, cache_write=WRITTEN)
MODEL = model(price=PRICE)
HELD = Amounts(input_tokens=200, output_tokens=LIMIT, cost_nano_usd=350_000)
SENT = BoundedCall(model=MODEL, bound=HELD, answer_tokens=LIMIT, body={}, encoded=b"{}", asked={})
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Figures = tuple[int, int]
"""The largest figures of input and output that were reported plainly."""


def row_of(usage: Usage, outcome: Outcome) -> Attempt:
    """As the ledger gets it. Raises InvalidRequest where it refuses that."""
    row = attempt_of(
        number=1,
        response_model="",
        started_at=NOW,
        latency_ms=1,
        outcome=outcome,
        usage=usage,
        call=SENT,
    )
    check_attempts((row,))
    return row


def plain_figures(answers: list[dict[str, Any]]) -> Figures:
    reports = [answer["usage"] for answer in answers if isinstance(answer.get("usage"), dict)]

    def largest(names: list[str]) -> int:
        figures = [report.get(name) for report in reports for name in names]
        return min(max([each for each in figures if type(each) is int], default=0), LARGEST)

    return largest(INPUT), largest(OUTPUT)


def counts_in(value: object) -> Iterator[int]:
    """Every number that can be a count, also as text, rounded up."""
    if isinstance(value, int | float | str):
        try:
            number = float(value)
        except ValueError:
            return
        except OverflowError:
            number = math.inf
        if number >= 0:
            yield math.ceil(min(number, LARGEST))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from counts_in(item)


def says_something(answers: list[dict[str, Any]], kind: str) -> bool:
    """Whether any of the messages or deltas has a text."""
    lists = [answer["choices"] for answer in answers if isinstance(answer.get("choices"), list)]
    choices = [choice for each in lists for choice in each if isinstance(choice, dict)]
    said = [choice[kind] for choice in choices if isinstance(choice.get(kind), dict)]
    return any(isinstance(each.get("content"), str) and each["content"] for each in said)


def check_charge(usage: Usage, outcome: Outcome, *, says: bool, figures: Figures) -> None:
    row = row_of(usage, outcome)
    for each in (usage, row):
        assert min(each.cached_input_tokens, each.cache_write_tokens, each.reasoning_tokens) >= 0
        assert each.cached_input_tokens + each.cache_write_tokens <= (each.input_tokens or 0)
        assert each.reasoning_tokens <= (each.output_tokens or 0)
    assert usage.input_tokens != 0
    assert usage.output_tokens != 0 or not says
    assert row.estimated == bool(row.estimate_reason)
    assert row.input_tokens * row.cost_nano_usd > 0
    if row.estimate_reason != EstimateReason.IMPOSSIBLE:
        assert row.input_tokens >= figures[0]
        assert row.output_tokens >= figures[1]
    if row.estimated and any(figures):
        assert row.reported


@thorough(1_000)
@given(drawn)
def test_what_a_whole_answer_is_charged_holds_together(data: bytes) -> None:
    given = whole(OddAnswer(Decisions(data)).answer())
    if isinstance(given, Completion):
        answers = [decoded(given.body)]
        says = says_something(answers, "message")
        check_charge(given.usage, Outcome.OK, says=says, figures=plain_figures(answers))


@thorough(1_000)
@given(drawn)
def test_what_a_stream_is_charged_holds_together(data: bytes) -> None:
    given = streamed([stream_of(Decisions(data))])
    answers = [decoded(chunk.data) for chunk in given.chunks if chunk.data]
    says = says_something(answers, "delta")
    if given.failed and given.failed.failure is Failure.REFUSED:
        assert not says
        return
    usage = given.usage or run(usage_unanswered(CALL))
    outcome = Outcome.CUT if given.failed else Outcome.OK
    check_charge(usage, outcome, says=says, figures=plain_figures(answers))


@thorough(1_000)
@given(drawn)
def test_figures_that_are_not_marked_are_the_vendors_own(data: bytes) -> None:
    decide = Decisions(data)
    reports = []
    for _ in range(decide.below(3) + 1):
        with suppress(NotJson):
            reports.append(decode_lenient(OddAnswer(decide).usage()))
    reported = ReportedUsage()
    for report in reports:
        reported.add(report)
    reading = reported.reading()
    assert reading.cached_input_tokens + reading.cache_write_tokens <= (reading.input_tokens or 0)
    assert reading.reasoning_tokens <= (reading.output_tokens or 0)
    assert len(reported.text) <= 1_000
    if not reading.contradictory:
        counts = {0, *counts_in(reports)}
        sums = {one + other for one in counts for other in counts}
        assert (reading.input_tokens or 0) in {each + third for each in sums for third in counts}
        assert (reading.output_tokens or 0) in {each + third for each in sums for third in counts}
