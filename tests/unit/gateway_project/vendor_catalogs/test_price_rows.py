"""A price of the list as the price of a catalog: thresholds, dates, service tiers, hours, fees."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from gateway_project.vendor_catalogs.price_rows import price_row, starts

NOVEMBER = datetime(2026, 11, 29, tzinfo=UTC)
PLAIN = {"input_mtok": Decimal(2), "output_mtok": Decimal(8)}


def model(
    prices: ModelPrice | list[ConditionalPrice], variants: list[PriceVariant] | None = None
) -> ModelInfo:
    return ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices, price_variants=variants)


def row(prices: ModelPrice | list[ConditionalPrice], variants: list[PriceVariant] | None = None) -> Any:
    return price_row(model(prices, variants), NOVEMBER)


def tiered(base: str, above: str, start: int = 200_000) -> TieredPrices:
    return TieredPrices(base=Decimal(base), tiers=[Tier(start=start, price=Decimal(above))])


def in_hours(first: int, last: int, **prices: Decimal) -> ConditionalPrice:
    constraint = TimeOfDateConstraint(start_time=time(first, tzinfo=UTC), end_time=time(last, tzinfo=UTC))
    return ConditionalPrice(constraint=constraint, prices=ModelPrice(**prices))


def test_every_kind_of_token_has_its_price() -> None:
    prices = ModelPrice(
        **PLAIN,
        cache_read_mtok=Decimal("0.5"),
        cache_write_mtok=Decimal("2.5"),
        cache_write_1h_mtok=Decimal(4),
        output_reasoning_mtok=Decimal(9),
    )
    assert row(prices) == {
        "input": Decimal(2),
        "output": Decimal(8),
        "cached_input": Decimal("0.5"),
        "cache_write": Decimal("2.5"),
        "cache_write_1h": Decimal(4),
        "reasoning": Decimal(9),
    }


def test_what_has_no_price_of_output_is_no_price_of_a_chat() -> None:
    assert row(ModelPrice(input_mtok=Decimal(1))) is None


def test_beyond_a_threshold_every_price_is_named_also_one_that_stays() -> None:
    prices = ModelPrice(
        input_mtok=tiered("2", "4"), output_mtok=tiered("8", "12"), cache_read_mtok=Decimal("0.5")
    )
    assert row(prices) == {
        "input": Decimal(2),
        "output": Decimal(8),
        "cached_input": Decimal("0.5"),
        "tiers": [
            {
                "from_tokens": 200_000,
                "input": Decimal(4),
                "output": Decimal(12),
                "cached_input": Decimal("0.5"),
            }
        ],
    }


def test_thresholds_that_differ_are_each_a_row_of_their_own() -> None:
    prices = ModelPrice(input_mtok=tiered("2", "4", 100), output_mtok=tiered("8", "12", 200))
    assert row(prices)["tiers"] == [
        {"from_tokens": 100, "input": Decimal(4), "output": Decimal(8)},
        {"from_tokens": 200, "input": Decimal(4), "output": Decimal(12)},
    ]


def test_fees_of_a_thousand_calls_are_of_one() -> None:
    prices = ModelPrice(
        **PLAIN,
        web_searches_kcount=Decimal(10),
        storage_searches_kcount=Decimal("2.5"),
        requests_kcount=Decimal(5),
    )
    found = row(prices)
    assert found["tools"] == {"web_search": Decimal("0.01"), "file_search": Decimal("0.0025")}
    assert found["per_call"] == Decimal("0.005")


def test_of_dated_prices_the_last_that_has_begun_counts_and_later_ones_are_known() -> None:
    def begun(day: date, price: int) -> ConditionalPrice:
        prices = ModelPrice(input_mtok=Decimal(price), output_mtok=Decimal(8))
        return ConditionalPrice(constraint=StartDateConstraint(start_date=day), prices=prices)

    dated = model(
        [
            ConditionalPrice(prices=ModelPrice(**PLAIN)),
            begun(date(2026, 11, 29), 3),
            begun(date(2026, 12, 1), 4),
        ]
    )
    assert starts(dated) == [date(2026, 11, 29), date(2026, 12, 1)]
    assert [
        price_row(dated, datetime(2026, *day, tzinfo=UTC))["input"] for day in ((11, 28), (11, 29), (12, 1))
    ] == [  # type: ignore[index]
        2,
        3,
        4,
    ]


def test_hours_are_factors_of_the_plain_price_and_the_dearest_kind_of_token_decides() -> None:
    found = row(
        [
            ConditionalPrice(prices=ModelPrice(**PLAIN)),
            in_hours(1, 4, input_mtok=Decimal(4), output_mtok=Decimal(16)),
            in_hours(6, 10, input_mtok=Decimal(4), output_mtok=Decimal(24)),
        ]
    )
    assert (found["input"], found["output"]) == (2, 8)
    assert found["hours"] == [
        {"from": "01:00", "to": "04:00", "factor": Decimal(2)},
        {"from": "06:00", "to": "10:00", "factor": Decimal(3)},
    ]


def test_a_factor_is_rounded_up() -> None:
    plain = ModelPrice(input_mtok=Decimal(3), output_mtok=Decimal(3))
    found = row(
        [ConditionalPrice(prices=plain), in_hours(1, 4, input_mtok=Decimal(4), output_mtok=Decimal(4))]
    )
    assert found["hours"][0]["factor"] == Decimal("1.3334")


def test_a_price_that_is_rounded_to_cents_does_not_move_the_factor_and_one_that_is_dearer_does() -> None:
    def flex(cached: str) -> Decimal:
        prices = ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(4), cache_read_mtok=Decimal(cached))
        plain = ModelPrice(**PLAIN, cache_read_mtok=Decimal("0.25"))
        variant = PriceVariant(when={"service_tier": "flex"}, prices=prices)
        factor: Decimal = row(plain, [variant])["service_tiers"]["flex"]
        return factor

    assert flex("0.13") == Decimal("0.5")
    assert flex("0.2") == Decimal("0.8")


def test_service_tiers_are_factors_and_batches_and_tiers_to_come_are_none() -> None:
    def variant(
        when: dict[str, str], price: int, constraint: StartDateConstraint | None = None
    ) -> PriceVariant:
        return PriceVariant(when=when, prices=ModelPrice(input_mtok=Decimal(price)), constraint=constraint)

    tomorrow = StartDateConstraint(start_date=date(2026, 11, 30))
    found = row(
        ModelPrice(**PLAIN),
        [
            PriceVariant(when={"service_tier": "default"}, prices=ModelPrice()),
            PriceVariant(
                when={"service_tier": "flex"},
                prices=ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(4)),
            ),
            variant({"service_tier": "priority"}, 5),
            variant({"service_tier": "priority"}, 50),
            variant({"service_tier": "fast"}, 9, tomorrow),
            variant({"processing": "batch"}, 1),
        ],
    )
    assert found["service_tiers"] == {"flex": Decimal("0.5"), "priority": Decimal("2.5")}


def test_a_price_with_more_decimals_than_a_catalog_has_is_rounded_up() -> None:
    assert row(ModelPrice(input_mtok=Decimal("0.0000001"), output_mtok=Decimal(1)))["input"] == Decimal(
        "0.000001"
    )
