"""Prices and uses of every kind, drawn by Hypothesis."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from metering.price import TOOLS, Price, Used
from metering.price_modifiers import DAYS, read_modifiers

prices = st.decimals(0, 1000, places=6)
factors = st.decimals(0, 10, places=4)
tokens = st.integers(0, 10**7)
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
token_prices = st.fixed_dictionaries(
    {"input": prices, "output": prices},
    optional=dict.fromkeys(
        ("cached_input", "cache_write", "cache_write_1h", "cache_write_12h", "reasoning"), prices
    ),
)
hours = st.fixed_dictionaries(
    {"from": clocks, "to": clocks, "factor": factors, "days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True)}
).filter(lambda each: each["from"] != each["to"])  # fmt: skip
modifiers = st.fixed_dictionaries(
    {},
    optional={
        "tiers": st.lists(
            st.tuples(st.integers(1, 10**7), token_prices), max_size=3, unique_by=lambda each: each[0]
        ).map(lambda rows: [{"from_tokens": number, **row} for number, row in sorted(rows, key=lambda each: each[0])]),
        "service_tiers": st.dictionaries(st.sampled_from(["flex", "priority", "fast", "us", "standard+fast"]), factors),
        "hours": st.lists(hours, max_size=3),
        "per_call": prices,
        "per_image": prices,
        "tools": st.dictionaries(st.sampled_from(TOOLS), prices),
    },
)  # fmt: skip


@st.composite
def any_price(draw: Callable[[Any], Any]) -> Price:
    given_ = draw(token_prices)
    as_input = {"cached_input": given_["input"], "cache_write": given_["input"]}
    return Price(**(as_input | given_), **read_modifiers(draw(modifiers)))


@st.composite
def any_use(draw: Callable[[Any], Any]) -> Used:
    given_, output = draw(tokens), draw(tokens)
    cached = draw(st.integers(0, given_))
    written = draw(st.integers(0, given_ - cached))
    hour = draw(st.integers(0, written))
    return Used(
        input_tokens=given_,
        output_tokens=output,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        cache_write_12h_tokens=draw(st.integers(0, written - hour)),
        reasoning_tokens=draw(st.integers(0, output)),
        service_tier=draw(
            st.sampled_from(["", "default", "flex", "priority+fast", "standard+fast", "standard+fast+us"])
        ),
        images=draw(st.integers(0, 5)),
    )


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
