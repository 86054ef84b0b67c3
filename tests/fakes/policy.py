"""Policies without a database."""

from decimal import Decimal
from uuid import UUID

from metering.catalog.served import ServedModel
from metering.ids import uuid7
from metering.ledger.commands import MeterKey
from metering.policy.meter_limits import TenantCalendar
from metering.policy.values import EffectivePolicy, MeterLimit, PolicySubject, Setting
from metering.price import Price
from metering.types import Dimension, EnforcementMode, Scope, Window

ALDER = UUID("01890000-0000-7000-8000-00000000000a")
UTC_TENANT = TenantCalendar()


def subject(**fields: object) -> PolicySubject:
    values = {"tenant_id": ALDER, "plan": "PRO", "team_id": None, "user_id": None, "token_id": uuid7()}
    return PolicySubject(**{**values, **fields})  # type: ignore[arg-type]


def line(dimension: Dimension, limit: int, *, enforced: bool = True) -> MeterLimit:
    window = Window.NONE if dimension is Dimension.CONCURRENCY else Window.DAY
    return MeterLimit(
        meter=MeterKey(
            subject_type="tenant",
            subject_id=str(ALDER),
            tenant_id=ALDER,
            dimension=dimension,
            window=window,
        ),
        limit=limit,
        mode=EnforcementMode.ENFORCE if enforced else EnforcementMode.OBSERVE,
        release_on_expiry=False,
        scope=Scope.TENANT,
        name=f"tenant {dimension}/{window}",
        source_id=uuid7(),
        budget_id=uuid7(),
    )


def policy(
    *lines: MeterLimit, mode: EnforcementMode = EnforcementMode.ENFORCE, **settings: int | str
) -> EffectivePolicy:
    return EffectivePolicy(
        task="LLM0_CHAT",
        mode=mode,
        settings={
            key: Setting(value=value, scope=Scope.PLAN, rule_id=uuid7()) for key, value in settings.items()
        },
        limits=lines,
        by_provider={},
        by_agent={},
        each_provider=(),
        each_agent=(),
    )


def price(input_usd: int, output_usd: int, cache_write_usd: int | None = None) -> Price:
    """US dollars per million tokens."""
    plain = Decimal(input_usd)
    return Price(
        input=plain,
        output=Decimal(output_usd),
        cached_input=plain,
        cache_write=plain if cache_write_usd is None else Decimal(cache_write_usd),
    )


def model(**fields: object) -> ServedModel:
    values = {
        "name": "small",
        "provider_name": "fake",
        "physical_name": "small-2026",
        "model_class": "BASE_S",
        "context_tokens": 10_000,
        "max_output_tokens": 1_000,
        "price": price(1, 2),
    }
    return ServedModel(**{**values, **fields})  # type: ignore[arg-type]
