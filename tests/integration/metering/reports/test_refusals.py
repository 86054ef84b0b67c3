"""Refusals (429) by what people ask for: groups that add up to the total, filters that are known, and their hours."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from metering.errors import InvalidRequest
from metering.models import PolicyDecision, Tenant
from metering.reports.buckets import Bucket
from metering.reports.explore import explore
from metering.reports.explored import MOST_GROUPS, Explored
from metering.usage.filters import UsageFilter
from tests.factories import TeamFactory, UserFactory, alder, reference_data

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def tenant() -> Tenant:
    reference_data()
    return alder()


def refuse(tenant: Tenant, at: datetime = NOON, **facts: Any) -> None:
    PolicyDecision.objects.create(
        minute=at, first_at=at, last_at=at, tenant_id=tenant.pk, verdict="denied", mode="enforce",
        **{"code": "budget_exceeded", "task": "LLM0_CHAT", "count": 1, **facts},
    )  # fmt: skip


def refusals(tenant: Tenant, *only: tuple[str, object], **asked: Any) -> Explored:
    day = NOON.replace(hour=0)
    chosen = UsageFilter(tenant=tenant, since=day, until=day + DAY, only=only)
    return explore(chosen, metric="denials", now=NOON + DAY, **asked)


@pytest.mark.parametrize(
    ("column", "group", "name"),
    [("team_id", "team", "research"), ("request_model", "model", "small"), ("feature", "feature", "chat")],
)
def test_refusals_are_known_by_team_model_and_feature(
    tenant: Tenant, column: str, group: str, name: str
) -> None:
    team = TeamFactory(tenant=tenant, slug="research")
    refuse(tenant, team_id=team.pk, model="small", task="LLM0_CHAT", count=3)
    refuse(tenant, model="large", task="LLM1_DRAFT", code="rate_limited")
    refuse(tenant, at=NOON - DAY, team_id=team.pk, model="small", count=2)
    value = refusals(tenant, group=group).groups[0].value
    found = refusals(tenant, (column, value), group=group)
    assert [(each.figures["denials"], each.before["denials"]) for each in found.groups] == [(3, 2)]
    assert found.total["denials"] == 3
    assert name in found.groups[0].name.lower()


def test_a_filter_that_refusals_do_not_know_is_said(tenant: Tenant) -> None:
    refuse(tenant)
    with pytest.raises(InvalidRequest, match="not known of refusals: Vendor"):
        refusals(tenant, ("provider_name", "sandbox"), group="user")


def test_more_groups_than_are_listed_are_others_that_add_up_to_the_total(tenant: Tenant) -> None:
    for number in range(MOST_GROUPS + 2):
        refuse(tenant, user_id=uuid4(), count=number + 1)
    found = refusals(tenant, group="user")
    assert len(found.groups) == MOST_GROUPS
    assert found.others is not None
    assert found.others["denials"] == 3
    assert found.total["denials"] == 3 + sum(group.figures["denials"] for group in found.groups)


def test_groups_of_refusals_have_their_parts(tenant: Tenant) -> None:
    ann = UserFactory(tenant=tenant, email="ann@alder.example")
    refuse(tenant, user_id=ann.pk, count=2, model="small")
    refuse(tenant, user_id=ann.pk, model="large", code="rate_limited")
    refuse(tenant, at=NOON - DAY, user_id=ann.pk, model="small")
    [group] = refusals(tenant, group="user", subgroup="model").groups
    assert [(part.name, part.figures["denials"], part.before["denials"]) for part in group.subgroups] == [
        ("small", 2, 1), ("large", 1, 0),
    ]  # fmt: skip


def test_the_hour_that_a_clock_shows_twice_is_two_bars(tenant: Tenant) -> None:
    tenant.timezone = "Europe/Berlin"
    tenant.save()
    for hour, count in ((0, 2), (1, 5)):  # 02:30 in summer, 02:30 in winter
        refuse(tenant, at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC), count=count)
    since = datetime(2026, 10, 24, 22, tzinfo=UTC)
    chosen = UsageFilter(tenant=tenant, since=since, until=since + timedelta(hours=25))
    found = explore(chosen, metric="denials", group="user", bucket=Bucket.HOUR, now=NOON)
    assert len(found.buckets) == 25
    assert found.series[0].values[2:4] == (2, 5)
