"""Whatever a report contains: it is read, or refused with a sentence; never half of a number, and never a crash."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_project.vendor_reports import anthropic, google, openai, openrouter, xai
from gateway_project.vendor_reports.csv_invoice import COLUMNS
from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.fields import decode, half_of_last_digit, nano_usd, number
from gateway_project.vendor_reports.file import read_report
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine
from metering.types import MAX_AMOUNT

USAGE = {"input_tokens": 5, "output_tokens": 2, "num_model_requests": 1, "model": "m", "api_key_id": None}
COST = {"amount": {"value": 0.5, "currency": "usd"}, "line_item": "m, input"}
CLAUDE = {
    "uncached_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 1},
    "output_tokens": 2,
    "model": "m",
}
PAGES: list[tuple[Source, Any]] = [
    (openai.SOURCE, {"data": [{"start_time": 1_762_041_600, "results": [USAGE, COST]}]}),
    (
        anthropic.SOURCE,
        {"data": [{"starting_at": "2026-11-02T00:00:00Z", "results": [CLAUDE, {"amount": "12.5", "model": "m"}]}]},
    ),
    (
        xai.SOURCE,
        {"timeSeries": [{"groupLabels": ["Grok 4"], "dataPoints": [{"timestamp": "2026-11-02", "values": [0.1]}]}]},
    ),
    (openrouter.SOURCE, {"data": [{"date": "2026-11-02", "model": "m", "usage": 0.1, "requests": 1}]}),
    (
        google.SOURCE,
        {
            "usage_start_time": "2026-11-02T01:00:00Z", "sku": {"description": "output token count gemini 2.5 flash"},
            "usage": {"amount": "7"}, "cost": 0.2, "labels": [{"key": "k", "value": "v"}],
        },
    ),
]  # fmt: skip
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(["1e999", "-1", "NaN", "Infinity", "12,5", "9" * 400, "\uff12"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, page: Any) -> Any:
    """The page with something odd in the place of one of its parts, or without it."""
    if isinstance(page, dict) and page and draw(st.integers(0, 9)):
        name = draw(st.sampled_from(sorted(page)))
        rest = {key: value for key, value in page.items() if key != name}
        return rest if draw(st.integers(0, 9)) == 0 else {**rest, name: draw(spoilt(page[name]))}
    if isinstance(page, list) and page and draw(st.integers(0, 9)):
        place = draw(st.integers(0, len(page) - 1))
        return [*page[:place], draw(spoilt(page[place])), *page[place + 1 :]]
    return draw(odd)


@pytest.mark.parametrize(("source", "page"), PAGES, ids=[source.title for source, _ in PAGES])
def test_every_page_as_documented_is_read(source: Source, page: Any) -> None:
    lines = list(source.read(decode(json.dumps(page))))
    assert {line.day for line in lines} <= {date(2026, 11, 2), date(2025, 11, 2)}
    assert lines


@given(st.sampled_from(PAGES).flatmap(lambda pair: st.tuples(st.just(pair[0]), spoilt(pair[1]))))
def test_a_spoilt_page_is_read_or_refused(pair: tuple[Source, Any]) -> None:
    source, page = pair
    try:
        lines = list(source.read(decode(json.dumps(page))))
    except BadReport:
        return
    check(lines)


@given(st.text(max_size=200) | st.lists(odd, max_size=3).map(json.dumps))
def test_any_file_is_read_or_refused(content: str) -> None:
    for source, _ in PAGES:
        try:
            check(list(read_report(content, source)))
        except BadReport:
            continue


cells = st.sampled_from(
    ["", "2026-11-02", "gpt", "1", "-1", "1.5", "1e5", "x", '"', "\uff19", "1_000", " 7 "]
)


@given(st.lists(st.lists(cells, min_size=1, max_size=10).map(",".join), max_size=4))
def test_any_csv_is_read_or_refused(rows: list[str]) -> None:
    try:
        check(list(read_report("\n".join([",".join(COLUMNS), *rows]), None)))
    except BadReport:
        return


def check(lines: list[ReportLine]) -> None:
    for line in lines:
        if line.tokens is not None:
            assert all(0 <= amount <= 3 * MAX_AMOUNT for amount in (line.tokens.input, line.tokens.output))
        assert line.requests is None or line.requests >= 0
        assert line.cost_nano_usd is None or abs(line.cost_nano_usd) <= MAX_AMOUNT


@pytest.mark.parametrize(
    ("written", "nano"),
    [
        (0.06, 60_000_000),
        ("0.06", 60_000_000),
        (0.1, 100_000_000),
        ("123.456789012", 123_456_789_012),
        (3, 3 * 10**9),
    ],
)
def test_an_amount_is_the_same_as_a_float_and_as_a_text(written: Any, nano: int) -> None:
    found = number(decode(json.dumps({"usd": written})), "usd")
    assert found is not None
    assert nano_usd(found) == nano


def test_half_of_the_last_digit_is_what_may_be_rounded() -> None:
    values = [number({"usd": text}, "usd") for text in ("1.23", "1.2300", "5", "1e2")]
    assert [half_of_last_digit(value) for value in values if value is not None] == [
        5_000_000,
        50_000,
        500_000_000,
        500_000_000,
    ]
