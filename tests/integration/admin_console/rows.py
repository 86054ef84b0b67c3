"""One row, or many, of every noun, so that every page has something to show."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.timezone import now

from metering.identity.devices.start import start_device_login
from metering.identity.tokens.issue_token import issue_token
from metering.ids import derived_id, uuid7
from metering.models import (
    AlertDelivery,
    ATIToken,
    AuditEvent,
    BillingProfile,
    Budget,
    BudgetOverride,
    CallContent,
    ClosingBalance,
    DecisionRequest,
    EmailDomain,
    ExportPosition,
    ExternalIdentity,
    GroupMapping,
    Invitation,
    KeptAnswer,
    LedgerEntry,
    LedgerPeriod,
    LimitWatch,
    LLMModel,
    LoginSession,
    Membership,
    MeterRecount,
    ModelClass,
    ModelPrice,
    Notice,
    OpeningEntry,
    PasswordReset,
    Plan,
    PlanFeature,
    PlanLLMAccess,
    PolicyDecision,
    PolicyRule,
    Provider,
    ProviderKey,
    QuotaAlert,
    QuotaRequest,
    ReconciledDay,
    Statement,
    Task,
    TaskDraft,
    TaskJob,
    TaskJobAttempt,
    TaskJobEvent,
    Team,
    Tenant,
    UsageLog,
    UsageMeter,
    UsageReservation,
    User,
    VendorAlert,
    WebhookEndpoint,
)
from metering.statements.issue import issue_statement

TOKENS = {"input_tokens": 1200, "output_tokens": 300}
ZERO = {"cached_input_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0}
WORK = {"api_calls": 0, "files": 0, "steps": 0}


def catalog() -> Plan:
    """The shared nouns; made once."""
    if plan := Plan.objects.first():
        return plan
    base = ModelClass.objects.get(code="BASE_M")  # from a migration, like the tasks and their features
    task = Task.objects.get(code="LLM0_CHAT")
    feature = task.feature
    plan = Plan.objects.create(code="PRO", name="Professional")
    PlanFeature.objects.create(plan=plan, feature=feature)
    access = PlanLLMAccess.objects.create(plan=plan, task=task, default_class=base)
    access.allowed_classes.add(base)
    provider = Provider.objects.create(name="sandbox", kind="sandbox")
    model = LLMModel.objects.create(
        name="sandbox-small", provider=provider, physical_name="small", model_class=base,
        context_tokens=8000, max_output_tokens=1000,
    )  # fmt: skip
    price(model)
    return plan


def price(model: LLMModel, **fields: Any) -> ModelPrice:
    values = {
        "input": Decimal("0.5"),
        "output": 2,
        "cached_input": Decimal("0.1"),
        "cache_write": Decimal("0.5"),
    }
    return ModelPrice.objects.create(model=model, **{**values, **fields})


def super_admin(email: str = "ops@example.com") -> User:
    return User.objects.create_superuser(email, "correct horse battery")


def customer(slug: str) -> Tenant:
    """A tenant with people, a token, a rule and a budget."""
    plan = catalog()
    tenant = Tenant.objects.create(slug=slug, name=slug.title(), created_at=datetime(2025, 1, 1, tzinfo=UTC))
    team = Team.objects.create(tenant=tenant, slug="research", name="Research")
    user = User.objects.create_user(f"ann@{slug}.example", "secret secret 1", tenant=tenant)
    Membership.objects.create(team=team, user=user)
    PasswordReset.objects.create(email=user.email, expires_at=now() + timedelta(hours=1))
    start_device_login(machine=f"{slug}'s laptop", address="203.0.113.9", now=now())
    LoginSession.objects.create(user=user, tenant_id=tenant.pk, expires_at=now() + timedelta(days=1))
    issue_token(tenant=tenant, plan_code=plan.code, actor="test", now=now(), name="default", team=team)
    Invitation.objects.create(
        tenant=tenant, email=f"new@{slug}.example", token=ATIToken.objects.get(tenant=tenant), asked_at=[now()],
        expires_at=now() + timedelta(days=7),
    )  # fmt: skip
    ProviderKey.objects.create(provider_id="sandbox", tenant=tenant, sealed=b"sealed", last4="wxyz")
    PolicyRule.objects.create(scope="tenant", tenant=tenant, key="max_tokens_out", value=500)
    budget = Budget.objects.create(
        scope="tenant", tenant=tenant, per="tenant", dimension="cost", window="month", amount=5_000_000_000
    )
    BudgetOverride.objects.create(
        budget=budget, tenant=tenant, amount=1_000_000_000, starts_at=now(), made_by="ops@example.com"
    )
    QuotaRequest.objects.create(
        budget=budget, tenant=tenant, amount=1_000_000_000, reason="A filing.", user=user, asked_by=user.email
    )
    return tenant


def usage(tenant: Tenant) -> UsageReservation:
    """A call of this tenant in all tables that the ledger writes."""
    moment = now()
    budget = Budget.objects.get(tenant=tenant)
    meter, _ = UsageMeter.objects.get_or_create(
        subject_type="tenant", subject_id=str(tenant.pk), task="",
        window_start=moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
        defaults={"tenant_id": tenant.pk, "dimension": "cost", "window": "month", "timezone": "UTC",
                  "week_start": 0, "used": 4_200_000_000, "highest_limit": budget.amount},
    )  # fmt: skip
    hold = UsageReservation.objects.create(
        id=uuid7(), tenant_id=tenant.pk, state=1, created_at=moment, lease_expires_at=moment + timedelta(minutes=1),
        ended_at=moment, body_digest=1, meter_ids=[meter.pk], amounts=[900_000], unenforced=[0], flags=[0],
        task="LLM0_CHAT", request_id=f"req-{uuid7()}", request_model="sandbox-small", model_class="BASE_M",
        provider_name="sandbox", cost_nano_usd=900_000, **TOKENS,
    )  # fmt: skip
    shared = {"reservation_id": hold.pk, "tenant_id": tenant.pk, "cost_nano_usd": 1_200_000, **TOKENS, **WORK}
    UsageLog.objects.create(
        id=derived_id(hold.pk, 1), attempt=1, task="LLM0_CHAT", request_id=hold.request_id,
        request_model="sandbox-small", response_model="small", model_class="BASE_M", provider_name="sandbox",
        latency_ms=140, outcome="ok", estimated=False, started_at=moment, recorded_at=moment, **shared, **ZERO,
    )  # fmt: skip
    LedgerEntry.objects.create(
        id=derived_id(hold.pk, 0), kind=1, recorded_at=moment, meter_ids=[meter.pk], charges=[1_200_000],
        requests=1, **shared,
    )  # fmt: skip
    ClosingBalance.objects.get_or_create(
        month=moment.date().replace(day=1), meter_id=meter.pk, charged=1_200_000
    )
    LedgerPeriod.objects.get_or_create(month=moment.date().replace(day=1))
    decision = PolicyDecision.objects.create(
        minute=moment.replace(second=0, microsecond=0), tenant_id=tenant.pk, token_id=uuid7(), task="LLM0_CHAT",
        verdict="denied", code="budget_exceeded", rule="tenant cost/month", mode="enforce", count=3,
        first_at=moment, last_at=moment, trace=[
            {"rule": "max_tokens_out", "value": 5, "source": "plan PRO", "source_id": None, "outcome": "in force"}
        ],
    )  # fmt: skip
    DecisionRequest.objects.create(decision_id=decision.pk, digest=decision.pk.int & 0xFFFFFFFF)
    alert = QuotaAlert.objects.create(
        id=uuid7(), tenant_id=tenant.pk, meter_id=meter.pk, budget_id=budget.pk, subject_type="tenant",
        subject_id=str(tenant.pk), dimension="cost", window="month", window_start=meter.window_start,
        timezone="UTC", threshold=80, episode=QuotaAlert.objects.filter(meter_id=meter.pk).count(),
        used=4_200_000_000, held=0, limit=budget.amount, raised_at=moment,
    )  # fmt: skip
    LimitWatch.objects.create(
        meter_id=meter.pk, budget_id=uuid7(), limit=budget.amount, thresholds="80", alerted="", episodes=0
    )
    OpeningEntry.objects.create(meter_id=meter.pk, amount=700_000, past_limit=0, recorded_at=moment)
    MeterRecount.objects.create(meter_id=meter.pk, due_at=moment)
    AlertDelivery.objects.create(
        alert=alert, channel="email", recipient="ann@example.com", next_attempt_at=moment
    )
    VendorAlert.objects.create(
        provider_name="sandbox", model=f"model-{uuid7()}", day=moment.date(), reservation_id=hold.pk,
        tenant_id=tenant.pk, reported='{"prompt_tokens": 1000000000000}', cost_nano_usd=1_200_000, times_seen=3,
        last_seen_at=moment, raised_at=moment, **TOKENS,
    )  # fmt: skip
    Notice.objects.create(
        tenant=tenant, type="quota_request.created", audience="tenant_admins", subject="More quota is asked for",
        text="Ann asks for $5 more.", created_at=moment,
    )  # fmt: skip
    WebhookEndpoint.objects.create(
        tenant=tenant, kind="slack", name=f"slack {uuid7().hex[-6:]}", sealed_url=b"sealed", events=[],
        shown_url="https://hooks.slack.com/…wxyz",
    )  # fmt: skip
    billing(tenant)
    CallContent.objects.create(
        reservation_id=hold.pk, tenant_id=tenant.pk, mode="full", content=b"sealed", created_at=moment,
        expires_at=moment + timedelta(days=1),
    )  # fmt: skip
    KeptAnswer.objects.create(
        reservation_id=hold.pk, tenant_id=tenant.pk, content=b"sealed", expires_at=moment + timedelta(days=1)
    )
    job = TaskJob.objects.create(
        tenant_id=tenant.pk, token_id=uuid7(), task="LLM3_DIAGRAM", request_id="r-1", content=b"sealed",
        expires_at=moment + timedelta(days=1),
    )  # fmt: skip
    TaskJobEvent.objects.create(job=job, number=1, content=b"sealed")
    TaskJobAttempt.objects.create(job=job, reservation_id=hold.pk, number=1, attempt=b"")
    TaskDraft.objects.create(
        pk=uuid7(), tenant_id=tenant.pk, token_id=uuid7(), content=b"sealed", changed_at=moment,
        expires_at=moment + timedelta(days=1),
    )  # fmt: skip
    GroupMapping.objects.get_or_create(group="staff", tenant=tenant)
    EmailDomain.objects.get_or_create(domain=f"{tenant.slug}.example", tenant=tenant)
    person = User.objects.filter(tenant=tenant)[0]
    ExternalIdentity.objects.get_or_create(issuer="https://login.example", subject=person.email, user=person)
    AuditEvent.objects.create(action="token.issued", actor="test", tenant_id=tenant.pk)
    return hold


RECONCILED = (
    *("vendor_nano_usd", "metered_nano_usd", "own_difference_nano_usd", "booked_nano_usd"),
    *("metered_requests", "metered_input_tokens", "metered_output_tokens"),
)


def billing(tenant: Tenant) -> None:
    if not Statement.objects.for_tenant(tenant).exists():
        issue_statement(tenant=tenant, month=date(2025, 1, 1), actor="test", now=now())
    BillingProfile.objects.get_or_create(tenant=tenant)
    ExportPosition.objects.get_or_create(
        target=f"target-{tenant.slug}"[:16],
        defaults={"recorded_at": now(), "entry_id": uuid7(), "begun_at": now()},
    )
    ReconciledDay.objects.get_or_create(
        provider_name="sandbox",
        day=date(2025, 1, 1),
        model=tenant.slug,
        defaults=dict.fromkeys(RECONCILED, 0) | {"is_known": True, "has_cost": True, "compared_at": now()},
    )


def everything() -> None:
    usage(customer("alder"))


def many(times: int) -> None:
    for number in range(times):
        usage(customer(f"birch-{number}"))


def first_of(model: type[Model]) -> Model:
    row = model._default_manager.first()
    assert row is not None, f"rows.py makes no {model.__name__}"
    return row
