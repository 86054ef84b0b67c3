"""A few calls whose sums can be counted by hand, and three ways to ask for a figure."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import PolicyDecision, Tenant, UsageLog, User
from metering.time_zones import first_instant
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    ModelFactory,
    PriceFactory,
    ReservationFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    id_at,
    make_token,
    reference_data,
)
from tests.integration.gateway_project.api.people import call

BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    alder: Tenant
    birch: Tenant
    operator: User
    admin: User
    member: User
    today: datetime
    """Its first instant."""

    def log(self, since: datetime | None = None, tenant: Tenant | None = None) -> Any:
        """The ledger's rows, which every figure is of."""
        rows = UsageLog.objects.filter(started_at__gte=since or self.today)
        return rows.for_tenant(tenant) if tenant is not None else rows


@pytest.fixture
def world(db: Any) -> World:
    """Calls of two tenants today, yesterday and last month; some failed, one came from a cache, one is under way."""
    reference_data()
    PriceFactory(model=ModelFactory(name="sandbox-small"), input=2, cached_input=1, output=2, cache_write=2)
    moment = now()
    today = first_instant(moment.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0), zone())
    own, other = (make(id=id_at(moment - timedelta(days=70))) for make in (alder, birch))
    member, admin = (
        UserFactory(tenant=own, email=f"{name}@alder.example", role=role)
        for name, role in (("ann", User.Role.MEMBER), ("dora", User.Role.TENANT_ADMIN))
    )
    make_token(own, user=member, name="laptop")
    team = TeamFactory(tenant=own, slug="research")
    earlier = [today + (moment - today) / 2, today - timedelta(hours=2), today - timedelta(days=35)]
    for number, at in enumerate(earlier, 1):
        labels = {"user_id": member.pk, "team_id": team.pk, "conversation_id": "Office action"}
        AttemptFactory(
            at=at, tenant_id=own.pk, cost_nano_usd=number * 1_234_567_891, cached_input_tokens=40, **labels
        )
        AttemptFactory(at=at, tenant_id=other.pk, cost_nano_usd=number * 7_000_000_001, latency_ms=900)
    AttemptFactory(
        at=earlier[0], tenant_id=own.pk, outcome="error", cost_nano_usd=0, input_tokens=0, output_tokens=0
    )
    ReservationFactory(tenant_id=own.pk, user_id=member.pk, cost_nano_usd=5_000_000_003, created_at=moment)
    for window, amount in (("day", 10_000_000_000), ("month", 90_000_000_000)):
        BudgetFactory(tenant=own, dimension="cost", window=window, amount=amount)
    _refuse(own, member, count=3)
    return World(
        alder=own, birch=other, operator=User.objects.create_superuser("ops@example.com"), admin=admin, member=member,
        today=today,
    )  # fmt: skip


def zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("UTC")


def _refuse(tenant: Tenant, user: User, *, count: int) -> None:
    moment = now()
    PolicyDecision.objects.create(
        minute=moment.replace(second=0, microsecond=0), first_at=moment, last_at=moment, tenant_id=tenant.pk,
        user_id=user.pk, task="LLM0_CHAT", verdict="denied", code="budget_exceeded", rule="tenant cost/day",
        mode="enforce", count=count,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as HTML, and its figures by name."""

    text: str

    def figure(self, name: str) -> str:
        """The card, as a person reads it."""
        return _words(f"<i{self._card(name)}")

    def exact(self, name: str) -> str:
        """To the last digit."""
        found = re.search(r'class="value[^>]*><span title="([^"]+)"', self._card(name))
        assert found, f"{name} has no exact value"
        return found[1]

    def link(self, name: str) -> str:
        found = re.search(rf'href="([^"]*)"[^>]*data-figure="{name}"', self.text)
        assert found, f"{name} is no link"
        return html.unescape(found[1])

    @property
    def words(self) -> str:
        return _words(self.text)

    def _card(self, name: str) -> str:
        found = re.search(
            rf'data-figure="{name}"[^>]*(>.*?)(?:</a>|</div>|</p>|</header>)', self.text, re.DOTALL
        )
        assert found, f"there is no figure {name}"
        return found[1]


def _words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture
def page_of() -> Callable[..., Page]:
    """`page_of(user, "?tenant=alder")`: the overview as somebody sees it."""

    def get(user: User, query: str = "") -> Page:
        client = Client()
        client.force_login(user, backend=BACKEND)
        response = client.get(f"/admin/{query}")
        assert response.status_code == 200, response
        return Page(text=response.content.decode())

    return get


@pytest.fixture
def told_to() -> Callable[..., dict[str, Any]]:
    """`told_to(user, "?tenant=alder")`: what the API answers."""

    def get(user: User, query: str = "") -> dict[str, Any]:
        response = call("GET", f"overview{query}", who=user)
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer

    return get
