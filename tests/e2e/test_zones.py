"""A date without a zone is the tenant's date at every door; what the answers say is UTC."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from metering.errors import InvalidRequest
from metering.identity.sessions.open_session import open_session
from metering.models import ATIToken, PolicyRule, Tenant, User
from metering.orm import close_database_threads
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import find_target
from metering.policy.effective import effective_policy
from metering.policy.values import PolicySubject
from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server, running_server
from tests.factories import AttemptFactory, RuleFactory, UserFactory, make_token, reference_data
from tests.integration.metering.management.asking import answer, refusal

pytestmark = pytest.mark.slow
TOKYO, CAIRO, NEW_YORK = "Asia/Tokyo", "Africa/Cairo", "America/New_York"
MORNING = datetime(2026, 11, 28, 16, tzinfo=UTC)
"""One o'clock on 29 November in Tokyo."""
MIDNIGHTS = {
    (TOKYO, "2027-12-31"): "2027-12-30T15:00:00Z",
    (NEW_YORK, "2027-03-14"): "2027-03-14T05:00:00Z",  # the day has 23 hours
    (NEW_YORK, "2027-03-15"): "2027-03-15T04:00:00Z",
    (CAIRO, "2027-04-30"): "2027-04-29T22:00:00Z",  # its midnight is skipped: it begins at one o'clock
    (CAIRO, "2027-05-01"): "2027-04-30T21:00:00Z",
}
MOMENTS = MIDNIGHTS | {
    (TOKYO, "2027-12-31T09:30"): "2027-12-31T00:30:00Z",
    (TOKYO, "2027-12-31T09:30:00+01:00"): "2027-12-31T08:30:00Z",
    (TOKYO, "2027-12-31T09:30:00Z"): "2027-12-31T09:30:00Z",
    (NEW_YORK, "2027-11-07T01:30"): "2027-11-07T05:30:00Z",  # it comes twice: the first
}


@pytest.fixture
def server(transactional_db: Any) -> Iterator[Server]:
    """Whose books were never a ledger's: the attempts are of other days than today."""
    reference_data()
    with running_server() as server:
        yield server
    close_database_threads()


def tenant_in(zone: str) -> tuple[Tenant, User]:
    """A tenant there, and its administrator."""
    slug = zone.lower().replace("/", "-").replace("_", "-")
    tenant, _ = Tenant.objects.get_or_create(slug=slug, defaults={"name": zone, "timezone": zone})
    token = ATIToken.objects.get(pk=make_token(tenant).id)
    return tenant, UserFactory(tenant=tenant, role="TENANT_ADMIN", signup_token=token)


def operator() -> User:
    return User.objects.create_superuser("ops@example.com", "correct horse battery")


def api(server: Server, who: User, method: str, path: str, body: Any = None) -> Reply:
    bearer = open_session(user=who, now=datetime.now(UTC)).access
    headers: dict[str, str | bytes] = {
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
    }
    data = None if body is None else json.dumps(body).encode()
    return ask(server, method, f"/api/{path}", data, headers)


def test_a_day_of_a_report_is_the_tenants(server: Server) -> None:
    tenant, admin = tenant_in(TOKYO)
    AttemptFactory(tenant_id=tenant.pk, at=MORNING)
    ops, slug = operator(), tenant.slug
    for who, more in ((admin, ""), (ops, f"&tenant={slug}")):
        for route in ("usage?by=model", "usage?by=day", "usage/top?by=agent"):
            found = api(server, who, "GET", f"{route}&since=2026-11-29&until=2026-11-30{more}").json
            assert [row["requests"] for row in found["results"]] == [1], route
            assert (found["since"], found["until"]) == ("2026-11-28T15:00:00Z", "2026-11-29T15:00:00Z")
        file = api(server, who, "GET", f"usage/export?by=attempt&since=2026-11-29&until=2026-11-30{more}")
        assert file.body.count(b"\r\n") == 2
        before = api(server, who, "GET", f"usage?by=model&since=2026-11-28&until=2026-11-29{more}")
        assert before.json["results"] == []
    # For everybody there is no such clock but UTC's, and what names its zone is what it says.
    assert api(server, ops, "GET", "usage?by=model&since=2026-11-29&until=2026-11-30").json["results"] == []
    said = "since=2026-11-28T15:30:00Z&until=2026-11-28T18:00:00%2B01:00"
    assert len(api(server, admin, "GET", f"usage?by=model&{said}").json["results"]) == 1


def test_a_day_of_a_command_is_the_tenants(server: Server) -> None:
    tenant, _ = tenant_in(TOKYO)
    AttemptFactory(tenant_id=tenant.pk, at=MORNING)
    days = ("--since", "2026-11-29", "--until", "2026-11-30")
    for by in ("attempt", "day", "model"):
        assert len(answer("usage_report", "--by", by, "--tenant", tenant.slug, *days)) == 1
        assert answer("usage_report", "--by", by, *days) == []
    replayed = answer("simulate_policy", "--tenant", tenant.slug, *days)
    assert (replayed["calls"], replayed["since"]) == (1, "2026-11-28T15:00:00Z")
    assert answer("simulate_policy", *days)["calls"] == 0


