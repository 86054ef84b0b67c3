"""Tokens of a tenant, for its administrators, and for members those that are their own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from metering.identity.tokens.secret import digest_of
from metering.models import ATIToken, AuditEvent
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory, make_token
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of, told

pytestmark = pytest.mark.django_db
TOKENS, TOKEN = "/admin/tokens/", "/admin/tokens/token/"
MOST_QUERIES = 14


@pytest.fixture
def alder() -> Alder:
    return alders_people()


@pytest.fixture
def admin(alder: Alder) -> Client:
    return browser_of(alder.admin)


def token(alder: Alder, **facts: Any) -> ATIToken:
    return ATIToken.objects.get(pk=make_token(alder.tenant, **facts).id)


def prefixes(client: Client, query: str = "") -> list[str]:
    table = client.get(f"{TOKENS}?{query}").context["table"]
    return [row.cells[0].small.rstrip("…") for row in table.rows]


def do(client: Client, row: ATIToken, **form: str) -> Any:
    return client.post(f"{TOKEN}?token={row.prefix}", form)


class TestTheList:
    def test_an_administrator_sees_the_tenants_and_a_member_the_own(
        self, alder: Alder, admin: Client
    ) -> None:
        own = token(alder, name="laptop", user=alder.member)
        assert prefixes(admin) == [own.prefix, alder.token.prefix]
        assert prefixes(browser_of(alder.member)) == [own.prefix]

    def test_live_ones_are_shown_until_others_are_asked_for(self, alder: Alder, admin: Client) -> None:
        revoked = token(alder, name="old")
        ATIToken.objects.filter(pk=revoked.pk).update(revoked_at=now())
        assert prefixes(admin) == [alder.token.prefix]
        assert prefixes(admin, "state=revoked") == [revoked.prefix]
        assert len(prefixes(admin, "state=all")) == 2

    def test_it_says_what_the_api_says_each_has_spent_this_month(self, alder: Alder, admin: Client) -> None:
        AttemptFactory(tenant_id=alder.tenant.pk, token_id=alder.token.pk, cost_nano_usd=2_500_000_001)
        first = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        [row] = usage_summary(UsageFilter(tenant=alder.tenant, since=first), by="token")
        assert f"${row['cost_usd']}" in admin.get(TOKENS).content.decode()

    def test_a_search_finds_by_name_person_and_beginning(self, alder: Alder, admin: Client) -> None:
        own = token(alder, name="laptop", user=alder.member)
        for words in ("LAP", "ann@", own.prefix):
            assert prefixes(admin, f"q={words}") == [own.prefix]

    def test_takes_no_more_queries_for_more_tokens(self, alder: Alder, admin: Client) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as seen:
                assert admin.get(TOKENS).status_code == 200
            return len(seen)

        before = queries()
        for _ in range(5):
            token(alder, user=alder.member, team=alder.team)
        assert queries() == before <= MOST_QUERIES


class TestRotation:
    def test_shows_the_new_secret_once_and_lets_the_old_one_work_for_a_while(
        self, alder: Alder, admin: Client
    ) -> None:
        issued = make_token(alder.tenant, name="app")
        row = ATIToken.objects.get(pk=issued.id)
        response = do(admin, row, verb="rotate", grace="24")
        secret = response.context["issued"].secret
        row.refresh_from_db()
        assert bytes(row.digest) == digest_of(secret)
        assert bytes(row.previous_digest) == digest_of(issued.secret)
        assert row.previous_valid_until > now() + timedelta(hours=23)
        assert secret in response.content.decode()
        assert secret not in admin.get(f"{TOKEN}?token={row.prefix}").content.decode()
        assert AuditEvent.objects.get(action="token.rotated").actor == alder.admin.email

    def test_of_the_own_token_is_a_members_too(self, alder: Alder) -> None:
        own = token(alder, name="laptop", user=alder.member)
        assert do(browser_of(alder.member), own, verb="rotate", grace="0").status_code == 200
        assert AuditEvent.objects.get(action="token.rotated").actor == alder.member.email

    def test_of_a_token_beyond_the_own_is_refused(self, alder: Alder, admin: Client) -> None:
        ATIToken.objects.filter(pk=alder.token.pk).update(allowed_tasks=["LLM0_CHAT"])
        wide = token(alder, name="wide")
        [sentence] = told(do(admin, wide, verb="rotate", grace="0"))
        assert "goes beyond your own" in sentence
        assert bytes(ATIToken.objects.get(pk=wide.pk).digest) == bytes(wide.digest)


class TestRevocation:
    def test_ends_a_token(self, alder: Alder, admin: Client) -> None:
        row = token(alder, name="app")
        assert told(do(admin, row, verb="revoke")) == [
            "app is revoked: whoever uses it is refused within a second."
        ]
        assert ATIToken.objects.get(pk=row.pk).revoked_at is not None

    def test_of_the_own_is_a_members_too_and_of_no_other(self, alder: Alder) -> None:
        own, other = token(alder, user=alder.member), token(alder, user=alder.admin)
        member = browser_of(alder.member)
        assert do(member, other, verb="revoke").status_code == 404
        assert do(member, own, verb="revoke").status_code == 302
        live = ATIToken.objects.filter(revoked_at=None)
        assert (own in live, other in live) == (False, True)

    def test_of_the_token_behind_oneself_is_warned_of(self, alder: Alder, admin: Client) -> None:
        page = admin.get(f"{TOKEN}?token={alder.token.prefix}").content.decode()
        assert "you would be signed out" in page
