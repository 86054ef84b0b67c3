"""What people read: what, how much, when it resets, what to do; as text and as HTML."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project import env
from metering.alerts.address import address_alerts
from metering.alerts.channel import Message
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.alerts.message import message_of, words_of
from metering.models import BudgetOverride, QuotaAlert, UsageMeter, User
from tests.factories import (
    AlertFactory,
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    concurrency_meter,
    make_token,
    reference_data,
)
from tests.integration.metering.alerts.conftest import Clock
from tests.mail import MailServer, html_of, text_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def alert_of(**facts: Any) -> QuotaAlert:
    budget = {key: facts.pop(key) for key in list(facts) if key in BudgetFactory._meta.model.__dict__}
    meter = MeterFactory(budget=BudgetFactory(**budget), at=AT, timezone="Europe/Berlin")
    return AlertFactory(meter=meter, raised_at=AT, **facts)


def said(**facts: Any) -> Message:
    return message_of(alert_of(**facts))


def test_a_mail_says_what_how_much_when_it_resets_and_what_to_do(
    admin: User, server: MailServer, clock: Clock
) -> None:
    alert_of(dimension="cost", window="month", threshold=95, used=96_500_000_000, held=10**9, limit=10**11)
    address_alerts(now=clock())
    deliver_due(channels={"email": EmailChannel}, clock=clock)
    [mail] = server.mails
    assert mail["Subject"] == "Critical: Alder Research, cost budget of this month: 95 % reached"
    assert (mail["To"], mail["From"]) == ("admin@alder.example", "llm-gateway@localhost")
    assert mail["Auto-Submitted"] == "auto-generated"
    for body in (text_of(mail), html_of(mail)):
        for fact in (
            "(QUOTA_CRITICAL)",
            "$96.5",
            "$100",
            "$1",
            "Wednesday, 01 April 2026, 00:00 (Europe/Berlin)",
            "Tuesday, 10 March 2026, 13:00 (Europe/Berlin)",
            "At 100 % calls will be refused.",
        ):
            assert fact in body
    assert "<strong>" in html_of(mail)
    assert "<" not in text_of(mail)


@pytest.mark.parametrize(
    ("facts", "subject", "sentence"),
    [
        (
            {"threshold": 80},
            "Warning: Alder Research, requests budget of this day: 80 % reached",
            "At 100 % calls",
        ),
        ({"threshold": 100, "used": 100}, "Limit reached: ", "are refused until it resets."),
        ({"threshold": 100, "used": 100, "window": "total"}, "requests budget: 100 %", "until it is raised."),
        (
            {"threshold": 100, "used": 99, "requested": 2},
            "has no room left for calls",
            "needed 2 requests was denied",
        ),
        (
            {"threshold": 100, "used": 100, "hard": False},
            "100 % reached",
            "This budget only warns: calls go on.",
        ),
        ({"threshold": 80, "mode": "warn"}, "80 % reached", "This budget only warns: calls will go on."),
        ({"task_id": "LLM0_CHAT", "model_class_id": "PRO_M"}, "80 %", "Counts only: LLM0_CHAT, PRO_M"),
        ({"scope": "agent", "scope_id": "helper"}, "Warning: Agent helper, requests budget", "80 requests"),
        ({"scope": "provider", "scope_id": "openai"}, "Provider openai", "At 100 %"),
        ({"scope": "global"}, "The whole gateway, requests budget", "At 100 %"),
    ],
)
def test_each_case_has_its_words(facts: dict[str, Any], subject: str, sentence: str) -> None:
    reference_data()
    message = said(**facts)
    assert subject in message.subject
    assert sentence in message.text
    assert sentence in message.html


def test_subjects_have_the_names_that_admins_know() -> None:
    team, user, token = TeamFactory(name="Chemistry"), UserFactory(), make_token()
    for scope, row_id, name in (
        ("team", team.pk, "Team Chemistry"),
        ("user", user.pk, f"User {user.email}"),
        ("token", token.id, f"Token {token.prefix}"),
        ("team", "01890000-0000-7000-8000-00000000000a", "Team 01890000"),
    ):
        assert f": {name}" in said(scope=scope, scope_id=str(row_id)).subject


def test_calls_at_once_have_their_own_words() -> None:
    meter = concurrency_meter(RuleFactory(value=10), alder(), held=9)
    message = message_of(AlertFactory(meter=meter, threshold=90, used=0, held=9, limit=10))
    assert message.subject == "Warning: Alder Research, calls at once: 90 % reached"
    for body in (message.text, message.html):
        assert "9 calls" in body
        assert "Run fewer at once" in body
        assert "Resets" not in body


def test_names_cannot_break_out_of_the_mail() -> None:
    team = TeamFactory(name="<script>alert(1)</script>\nBcc: everybody@example.com")
    message = said(scope="team", scope_id=str(team.pk))
    assert "\n" not in message.subject
    assert "<script>" not in message.html
    assert "<script>" in message.text


def test_the_mail_server_comes_from_the_environment() -> None:
    found = env.email("EMAIL_URL", "smtp+tls://me:secret@mail.example:587")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env.email("EMAIL_URL", "carrier-pigeon://loft")


@pytest.mark.parametrize("raw", ["", "consolemail://"])
def test_without_a_mail_server_nothing_is_printed_in_its_place(raw: str) -> None:
    found = env.email("EMAIL_URL", raw)
    assert found == {"EMAIL_BACKEND": "metering.alerts.no_mail_server.NoMailBackend"}


@pytest.mark.parametrize(("public_url", "seen"), [("https://gw.example", True), ("", False)])
def test_a_mail_to_super_admins_leads_to_the_console(settings: Any, public_url: str, seen: bool) -> None:
    settings.PUBLIC_URL = public_url
    alert = alert_of(scope="global")
    page = f"/admin/metering/quotaalert/{alert.pk}/change/"
    message = message_of(alert)
    assert (f"https://gw.example{page}" in message.text) is seen
    assert (f'href="https://gw.example{page}"' in message.html) is seen
    assert (page in message.html) is seen


def test_a_mail_to_a_tenants_admins_leads_to_its_reports(settings: Any) -> None:
    settings.PUBLIC_URL = "https://gw.example"
    message = said()
    assert "GET https://gw.example/api/usage/top" in message.text
    assert "/admin/" not in message.text


def test_a_limit_that_was_raised_is_told_with_what_was_added_then() -> None:
    alert = alert_of(dimension="cost", window="month", amount=50_000_000_000, limit=60_000_000_000)
    facts = {"budget_id": alert.budget_id, "tenant_id": alert.tenant_id, "starts_at": AT, "made_by": "ops"}
    BudgetOverride.objects.create(amount=10_000_000_000, created_at=AT, **facts)
    gone = {"removed_at": AT, "removed_by": "ops"}
    BudgetOverride.objects.create(amount=5_000_000_000, created_at=AT, **gone, **facts)
    assert "of $60 ($50 and an override of $10)" in words_of(alert)[1]


def test_what_was_spent_past_the_limit_while_the_database_was_away_is_told() -> None:
    alert = alert_of(dimension="cost", window="month", threshold=100, used=12 * 10**9, limit=10**10)
    assert "away" not in message_of(alert).text
    UsageMeter.objects.filter(pk=alert.meter_id).update(uncovered=2 * 10**9)
    message = message_of(alert)
    for text in (message.text, message.html, words_of(alert)[1]):
        assert "while the database was away" in text
        assert "$2" in text
