from collections.abc import Sequence

import pytest

from metering.catalog.document import BudgetEntry
from metering.models import Budget
from metering.thresholds import DEFAULT_THRESHOLDS, MAX_THRESHOLDS, are_valid, percentages, thresholds_text
from metering.types import AlertLevel, Dimension, Window


def test_each_default_threshold_begins_a_level_of_alert() -> None:
    assert [AlertLevel.of(percent) for percent in DEFAULT_THRESHOLDS] == list(AlertLevel)
    assert [AlertLevel.of(percent - 1) for percent in DEFAULT_THRESHOLDS[1:]] == list(AlertLevel)[:-1]


def test_a_budget_for_which_nobody_chose_thresholds_has_the_default_ones_wherever_it_is_written() -> None:
    written = BudgetEntry(line=1, dimension=Dimension.COST, window=Window.DAY, amount=1)
    assert written.thresholds == tuple(Budget().thresholds) == DEFAULT_THRESHOLDS == (80, 95, 100)


def test_thresholds_are_read_as_they_were_written_once_each_and_ascending() -> None:
    assert percentages(thresholds_text([100, 80, 95, 80])) == (80, 95, 100)
    assert percentages(thresholds_text([])) == ()


@pytest.mark.parametrize("valid", [[], [1], [1_000], range(1, MAX_THRESHOLDS + 1)])
def test_a_budget_may_have_thresholds_within_their_bounds(valid: Sequence[int]) -> None:
    assert are_valid(valid)


@pytest.mark.parametrize("wrong", [[0], [1_001], range(1, MAX_THRESHOLDS + 2)])
def test_a_budget_may_have_no_thresholds_beyond_their_bounds(wrong: Sequence[int]) -> None:
    assert not are_valid(wrong)
