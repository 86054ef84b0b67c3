"""What is told of a call: its rows, what its meters showed, the alerts that it raised, and nobody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from metering.activity.asked import Asked
from metering.activity.story import Refusal, Story, story_of
from metering.errors import NotFound
from metering.ids import derived_id, uuid7
from metering.models import LedgerEntry, LimitWatch, Tenant, UsageMeter, UsageReservation
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, ReservationFactory, alder, birch
from tests.integration.metering.activity.calls import NOON, SECOND, call, refusal

pytestmark = pytest.mark.django_db


def charge(
    id_: UUID, meter: UsageMeter, cost: int, *, number: int = 0, kind: int = 1, at: Any = NOON
) -> None:
    LedgerEntry.objects.create(
        id=derived_id(id_, number), reservation_id=id_, tenant_id=alder().pk, kind=kind, recorded_at=at,
        meter_ids=[meter.pk], charges=[cost], cost_nano_usd=cost,
    )  # fmt: skip
    UsageMeter.objects.filter(pk=meter.pk).update(used=UsageMeter.objects.get(pk=meter.pk).used + cost)


def charged_call(meter: UsageMeter, cost: int, at: Any = NOON) -> UUID:
    id_ = call(at=at, cost_nano_usd=cost)
    ReservationFactory(
        id=id_, state=1, created_at=at, ended_at=at, meter_ids=[meter.pk], amounts=[cost * 2], unenforced=[0],
        flags=[0],
    )  # fmt: skip
    charge(id_, meter, cost, at=at + SECOND)
    return id_


def story(id_: UUID, tenant: Tenant | None = None) -> Story:
    found = story_of(id_, Asked.within(tenant=tenant))
    assert isinstance(found, Story)
    return found


@pytest.fixture
def meter() -> UsageMeter:
    made: UsageMeter = MeterFactory(budget=BudgetFactory(dimension="cost", amount=1_000), at=NOON, used=500)
    LimitWatch.objects.create(meter_id=made.pk, budget_id=uuid7(), limit=1_000, thresholds="80", episodes=0)
    return made


def test_a_meter_is_told_as_it_was_before_and_after(meter: UsageMeter) -> None:
    """It took over 500, and counted three calls one after another."""
    ids = [
        charged_call(meter, cost, at=NOON + timedelta(minutes=number))
        for number, cost in enumerate((3, 20, 100))
    ]
    told = [story(id_).meters[0] for id_ in ids]
    assert [(then.before, then.after) for then in told] == [(500, 503), (503, 523), (523, 623)]
    assert [(then.held, then.charged, then.limit) for then in told] == [
        (6, 3, 1_000),
        (40, 20, 1_000),
        (200, 100, 1_000),
    ]


def test_a_later_correction_of_an_earlier_call_does_not_count_as_before(meter: UsageMeter) -> None:
    earlier = charged_call(meter, 100)
    later = charged_call(meter, 7, at=NOON + timedelta(minutes=1))
    charge(earlier, meter, -60, number=2, kind=5, at=NOON + timedelta(hours=1))
    assert (story(later).meters[0].before, story(later).meters[0].after) == (600, 607)
    assert [entry.kind for entry in story(earlier).entries] == [1, 5]


def test_what_tenants_share_is_for_operators(meter: UsageMeter) -> None:
    id_ = charged_call(meter, 100)
    UsageMeter.objects.filter(pk=meter.pk).update(tenant_id=None, subject_type="global", subject_id="")
    assert len(story(id_).meters) == 1
    assert story(id_, alder()).meters == []


def test_an_alert_is_told_by_the_call_that_went_past_its_threshold(meter: UsageMeter) -> None:
    first = charged_call(meter, 200)
    second = charged_call(meter, 150)
    at = NOON + SECOND
    alert = AlertFactory(
        id=uuid7(int(at.timestamp() * 1000)), meter=meter, threshold=80, limit=1_000, used=850, raised_at=at
    )
    told = {id_: [row.pk for row in story(id_).alerts] for id_ in (first, second)}
    assert sorted(told.values()) == [[], [alert.pk]]


def test_a_call_without_its_hold_is_told_by_what_was_charged(meter: UsageMeter) -> None:
    id_ = charged_call(meter, 100)
    UsageReservation.objects.all().delete()
    found = story(id_)
    assert (found.hold, found.meters[0].held, found.meters[0].charged) == (None, 0, 100)


def test_a_refusal_leads_to_the_limit_that_refused() -> None:
    budget = BudgetFactory()
    row = refusal(rule_id=budget.pk)
    found = story_of(row.pk, Asked.within(tenant=alder()))
    assert isinstance(found, Refusal)
    assert (found.decision, found.limit) == (row, budget)


@pytest.mark.parametrize("what", ["call", "refusal", "nothing"])
def test_a_stranger_is_told_nothing(what: str) -> None:
    ids = {"call": call(), "refusal": refusal().pk, "nothing": uuid7()}
    with pytest.raises(NotFound):
        story_of(ids[what], Asked.within(tenant=birch()))
