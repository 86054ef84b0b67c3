"""Addresses of the console's pages in the busy world, for tests that look at all of them.

They are the lines of the matrix (tests/tenancy/console_rows.py) that everybody keeps anyway, about Cedar.
"""

from collections.abc import Iterator
from string import Formatter

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now

from metering.models import (
    ATIToken,
    Budget,
    PolicyDecision,
    QuotaAlert,
    QuotaRequest,
    Statement,
    Team,
    Tenant,
    UsageLog,
    User,
    WebhookEndpoint,
)
from metering.statements.issue import issue_statement
from metering.statements.months import month_at, month_before
from tests.support.busy_world import BusyWorld
from tests.tenancy.console_rows import PAGES

OPERATOR, ADMIN, MEMBER = "ops@example.com", "ann@cedar.example", "bob@cedar.example"
ROLE_OF = {OPERATOR: "operator", ADMIN: "admin", MEMBER: "member"}
"""Who looks, and the column of the matrix that says what they are answered."""
LISTS = ("tenant", "atitoken", "user", "policyrule", "budget", "usagelog", "llmmodel")
FORMS = ("budget", "policyrule", "user")
"""Nouns of which super admins see the lists and the forms most, beside the pages."""


def addresses(person: str, world: BusyWorld) -> Iterator[str]:
    """Every page that answers the person, once."""
    names, role = _names(world), ROLE_OF[person]
    seen: set[str] = set()
    for row in PAGES:
        known = {name for _, name, _, _ in Formatter().parse(row.path) if name} <= set(names)
        is_file = "/export" in row.path or row.path.endswith(("/csv/", "/pdf/"))
        if row.method != "GET" or getattr(row, role) != 200 or not known or is_file:
            continue
        path = row.path.format(**names)
        page = path.partition("?")[0]
        if page not in seen:
            seen.add(page)
            yield path
    if person == OPERATOR:
        yield from (reverse(f"admin:metering_{noun}_changelist") for noun in LISTS)
        yield from (reverse(f"admin:metering_{noun}_add") for noun in FORMS)
    yield reverse("admin:password_change")


def _statement_of(tenant: Tenant) -> Statement:
    """Of the month before; the one that there is, or a new one."""
    month = month_before(month_at(tenant, now()))
    return issue_statement(tenant=tenant, month=month, actor="test", now=now())


def _names(world: BusyWorld) -> dict[str, str]:
    """What stands for the matrix's placeholders."""
    cedar = world.cedar
    person = User.objects.get(email=MEMBER)
    token = ATIToken.objects.filter(user=person).latest("created_at")
    call = UsageLog.objects.filter(user_id=person.pk).latest("id")
    refusals = PolicyDecision.objects.filter(tenant_id=cedar.pk, verdict="denied")
    return {
        "tenant": cedar.slug,
        "team_slug": Team.objects.for_tenant(cedar).latest("slug").slug,
        "email": person.email,
        "user": str(person.pk),
        "prefix": token.prefix,
        "own_prefix": token.prefix,
        "token": str(token.pk),
        "plan": token.plan_tier_id,
        "budget": str(_budget(cedar, per="tenant").pk),
        "asked_budget": str(_budget(cedar, per="user").pk),
        "request": str(_request(cedar, person).pk),
        "alert": str(QuotaAlert.objects.latest("id").pk),
        "channel": str(WebhookEndpoint.objects.for_tenant(cedar).latest("id").pk),
        "decision": str(refusals.latest("id").pk),
        "call": str(call.reservation_id),
        "reservation": str(call.reservation_id),
        "model": call.request_model,
        "statement": str(_statement_of(cedar).pk),
        "provider": call.provider_name,
    }


def _budget(tenant: Tenant, *, per: str) -> Budget:
    """One that an operator has set for the tenant, or for each of its people."""
    applies = Q(tenant=tenant) | Q(scope="plan", scope_id__in=tenant.ati_tokens.values("plan_tier_id"))
    rows = Budget.objects.filter(applies, per=per, set_by="operator", is_active=True)
    return rows.exclude(scope="user").order_by("pk")[0]


def _request(tenant: Tenant, person: User) -> QuotaRequest:
    """The person's, for more of what each person may use."""
    row, _ = QuotaRequest.objects.get_or_create(
        tenant=tenant,
        budget=_budget(tenant, per="user"),
        subject_id=str(person.pk),
        defaults={"user": person, "asked_by": person.email, "amount": 5, "reason": "The filing is due."},
    )
    return row