def test_a_simulated_period_and_moment_are_the_tenants(server: Server) -> None:
    tenant, admin = tenant_in(TOKYO)
    AttemptFactory(tenant_id=tenant.pk, at=MORNING)
    period = {"since": "2026-11-29", "until": "2026-11-30"}
    assert api(server, admin, "POST", "policy/simulate", {"period": period}).json["replay"]["calls"] == 1
    asked = "policy/explain?task=LLM0_CHAT&at=2026-12-24T09:00"
    assert api(server, admin, "GET", asked).json["at"] == "2026-12-24T00:00:00Z"
    call = {"task": "LLM0_CHAT", "at": "2026-12-24T09:00"}
    assert api(server, admin, "POST", "policy/simulate", {"request": call}).json["decision"]["at"] == (
        "2026-12-24T00:00:00Z"
    )


def test_the_end_of_a_token_is_the_tenants(server: Server) -> None:
    ops = operator()
    for (zone, written), meant in MOMENTS.items():
        tenant, admin = tenant_in(zone)
        made = api(server, admin, "POST", "tokens", {"expires_at": written})
        assert made.status == 201, made.body
        row = api(server, ops, "GET", f"tokens/{made.json['id']}")
        assert row.json["expires_at"] == meant, (zone, written)
        api(server, ops, "PATCH", f"tokens/{made.json['id']}", {"expires_at": "2028-01-01T00:00:00Z"})
        changed = api(server, ops, "PATCH", f"tokens/{made.json['id']}", {"expires_at": written})
        assert changed.json["expires_at"] == meant, (zone, written)
        given = ("--tenant", tenant.slug, "--plan", "PRO", "--expires-at", written)
        issued = ATIToken.objects.get(pk=answer("issue_token", *given)["id"])
        assert issued.expires_at == datetime.fromisoformat(meant)


def test_a_date_beyond_every_calendar_is_refused_and_not_reckoned(server: Server) -> None:
    tenant, admin = tenant_in(TOKYO)
    for written in ("0001-01-01", "9999-12-31T23:59:59-12:00"):
        for path in (f"usage?by=day&since={written}", f"usage?by=day&until={written}"):
            assert api(server, admin, "GET", path).status in (200, 400), path
        assert api(server, admin, "POST", "tokens", {"expires_at": written}).status == 400
        given = ("--tenant", tenant.slug, "--plan", "PRO", "--expires-at", written)
        assert "expires" in str(refusal("issue_token", *given))


def test_a_rules_dates_are_each_tenants_own(server: Server) -> None:
    for zone in (TOKYO, NEW_YORK, CAIRO):
        tenant_in(zone)
    when = {"valid_from": "2027-04-30", "valid_until": "2027-05-01"}
    rules = [
        set_rule(
            target=find_target(**target),
            key="max_tokens_out",
            value=7,
            when=when,
            actor="x",
            now=MORNING,
        )
        for target in ({}, {"plan": "PRO"}, {"tenant": "asia-tokyo"})
    ]
    assert len({done.rule.pk for done in rules}) == 3
    starts = {TOKYO: "2027-04-29T15:00", NEW_YORK: "2027-04-30T04:00", CAIRO: "2027-04-29T22:00"}
    for zone, start in starts.items():
        tenant, _ = tenant_in(zone)
        subject = PolicySubject(tenant.pk, "PRO", None, None, tenant.pk)
        variants = effective_policy(subject, "LLM0_CHAT").variants
        assert variants is not None
        begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
        limits = [
            variants.at(at, {}).numbers.get("max_tokens_out")
            for at in (begin.replace(minute=0, hour=begin.hour - 1), begin)
        ]
        assert (limits[0] == 7, limits[1] == 7) == (False, True), zone


def test_a_rule_whose_span_is_none_in_the_tenants_zone_is_refused(server: Server) -> None:
    tenant_in(TOKYO)
    when = {"valid_from": "2027-01-01T00:00+00:00", "valid_until": "2027-01-01T08:00"}
    with pytest.raises(InvalidRequest, match="must be later"):
        set_rule(
            target=find_target(tenant="asia-tokyo"),
            key="max_tokens_out",
            value=7,
            when=when,
            actor="x",
            now=MORNING,
        )
    assert not PolicyRule.objects.exists()
    # As the gateway's own it holds somewhere, and nowhere does it take the others with it.
    RuleFactory(scope="global", tenant=None, key="max_tokens_out", value=7, conditions=when)
    tenant, _ = tenant_in(TOKYO)
    assert effective_policy(PolicySubject(tenant.pk, "PRO", None, None, tenant.pk), "LLM0_CHAT") is not None
