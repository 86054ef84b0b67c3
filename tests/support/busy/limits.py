"""Budgets and rules on everybody who called, each a roundish amount above what was used, so that some are near."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum
from django.utils.timezone import now

from metering.ids import first_id_at
from metering.ledger.windows import window_bounds
from metering.models import ATIToken, Team, Tenant, UsageLog, User
from metering.types import Window
from tests.factories import BudgetFactory, RuleFactory

NANO = 1_000_000_000
STEP = NANO // 20


def make_limits(tenants: Sequence[Tenant]) -> None:
    _of_everybody()
    for tenant, of_month, of_day in zip(tenants, (1.6, 2.5, 1.08), (2.5, 4.0, 1.8), strict=True):
        _cost(tenant, "month", of_month, scope="tenant")
        _cost(tenant, "day", of_day, scope="tenant")
        RuleFactory(tenant=tenant, key="max_concurrent", value=20)
    _of_parts(*tenants)
    BudgetFactory(
        scope="plan",
        tenant=None,
        scope_id="PRO",
        per="user",
        dimension="cost",
        window="day",
        amount=15 * NANO,
    )
    RuleFactory(scope="plan", tenant=None, scope_id="PRO", key="max_tokens_out", value=4_096)
    RuleFactory(scope="plan", tenant=None, scope_id="ENTERPRISE", key="max_tokens_out", value=8_192)


def _of_everybody() -> None:
    used = _spent(None, Window.MONTH, "UTC")
    BudgetFactory(scope="global", dimension="cost", window="month", amount=_round(used * 1.5), hard=False)


def _of_parts(alder: Tenant, birch: Tenant, cedar: Tenant) -> None:
    patents = Team.objects.get(slug="patents")
    _cost(cedar, "month", 1.15, scope="team", scope_id=str(patents.pk), team_id=patents.pk)
    carla = User.objects.get(name="Carla")
    _cost(cedar, "week", 1.03, scope="user", scope_id=str(carla.pk), user_id=carla.pk)
    for tenant, name in ((alder, "alder-prod"), (cedar, "cedar-batch")):
        token = ATIToken.objects.get(name=name)
        _cost(tenant, "month", 1.3, scope="token", scope_id=str(token.pk), token_id=token.pk)
    BudgetFactory(
        scope="tenant", tenant=cedar, per="tenant", dimension="requests", window="month", task_id="LLM2_DRAFT",
        amount=1_000,
    )  # fmt: skip
    BudgetFactory(
        scope="tenant", tenant=birch, per="tenant", dimension="tokens", window="month", amount=5_000_000
    )


def _cost(
    tenant: Tenant, window: str, factor: float, *, scope: str, scope_id: str = "", **whose: object
) -> None:
    labels = {name: value for name, value in whose.items() if name != "tenant"}
    used = _spent(tenant, Window(window), tenant.timezone, **labels)
    BudgetFactory(
        scope=scope, scope_id=scope_id, tenant=tenant, per=scope, dimension="cost", window=window,
        amount=_round(used * factor),
    )  # fmt: skip


def _spent(tenant: Tenant | None, window: Window, zone: str, **labels: object) -> int:
    start: datetime = window_bounds(window, now(), timezone=zone)[0]
    rows = UsageLog.objects.filter(id__gte=first_id_at(start), **labels)
    if tenant is not None:
        rows = rows.for_tenant(tenant)
    return int(rows.aggregate(sum=Sum("cost_nano_usd"))["sum"] or 0)


def _round(nano_usd: float) -> int:
    """To five cents, and two dollars at least, so that a call has room."""
    return max(round(nano_usd / STEP) * STEP, 2 * NANO)
