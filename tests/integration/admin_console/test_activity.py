"""The log of calls and each call's page: who sees what, and that a figure is the API's to the last digit."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from admin_console.wording import usd, usd_exact
from metering.activity.asked import Asked
from metering.activity.histogram import histogram
from metering.activity.status import Status
from metering.ids import derived_id, uuid7
from metering.models import (
    ATIToken,
    Budget,
    LedgerEntry,
    LimitWatch,
    ModelPrice,
    PolicyDecision,
    Tenant,
    UsageLog,
    UsageMeter,
    UsageReservation,
    User,
)
from tests.factories.ledger import AttemptFactory, ReservationFactory, id_at
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
LOG = "/admin/activity/"


@pytest.fixture
def alder(db: object) -> Tenant:
    return rows.customer("alder")


def somebody(tenant: Tenant, role: User.Role, email: str = "bea@alder.example") -> User:
    token = ATIToken.objects.filter(tenant=tenant).first()
    return User.objects.create_user(email, tenant=tenant, role=role, signup_token=token)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def made(tenant: Tenant, *outcomes: str, **fields: Any) -> UUID:
    """A call of just now, with an attempt of each outcome."""
    at = now() - timedelta(seconds=5)
    id_ = id_at(at)
    for number, outcome in enumerate(outcomes or ("ok",), start=1):
        costs = {} if number == len(outcomes or ("ok",)) else {"cost_nano_usd": 0}
        AttemptFactory(
            reservation_id=id_, id=derived_id(id_, number), attempt=number, outcome=outcome, tenant_id=tenant.pk,
            at=at, started_at=at + timedelta(seconds=number), **{**fields, **costs},
        )  # fmt: skip
    return id_


def refused(tenant: Tenant, **fields: Any) -> PolicyDecision:
    moment = now() - timedelta(seconds=3)
    values = {
        "minute": moment.replace(second=0, microsecond=0), "tenant_id": tenant.pk, "task": "LLM0_CHAT",
        "verdict": "denied", "code": "budget_exceeded", "rule": "tenant cost/day", "mode": "enforce", "count": 1,
        "first_at": moment, "last_at": moment, "message": "The budget has no room.", "request_id": "req-77",
    }  # fmt: skip
    return PolicyDecision.objects.create(**{**values, **fields})


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("typed", "found"), [("$5", 1), ("5 USD", 1), ("2k", 0), ("$1,000.50", 0), ("0.25", 1)]
)
def test_a_cost_is_typed_as_people_write_it(console: Client, alder: Tenant, typed: str, found: int) -> None:
    made(alder, cost_nano_usd=5_000_000_000)
    context = console.get(LOG, {"cost_from": typed}).context
    assert (list(context["problems"]), len(context["rows"])) == ([], found)


class TestTheLog:
    def test_it_lists_calls_and_refusals_in_words(self, console: Client, alder: Tenant) -> None:
        made(alder, "error", "ok", cost_nano_usd=12_926_000)
        UsageLog.objects.filter(attempt=1).update(provider_name="first")
        refused(alder, count=12)
        shown = text(console.get(LOG))
        for words in ("answered, 2nd vendor", "refused: day budget, 12 times", "$0.012926", "Chat", "Alder"):
            assert words in shown

    def test_its_sums_are_meterings(self, console: Client, alder: Tenant) -> None:
        made(alder, cost_nano_usd=1_234_567_891)
        refused(alder, count=3)
        ReservationFactory(
            tenant_id=alder.pk, cost_nano_usd=70_000_000, created_at=now() - timedelta(seconds=9)
        )
        shown = console.get(LOG).context
        day = Asked(since=now() - timedelta(days=1), until=now() + timedelta(days=1))
        found = histogram(day, zone="UTC")
        assert shown["charged_exact"] == usd_exact(found.cost_nano_usd) == "$1.234567891"
        assert (shown["held"], shown["in_flight"]) == (usd(found.held_nano_usd), "1")
        assert shown["sentence"] == f"{found.of(*Status)} calls" == "4 calls"

    def test_a_bar_leads_to_its_own_lines(self, console: Client, alder: Tenant) -> None:
        made(alder)
        chart = console.get(LOG).context["chart"]
        [full] = [column for column, _, sentence in chart.bars if sentence.endswith(": 1")]
        assert len(console.get(LOG + full.url).context["rows"]) == 1
        empty = next(column for column, _, sentence in chart.bars if sentence.endswith(": 0"))
        assert console.get(LOG + empty.url).context["rows"] == []

    def test_older_pages_go_on_where_the_page_ended(self, console: Client, alder: Tenant) -> None:
        ids = [str(made(alder)) for _ in range(60)]
        first = console.get(LOG).context
        made(alder)
        second = console.get(LOG + first["older"]).context
        told = [row.url.split("/")[-2] for page in (first, second) for row in page["rows"]]
        assert sorted(told) == sorted(ids)
        assert (second["older"], second["newer"]) == ("", "1 newer line")

    def test_filters_stand_in_the_address(self, console: Client, alder: Tenant) -> None:
        made(alder, conversation_id="talk", tags=["project=apollo"])
        made(alder, "error")
        for query in (
            "status=failed",
            "conversation=talk",
            "tag=project%3Dapollo",
            "tenant=alder&status=answered",
        ):
            assert len(console.get(f"{LOG}?{query}").context["rows"]) == 1, query
        assert console.get(f"{LOG}?slower_than=100").context["rows"] == []

    @pytest.mark.parametrize(
        "query",
        [
            "from=noon",
            "to=1960-01-01T00:00:00%2B00:00",
            "from=9999-12-31T23:59:59-14:00",
            "cost_from=much",
            "status=odd",
            "cursor=x",
            "user=nobody@x",
        ],
    )
    def test_what_cannot_be_read_is_told(self, console: Client, query: str) -> None:
        assert console.get(f"{LOG}?{query}").context["problems"]

    def test_it_takes_the_same_queries_however_many_lines_there_are(
        self, console: Client, alder: Tenant
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                console.get(LOG)
            return len(captured)

        made(alder)
        refused(alder)
        few = queries()
        for number in range(30):
            made(alder, "error", "ok")
            refused(alder, rule=f"rule {number}")
        assert queries() <= few <= 32


class TestSearch:
    def test_a_request_id_leads_to_its_call(self, console: Client, alder: Tenant) -> None:
        id_ = made(alder, request_id="my-own-id")
        answer = console.get(LOG, {"q": " my-own-id "})
        assert answer["Location"] == f"{LOG}{id_}/"

    def test_a_429s_request_id_leads_to_its_refusal(self, console: Client, alder: Tenant) -> None:
        row = refused(alder)
        assert console.get(LOG, {"q": "req-77"})["Location"] == f"{LOG}{row.pk}/"

    @pytest.mark.parametrize("name", ["user", "token", "conversation", "tag"])
    def test_a_name_narrows_the_log(self, console: Client, alder: Tenant, name: str) -> None:
        token = ATIToken.objects.get(tenant=alder)
        made(alder, conversation_id="talk", tags=["project=apollo"])
        texts = {
            "user": "ann@alder.example",
            "token": token.prefix,
            "conversation": "talk",
            "tag": "project=apollo",
        }
        answer = console.get(LOG, {"q": texts[name]}, follow=True)
        assert answer.request["QUERY_STRING"].startswith(f"range=30d&{name}=")
        assert answer.status_code == 200

    def test_what_nobody_has_is_told(self, console: Client) -> None:
        assert "Nothing is known by “abc”" in text(console.get(LOG, {"q": "abc"}))


class TestWhoSeesWhat:
    def test_a_tenants_admin_sees_the_tenants(self, alder: Tenant) -> None:
        made(alder)
        made(rows.customer("birch"))
        assert len(browser(somebody(alder, User.Role.TENANT_ADMIN)).get(LOG).context["rows"]) == 1

    def test_a_member_sees_only_their_own(self, alder: Tenant) -> None:
        member = somebody(alder, User.Role.MEMBER)
        own, others = made(alder, user_id=member.pk), made(alder)
        refused(alder, user_id=member.pk)
        refused(alder, rule="another")
        client = browser(member)
        assert len(client.get(LOG).context["rows"]) == 2
        assert client.get(f"{LOG}{own}/").status_code == 200
        assert client.get(f"{LOG}{others}/").status_code == 404
        assert client.get(LOG, {"q": str(others)}).status_code == 200

    def test_another_tenants_call_is_not_found(self, alder: Tenant) -> None:
        birch = rows.customer("birch")
        client = browser(somebody(alder, User.Role.TENANT_ADMIN))
        for id_ in (made(birch), refused(birch).pk, uuid7()):
            assert client.get(f"{LOG}{id_}/").status_code == 404


class TestACall:
    @pytest.fixture
    def told(self, alder: Tenant) -> UUID:
        """Of $0.015787: it failed at first, is settled, and stands on the tenant's budget of a month."""
        ModelPrice.objects.update(effective_from=now() - timedelta(days=1))
        ModelPrice.objects.update(input="1.25", cached_input="0.125", output="10")
        id_ = made(
            alder, "error", "ok", input_tokens=6_412, cached_input_tokens=4_096, output_tokens=1_238,
            reasoning_tokens=410, cost_nano_usd=15_787_000, tags=["project=apollo"],
        )  # fmt: skip
        UsageLog.objects.filter(attempt=1).update(
            input_tokens=0, output_tokens=0, cached_input_tokens=0, reasoning_tokens=0
        )
        moment = now()
        budget = Budget.objects.get(tenant=alder)
        meter = UsageMeter.objects.create(
            subject_type="tenant", subject_id=str(alder.pk), tenant_id=alder.pk, dimension="cost", window="month",
            window_start=moment - timedelta(days=3), timezone="UTC", week_start=0, used=4_015_787_000,
        )  # fmt: skip
        LimitWatch.objects.create(
            meter_id=meter.pk, budget_id=budget.pk, limit=budget.amount, thresholds="80", episodes=0
        )
        ReservationFactory(
            id=id_, tenant_id=alder.pk, state=1, created_at=moment, ended_at=moment, cost_nano_usd=87_315_000,
            meter_ids=[meter.pk], amounts=[87_315_000], unenforced=[0], flags=[0], input_tokens=6_900,
            output_tokens=4_096,
        )  # fmt: skip
        LedgerEntry.objects.create(
            id=derived_id(id_, 0), reservation_id=id_, tenant_id=alder.pk, kind=1, recorded_at=moment,
            meter_ids=[meter.pk], charges=[15_787_000], cost_nano_usd=15_787_000,
        )  # fmt: skip
        return id_

    def test_it_is_told_from_the_request_to_the_budgets(self, console: Client, told: UUID) -> None:
        shown = text(console.get(f"{LOG}{told}/"))
        for words in (
            "after sandbox failed once",
            "Chat was asked for",
            "allowed it and held $0.087315",
            "6,900 tokens in and 4,096 out",
            "2 attempts, 1 of them failed",
            "Charged $0.015787, gave back $0.071528",
            "$0.002895",
            "$0.000512",
            "$0.01238",
            "of them 410 reasoning",
            "$4.00",
            "$4.015787",
            "80.3\N{NO-BREAK SPACE}% of $5.00",
            "project=apollo",
        ):
            assert words in shown, words

    def test_prices_are_not_told_where_they_make_another_sum(self, console: Client, told: UUID) -> None:
        ModelPrice.objects.update(output="11")
        shown = text(console.get(f"{LOG}{told}/"))
        assert "A million" not in shown
        assert "1,238" in shown

    def test_a_correction_stands_at_its_end(self, console: Client, told: UUID, alder: Tenant) -> None:
        LedgerEntry.objects.create(
            id=derived_id(told, 2), reservation_id=told, tenant_id=alder.pk, kind=5, recorded_at=now(),
            meter_ids=[], charges=[], cost_nano_usd=-5_787_000, reason="the vendor's credit note",
        )  # fmt: skip
        shown = text(console.get(f"{LOG}{told}/"))
        assert "Corrected by hand: -$0.005787" in shown
        assert "the vendor&#x27;s credit note" in shown
        assert '<b data-figure="cost">$0.01</b>' in shown

    @pytest.mark.parametrize(
        ("state", "words"),
        [(0, "until it ends"), (2, "what it held was given back")],
        ids=["held", "released"],
    )
    def test_a_call_without_attempts_is_told(
        self, console: Client, alder: Tenant, state: int, words: str
    ) -> None:
        row = ReservationFactory(tenant_id=alder.pk, state=state, cost_nano_usd=5_000_000)
        assert words in text(console.get(f"{LOG}{row.pk}/"))

    def test_a_call_whose_hold_is_gone_is_told(self, console: Client, told: UUID) -> None:
        UsageReservation.objects.all().delete()
        assert "What it held is not kept any more" in text(console.get(f"{LOG}{told}/"))

    def test_it_takes_the_same_queries_whatever_its_attempts(
        self, console: Client, told: UUID, alder: Tenant
    ) -> None:
        def queries(id_: UUID) -> int:
            with CaptureQueriesContext(connection) as captured:
                console.get(f"{LOG}{id_}/")
            return len(captured)

        assert queries(told) <= 45
        assert queries(made(alder, *["error"] * 30, "ok")) <= 45


