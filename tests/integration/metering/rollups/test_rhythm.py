"""How a tenant's cost is spread over a week, as forecasts take it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from metering.models import UsageRollup
from metering.rollups.levels import ANY_ZONE, Level
from metering.rollups.rhythm import EVERYBODY, rhythms
from metering.usage.forecast import EVEN_RHYTHM
from tests.factories import alder, birch

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 11, 29, 12, tzinfo=UTC)
WEDNESDAY_NINE = 2 * 24 + 9


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def used(tenant: Any, at: datetime, cost: int = 100, level: Level = Level.ALL) -> None:
    UsageRollup.objects.create(
        zone=ANY_ZONE, level=level, starts_at=at, tenant_id=tenant.pk, task="LLM0_CHAT", request_model="m",
        model_class="BASE_S", provider_name="sandbox", cost_nano_usd=cost,
        **dict.fromkeys(
            (
                "requests", "model_requests", "provider_requests", "pair_requests", "attempts", "corrections",
                "answered", "failed", "cached", "estimated", "provisional", "partly_priced", "own_key",
                "saved_nano_usd", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens",
                "reasoning_tokens", "api_calls", "files",
            ),
            0,
        ),
    )  # fmt: skip


def test_an_hour_weighs_what_was_used_in_it_in_two_weeks() -> None:
    tenant = alder()
    wednesday = SUNDAY.replace(day=25, hour=9)
    for days in (0, 7):
        used(tenant, wednesday - timedelta(days=days))
    used(tenant, wednesday - timedelta(days=21), cost=10_000)
    weights = rhythms([tenant.pk], SUNDAY)[tenant.pk].weights
    assert weights.index(max(weights)) == WEDNESDAY_NINE
    assert sum(weights) == pytest.approx(1)
    assert weights[0] == pytest.approx(0.2 / 168)


def test_other_levels_are_the_same_use_and_are_not_added() -> None:
    tenant = alder()
    used(tenant, SUNDAY.replace(day=25, hour=9))
    used(tenant, SUNDAY.replace(day=25, hour=10), level=Level.PEOPLE)
    assert rhythms([tenant.pk], SUNDAY)[tenant.pk].weights[WEDNESDAY_NINE + 1] == pytest.approx(0.2 / 168)


def test_who_used_nothing_has_an_even_rhythm_and_all_together_have_theirs() -> None:
    used(alder(), SUNDAY.replace(day=25, hour=9))
    found = rhythms([alder().pk, birch().pk], SUNDAY)
    assert found[birch().pk] == EVEN_RHYTHM
    assert found[EVERYBODY] == found[alder().pk]


def test_within_an_hour_nothing_is_read_again(django_assert_num_queries: Any) -> None:
    ids = [alder().pk, birch().pk]
    with django_assert_num_queries(1):
        rhythms(ids, SUNDAY)
        rhythms(ids, SUNDAY)
