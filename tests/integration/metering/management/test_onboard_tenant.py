"""`manage.py onboard_tenant`: all that a new customer needs, or nothing."""

import pytest
from django.utils.timezone import now

from metering.identity.authenticate import authenticate
from metering.models import ATIToken, AuditEvent, Budget, Invitation, Tenant, User
from tests.factories import UserFactory, alder, make_plan
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db
OAK = ("onboard_tenant", "--slug", "oak", "--name", "Oak", "--plan", "PRO", "--budget", "12.50")
INVITED = (*OAK, "--timezone", "Europe/Berlin", "--invite", "Ann@oak.example")
NOUNS = (Tenant, ATIToken, Budget, Invitation, AuditEvent)


@pytest.fixture(autouse=True)
def plan() -> None:
    make_plan("PRO")


def counted() -> list[int]:
    return [noun.objects.count() for noun in NOUNS]


def test_a_tenant_a_token_a_budget_and_an_invitation_are_made_at_once() -> None:
    made = answer(*INVITED)
    tenant = Tenant.objects.get(slug="oak")
    assert tenant.timezone == made["tenant"]["timezone"] == "Europe/Berlin"
    assert authenticate(secret=made["token"]["token"], now=now()).tenant_slug == "oak"
    budget = Budget.objects.get(tenant=tenant)
    assert (budget.dimension, budget.window, budget.amount, budget.hard) == (
        "cost", "month", 12_500_000_000, True,
    )  # fmt: skip
    invitation = Invitation.objects.get(tenant=tenant)
    assert (invitation.email, invitation.role) == ("ann@oak.example", User.Role.TENANT_ADMIN)
    assert str(invitation.token_id) == made["token"]["id"]
    assert made["curl"].startswith(f"curl {made['base_url']}/chat/completions")
    assert made["token"]["token"] not in made["curl"]


def test_the_address_of_the_lines_is_the_public_one(settings: object) -> None:
    settings.PUBLIC_URL = "https://gateway.example"  # type: ignore[attr-defined]
    assert "curl https://gateway.example/v1/chat/completions" in text(*OAK)


def test_a_second_run_says_that_the_tenant_is_there_and_changes_nothing() -> None:
    text(*INVITED)
    before = counted()
    for again in (INVITED, OAK, (*OAK[:4], "Another Oak", *OAK[5:])):
        assert "There is already" in str(refusal(*again))
    assert counted() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--plan", "NONE"), "NONE"),
        (("--plan", "PRO", "--budget", "much"), "US dollars"),
        (("--plan", "PRO", "--budget", "5", "--window", "fortnight"), "fortnight"),
        (("--plan", "PRO", "--budget", "5", "--invite", "ann@alder.example"), "already a user"),
        (("--plan", "PRO", "--budget", "5", "--invite", "nonsense"), "email"),
    ],
)
def test_nothing_is_half_made_where_one_part_is_refused(options: tuple[str, ...], said: str) -> None:
    UserFactory(tenant=alder(), email="ann@alder.example")
    before = counted()
    assert said in str(refusal("onboard_tenant", "--slug", "oak", "--name", "Oak", *options))
    assert counted() == before
