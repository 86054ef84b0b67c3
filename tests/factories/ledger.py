"""The ledger's rows: meters, reservations, attempts and alerts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import factory
from django.utils.timezone import now
from factory.django import DjangoModelFactory

from metering.ids import derived_id, uuid7
from metering.ledger.windows import window_bounds
from metering.models import (
    Budget,
    PolicyRule,
    QuotaAlert,
    Tenant,
    UsageLog,
    UsageMeter,
    UsageReservation,
    VendorAlert,
)
from metering.types import Dimension, ReservationState, Window
from tests.factories.identity import alder
from tests.factories.policy import BudgetFactory


class MeterFactory(DjangoModelFactory[UsageMeter]):
    """The meter of a budget whose window contains `at`, for its own tenant unless another is named."""

    class Params:
        budget = factory.SubFactory(BudgetFactory)
        at = factory.LazyFunction(now)
        bounds = factory.LazyAttribute(
            lambda meter: window_bounds(Window(meter.window), meter.at, timezone=meter.timezone)
        )

    tenant_id = factory.LazyAttribute(lambda meter: meter.budget.tenant_id)
    subject_type = factory.LazyAttribute(lambda meter: meter.budget.per)
    subject_id = factory.LazyAttribute(
        lambda meter: (
            (meter.budget.scope_id if meter.budget.scope == meter.subject_type else "")
            or str(meter.tenant_id or "")
        )
    )
    dimension = factory.LazyAttribute(lambda meter: meter.budget.dimension)
    window = factory.LazyAttribute(lambda meter: meter.budget.window)
    task = factory.LazyAttribute(lambda meter: meter.budget.task_id or "")
    counted_at = factory.LazyFunction(lambda: now() + timedelta(days=1))
    timezone = "UTC"
    week_start = 0
    window_start = factory.LazyAttribute(lambda meter: meter.bounds[0])
    window_end = factory.LazyAttribute(lambda meter: meter.bounds[1])

    class Meta:
        model = UsageMeter

    @classmethod
    def _create(cls, noun: Any, /, **columns: Any) -> Any:
        return noun.objects.create(**columns)


def newest_limit_on(meter: UsageMeter) -> Budget | PolicyRule:
    if meter.dimension == Dimension.CONCURRENCY:
        return PolicyRule.objects.latest("id")
    found = Budget.objects.filter(per=meter.subject_type, dimension=meter.dimension, window=meter.window)
    return found.filter(tenant_id=meter.tenant_id).latest("id")


class AlertFactory(DjangoModelFactory[QuotaAlert]):
    """An alert of a meter of Alder's, or of the meter that is named, for the newest limit on it."""

    class Params:
        meter = factory.SubFactory(MeterFactory)

    id = factory.LazyFunction(uuid7)
    meter_id = factory.LazyAttribute(lambda alert: alert.meter.pk)
    tenant_id = factory.LazyAttribute(lambda alert: alert.meter.tenant_id)
    budget_id = factory.LazyAttribute(lambda alert: newest_limit_on(alert.meter).pk)
    subject_type = factory.LazyAttribute(lambda alert: alert.meter.subject_type)
    subject_id = factory.LazyAttribute(lambda alert: alert.meter.subject_id)
    dimension = factory.LazyAttribute(lambda alert: alert.meter.dimension)
    window = factory.LazyAttribute(lambda alert: alert.meter.window)
    window_start = factory.LazyAttribute(lambda alert: alert.meter.window_start)
    window_end = factory.LazyAttribute(lambda alert: alert.meter.window_end)
    timezone = factory.LazyAttribute(lambda alert: alert.meter.timezone)
    threshold = 80
    used = 80
    held = 0
    limit = 100
    raised_at = factory.LazyFunction(now)

    class Meta:
        model = QuotaAlert


class VendorAlertFactory(DjangoModelFactory[VendorAlert]):
    """An alert that a call of Alder's raised."""

    provider_name = "sandbox"
    model = "sandbox-small"
    day = factory.LazyAttribute(lambda alert: alert.raised_at.date())
    reservation_id = factory.LazyFunction(uuid7)
    tenant_id = factory.LazyFunction(lambda: alder().pk)
    reported = '{"prompt_tokens":1000000000000}'
    input_tokens = 1_200
    output_tokens = 300
    cost_nano_usd = 4_200_000
    times_seen = 1
    last_seen_at = raised_at = factory.LazyFunction(now)

    class Meta:
        model = VendorAlert

    @classmethod
    def _create(cls, noun: Any, /, **columns: Any) -> Any:
        return noun.objects.create(**columns)  # `model` is also the name of factory_boy's own argument


def concurrency_meter(rule: PolicyRule, tenant: Tenant, *, held: int) -> UsageMeter:
    """The windowless meter that a `max_concurrent` rule stands on for a whole tenant, or for its user or tag."""
    start, end = window_bounds(Window.NONE, now())
    meter, _ = UsageMeter.objects.update_or_create(
        tenant_id=tenant.pk,
        subject_type=rule.scope if rule.scope in ("user", "tag", "conversation") else "tenant",
        subject_id=rule.scope_id if rule.scope in ("user", "tag", "conversation") else str(tenant.pk),
        dimension=Dimension.CONCURRENCY,
        window=Window.NONE,
        window_start=start,
        window_end=end,
        task=rule.task_id or "",
        defaults={"timezone": "UTC", "week_start": 0, "held": held, "counted_at": now()},
    )
    return meter


class LedgerRowFactory(DjangoModelFactory[Any]):
    """For rows with a column `model_class`, which is also the name of factory_boy's first argument."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, noun: Any, /, **columns: Any) -> Any:
        return noun.objects.create(**columns)


class ReservationFactory(LedgerRowFactory):
    """A held reservation without meters, made at `created_at`."""

    id = factory.LazyAttribute(lambda row: id_at(row.created_at))
    tenant_id = factory.LazyFunction(lambda: alder().pk)
    state = ReservationState.HELD
    created_at = factory.LazyFunction(now)
    lease_expires_at = factory.LazyAttribute(lambda row: row.created_at)
    body_digest = 1
    meter_ids = amounts = unenforced = flags = factory.LazyFunction(list)
    task = "LLM0_CHAT"
    request_id = "request"
    request_model = "sandbox-small"
    model_class = "BASE_S"
    provider_name = "sandbox"

    class Meta:
        model = UsageReservation


class AttemptFactory(LedgerRowFactory):
    """One attempt of Alder, of a reservation made at `at`."""

    class Params:
        at = factory.LazyFunction(now)

    reservation_id = factory.LazyAttribute(lambda row: id_at(row.at))
    attempt = 1
    id = factory.LazyAttribute(lambda row: derived_id(row.reservation_id, row.attempt))
    tenant_id = factory.LazyFunction(lambda: alder().pk)
    task = "LLM0_CHAT"
    request_id = "request"
    request_model = response_model = "sandbox-small"
    model_class = "BASE_S"
    provider_name = "sandbox"
    input_tokens = 100
    output_tokens = 20
    cached_input_tokens = cache_write_tokens = reasoning_tokens = api_calls = files = steps = 0
    cost_nano_usd = 27_000
    latency_ms = 150
    outcome = "ok"
    estimated = False
    started_at = recorded_at = factory.LazyAttribute(lambda row: row.at)

    class Meta:
        model = UsageLog


def id_at(moment: datetime) -> UUID:
    """A new reservation's id at a moment."""
    return uuid7(int(moment.timestamp() * 1000))