class TestARefusal:
    def test_it_says_which_limit_and_leads_to_it(self, console: Client, alder: Tenant) -> None:
        budget = Budget.objects.get(tenant=alder)
        row = refused(
            alder,
            rule_id=budget.pk,
            trace=[
                {"rule": "tenant cost/day", "value": 5_000_000_000, "source": "tenant", "outcome": "no room",
                 "requested": 90_000_000, "left": 2_000_000, "source_id": str(budget.pk)},
                {"rule": "max_tokens_out", "value": 500, "source": "plan PRO", "outcome": "in force"},
                {"rule": "max_tokens_out", "value": 900, "source": "global", "outcome": "overridden"},
            ],
        )  # fmt: skip
        answer = console.get(f"{LOG}{row.pk}/")
        shown = text(answer)
        for words in (
            "Day budget.",
            "The budget has no room.",
            "Tenant: cost a day",
            "$5.00",
            "$0.09",
            "no room",
            "Tokens out",
            "1 more rule had nothing to add",
            "Look at the limit and raise it",
        ):
            assert words in shown, words
        assert f"/budget/{budget.pk}/change/" in shown

    def test_a_rule_is_raised_for_the_one_tenant(self, console: Client, alder: Tenant) -> None:
        row = refused(alder, code="input_too_large", rule="plan max_tokens_in", message="Too long.")
        shown = text(console.get(f"{LOG}{row.pk}/"))
        assert "Raise it for Alder alone" in shown
        assert "/tenants/alder/limit/?key=max_tokens_in" in shown

    @pytest.mark.parametrize(
        ("role", "words"),
        [
            (User.Role.TENANT_ADMIN, "operator sets this limit"),
            (User.Role.MEMBER, "An administrator of your tenant"),
        ],
        ids=["admin", "member"],
    )
    def test_who_may_not_raise_it_is_told_who_may(self, alder: Tenant, role: User.Role, words: str) -> None:
        person = somebody(alder, role)
        row = refused(alder, user_id=person.pk)
        shown = text(browser(person).get(f"{LOG}{row.pk}/"))
        assert words in shown
        assert "See the budgets" in shown

    def test_a_tenant_is_not_told_what_all_share(self, alder: Tenant) -> None:
        row = refused(
            alder, message="$9,999.01 used of the gateway's", rule="global cost/day",
            trace=[{"rule": "global cost/day", "value": 10**13, "source": "global", "outcome": "no room",
                    "requested": 1, "left": 990_000_000, "used": 9_999_010_000_000, "shared": True}],
        )  # fmt: skip
        shown = text(browser(somebody(alder, User.Role.TENANT_ADMIN)).get(f"{LOG}{row.pk}/"))
        assert "A limit that all tenants share has no room." in shown
        assert "9,999.01" not in shown
        assert "$0.99" not in shown

    def test_another_limit_that_all_share_hides_nothing_of_the_one_that_decided(self, alder: Tenant) -> None:
        own, other = uuid7(), uuid7()
        step = {"value": 9, "source": "tenant", "outcome": "no room", "requested": 1}
        row = refused(
            alder, message="The budget tenant cost/day has no room.", rule_id=own,
            trace=[{**step, "rule": "global cost/day", "source_id": str(other), "shared": True},
                   {**step, "rule": "tenant cost/day", "source_id": str(own)}],
        )  # fmt: skip
        shown = text(browser(somebody(alder, User.Role.TENANT_ADMIN)).get(f"{LOG}{row.pk}/"))
        assert "The budget tenant cost/day has no room." in shown

    def test_operators_are_told_what_all_have_used_from_the_trace(
        self, console: Client, alder: Tenant
    ) -> None:
        row = refused(
            alder, message="The budget global cost/day has no room.", rule="global cost/day",
            trace=[{"rule": "global cost/day", "value": 10**13, "source": "global", "outcome": "no room",
                    "requested": 1, "left": 990_000_000, "used": 9_999_010_000_000, "held": 0, "shared": True}],
        )  # fmt: skip
        shown = text(console.get(f"{LOG}{row.pk}/"))
        assert "$9,999.01 used" in shown

    @pytest.mark.parametrize(
        ("code", "message", "words"),
        [
            ("token_expired", "This ATI token expired at 2026-11-01 10:00 UTC.", "refused: token expired"),
            ("invalid_credential", "This ATI token was revoked. Ask.", "refused: token revoked"),
            ("tenant_suspended", "The tenant is suspended.", "refused: tenant suspended"),
        ],
        ids=["expired", "revoked", "suspended"],
    )
    def test_refused_credentials_are_in_the_log(
        self, console: Client, alder: Tenant, code: str, message: str, words: str
    ) -> None:
        token = ATIToken.objects.get(tenant=alder)
        refused(alder, code=code, rule=code, message=message, token_id=token.pk, task="")
        shown = text(console.get(LOG))
        assert words in shown
        assert token.name in shown


def test_the_csv_is_the_filtered_log_and_runs_nothing(console: Client, alder: Tenant) -> None:
    id_ = made(alder, conversation_id="=cmd()", cost_nano_usd=5_000_000)
    made(alder, "error")
    answer = console.get(LOG, {"status": "answered", "format": "csv"})

    async def parts() -> bytes:
        return b"".join([part async for part in answer])

    [row] = csv.DictReader(io.StringIO(async_to_sync(parts)().decode()))
    assert (row["id"], row["cost_usd"], row["conversation"]) == (str(id_), "0.005", "'=cmd()")
