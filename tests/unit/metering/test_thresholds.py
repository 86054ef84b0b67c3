"""Thresholds: the default ones are those that alerts are called by, and their bounds hold at every door."""

import pytest

from metering.catalog.document import BudgetEntry
from metering.models import Budget
from metering.thresholds import DEFAULT_THRESHOLDS, are_valid
from metering.types import AlertLevel, Dimension, Window


def test_the_default_thresholds_are_80_95_and_100_percent_and_each_is_a_level_of_its_own() -> None:
    assert DEFAULT_THRESHOLDS == (80, 95, 100)
    assert [AlertLevel.of(percent) for percent in DEFAULT_THRESHOLDS] == list(AlertLevel)


def test_a_budget_for_which_nobody_chose_thresholds_has_the_default_ones_wherever_it_is_written() -> None:
    written = BudgetEntry(line=1, dimension=Dimension.COST, window=Window.DAY, amount=1)
    assert written.thresholds == tuple(Budget().thresholds) == DEFAULT_THRESHOLDS


@pytest.mark.parametrize(
    ("percentages", "valid"),
    [([], True), ([1, 1_000], True), ([0], False), ([1_001], False), ([-80], False), ([80] * 11, False)],
)
def test_a_budget_has_at_most_ten_thresholds_from_1_to_1000_percent(
    percentages: list[int], valid: bool
) -> None:
    assert are_valid(percentages) is valid
