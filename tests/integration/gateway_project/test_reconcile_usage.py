"""Vendors' own figures beside the ledger: each vendor's format over HTTP, what differs and why, and what is booked."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.models import Sum

from gateway_project.vendor_reports import openai
from gateway_project.vendor_reports.exchange import Reports
from launcher.process import wait_until
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import Attempt, HoldLine, MeterKey, Reserve, Settle
from metering.management.ledger import submit_all
from metering.models import AuditEvent, LedgerEntry, Provider, ReconciledDay, Tenant, UsageMeter
from metering.reconciliation.reconcile import reconcile_usage
from metering.types import Dimension, EntryKind, EstimateReason, Outcome, Window
from tests.factories import ModelFactory, PriceFactory, alder, birch
from tests.fakes.vendor_reports import KEY, Answer, Asked, Fact, ReportServer, served_reports
from tests.integration.metering.management.asking import answer, refusal

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
PERIOD = ("--since", str(TODAY - timedelta(days=2)), "--until", str(TODAY + timedelta(days=1)))
INPUT, OUTPUT = 1_000, 100
COST = INPUT * 2_000 + OUTPUT * 8_000
"""Nano-USD of a call at $2 and $8 per million tokens."""
MODEL = {
    "openai": "gpt-4o",
    "claude": "claude-sonnet-4",
    "gemini": "gemini-2.5-flash",
    "xai": "grok-4",
    "openrouter": "openai/gpt-4o",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReportServer]:
    secret = tmp_path / "key"
    secret.write_text(f"{KEY}\n")
    with served_reports() as found:
        for name in ("OPENAI_ADMIN", "ANTHROPIC_ADMIN", "XAI_MANAGEMENT", "OPENROUTER_MANAGEMENT"):
            monkeypatch.setenv(f"{name}_KEY_FILE", str(secret))
            monkeypatch.setenv(f"{name}_BASE_URL", found.base_url)
        monkeypatch.setenv("XAI_TEAM_ID", "team-1")
        monkeypatch.setenv("GOOGLE_BILLING_TOKEN_FILE", str(secret))
        monkeypatch.setenv("GOOGLE_BILLING_BASE_URL", found.base_url)
        monkeypatch.setenv("GOOGLE_BILLING_TABLE", "acme.billing.gcp_billing_export_v1_01")
        yield found


def provider(name: str) -> str:
    """A provider of that vendor with one model at $2 and $8, and the model."""
    kind = {"claude": Provider.Kind.ANTHROPIC, "gemini": Provider.Kind.GEMINI}.get(
        name, Provider.Kind.OPENAI_COMPATIBLE
    )
    vendor = name if kind is Provider.Kind.OPENAI_COMPATIBLE else ""
    row = Provider.objects.create(name=name, kind=kind, vendor=vendor, base_url="http://127.0.0.1:9/v1")
    model = ModelFactory(name=f"our-{name}", provider=row, physical_name=MODEL[name])
    PriceFactory(
        model=model,
        input=2,
        output=8,
        cached_input=2,
        cache_write=2,
        effective_from=NOON - timedelta(days=90),
    )
    return MODEL[name]


def called(tenant: Tenant, provider_name: str, *, markup: int = 0, at: datetime = NOON, **facts: Any) -> UUID:
    """A call through the real ledger that counts on a budget of its tenant, charged with a markup in percent."""
    cost, model = facts.pop("cost", COST), facts.pop("model", f"our-{provider_name}")
    own = facts.pop("labels", {})
    id_ = uuid7()
    meter = MeterKey(
        subject_type="tenant",
        subject_id=str(tenant.pk),
        tenant_id=tenant.pk,
        dimension=Dimension.COST,
        window=Window.TOTAL,
    )
    attempt = Attempt(
        number=1, provider_name=provider_name, started_at=at, latency_ms=1_000,
        cost_nano_usd=cost * (100 + markup) // 100,
        **{
            "response_model": "", "input_tokens": INPUT, "output_tokens": OUTPUT,
            "list_cost_nano_usd": cost if markup else None, **facts,
        },
    )  # fmt: skip
    labels = Labels(request_id="r", task="LLM0_CHAT", request_model=model, provider_name=provider_name, **own)
    hold = Reserve(
        reservation_id=id_, tenant_id=tenant.pk, labels=labels,
        lines=(HoldLine(meter=meter, amount=10 * cost, limit=10**15),),
    )  # fmt: skip
    submit_all([hold])
    submit_all([Settle(reservation_id=id_, attempts=(attempt,))])
    return id_


def fact(model: str, calls: int, **facts: Any) -> Fact:
    """Of so many plain calls, as the vendor has them."""
    usual = {
        "requests": calls,
        "input": calls * INPUT,
        "output": calls * OUTPUT,
        "usd": Decimal(calls * COST) / 10**9,
    }
    return Fact(day=TODAY, model=model, **{**usual, **facts})


def reconcile(name: str, *more: str) -> Any:
    return answer("reconcile_usage", "--provider", name, *PERIOD, *(more or ("--fetch",)))


def the_day(found: Any) -> Any:
    [day] = [day for day in found["days"] if day["day"] == str(TODAY)]
    return day


def used(tenant: Tenant) -> int:
    return UsageMeter.objects.get(tenant_id=tenant.pk).used


@pytest.mark.parametrize("name", list(MODEL))
def test_what_the_vendor_and_the_ledger_agree_on_has_no_cause(server: ReportServer, name: str) -> None:
    model = provider(name)
    called(alder(), name, markup=25)
    called(birch(), name)
    called(birch(), name, own_key=True, cost=0, list_cost_nano_usd=COST)
    server.facts = [fact(model, 2)]
    server.extra = {"a_field_of_tomorrow": {"x": [1]}}
    day = the_day(reconcile(name))
    assert day["causes"] in ({}, {"rounding": day["causes"].get("rounding")})
    assert Decimal(day["metered_usd"]) == Decimal(2 * COST) / 10**9
    assert Decimal(day["vendor_usd"]) == pytest.approx(Decimal(day["metered_usd"]), abs=Decimal("0.00000001"))
    assert day["metered_requests"] == 2
    if name in ("openai", "claude", "gemini", "openrouter"):
        assert (day["vendor_input_tokens"], day["vendor_output_tokens"]) == (2 * INPUT, 2 * OUTPUT)
    row = ReconciledDay.objects.get(provider_name=name, day=TODAY)
    assert (row.metered_nano_usd, abs(row.own_difference_nano_usd) < 10) == (2 * COST, True)
    assert LedgerEntry.objects.filter(kind=EntryKind.ADJUST).count() == 0
    assert len(server.asked) >= {"openai": 6, "claude": 4, "gemini": 3, "xai": 1, "openrouter": 3}[name]


def test_each_difference_has_its_cause_and_what_is_ours_is_booked_once(server: ReportServer) -> None:
    model = provider("openai")
    for tenant in (alder(), alder(), birch()):
        called(tenant, "openai", markup=-93 if tenant == alder() else 0)
    guess = {"estimated": True, "estimate_reason": EstimateReason.CUT, "outcome": Outcome.CUT}
    called(birch(), "openai", output_tokens=500, cost=INPUT * 2_000 + 500 * 8_000, **guess)
    mini = ModelFactory(name="our-mini", provider_id="openai", physical_name="gpt-4o-mini")
    PriceFactory(model=mini, input=2, output=8, cached_input=2, cache_write=2, effective_from=NOON)
    called(birch(), "openai", model=mini.name)
    # The vendor: the cut answer had 60 tokens, each token costs 10 % more, and two calls came past the gateway.
    tokens = {"input": 4 * INPUT, "output": 3 * OUTPUT + 60, "requests": 4}
    nano = (tokens["input"] * 2_000 + tokens["output"] * 8_000) * 11 // 10
    server.facts = [
        fact(model, 0, **tokens, usd=Decimal(nano) / 10**9),
        fact("gpt-4o-mini", 3),
        Fact(day=TODAY, model="o9-unheard-of", requests=1, input=10, output=10, usd=Decimal("0.5")),
    ]
    before = (used(alder()), used(birch()))
    found = reconcile("openai")
    days = {day["model"]: day for day in found["days"] if day["day"] == str(TODAY)}
    causes = days[model]["causes"]
    assert set(causes) == {"priced_otherwise", "cut"}
    assert sum(map(Decimal, causes.values())) == Decimal(days[model]["difference_usd"])
    assert Decimal(causes["cut"]) == Decimal(-440 * 8_000) / 10**9
    assert days["gpt-4o-mini"]["causes"] == {"foreign": str(Decimal(2 * COST) / 10**9)}
    unknown = days["o9-unheard-of-2026-08-06"]
    assert (unknown["known"], unknown["causes"]) == (False, {"foreign": "0.5"})
    assert used(alder()) == before[0]

    booked = reconcile("openai", "--fetch", "--book")["booked"]
    assert (booked["refused"], booked["left_usd"]) == ({}, "0")
    charged = used(alder()) + used(birch()) - sum(before)
    assert Decimal(booked["charged_usd"]) == Decimal(charged) / 10**9
    # Alder's share of the price has its discount; nothing of the calls that were cut is Alder's.
    price = Decimal(causes["priced_otherwise"]) * 10**9
    share = 2 * COST / Decimal(3 * COST + INPUT * 2_000 + 500 * 8_000)
    assert used(alder()) - before[0] == pytest.approx(price * share * Decimal("0.07"), abs=3)
    corrected = LedgerEntry.objects.filter(kind=EntryKind.ADJUST).aggregate(n=Sum("output_tokens"))["n"]
    assert corrected == -440
    assert answer("verify_ledger")["ok"]
    event = AuditEvent.objects.get(action="usage.reconciled")
    assert event.facts["corrections"] == booked["corrections"]

    entries = LedgerEntry.objects.count()
    again = reconcile("openai", "--fetch", "--book")
    assert (again["booked"]["corrections"], LedgerEntry.objects.count()) == (0, entries)
    assert {day["model"]: day["causes"] for day in again["days"] if day["day"] == str(TODAY)}[model] == causes
    assert the_difference_left(again, model) == pytest.approx(Decimal(0), abs=Decimal("0.00000001"))


def test_what_another_model_answered_is_compared_and_corrected_with_that_models_own_calls(
    server: ReportServer,
) -> None:
    asked, other = provider("openrouter"), "anthropic/claude-sonnet-5.5"
    ModelFactory(name="our-other", provider_id="openrouter", physical_name=other)
    called(alder(), "openrouter")
    called(alder(), "openrouter", response_model=other, service_tier="standard+other_models")
    called(birch(), "openrouter", model="our-other")
    server.facts = [fact(asked, 1), fact(other, 2, usd=Decimal(2 * COST) / 10**9 * 2)]
    before = (used(alder()), used(birch()))
    found = reconcile("openrouter", "--fetch", "--book")
    days = {day["model"]: day for day in found["days"] if day["day"] == str(TODAY)}
    assert days.keys() == {asked, other}
    assert Decimal(days[asked]["difference_usd"]) == 0
    assert days[other]["metered_requests"] == 2
    assert (used(alder()) - before[0], used(birch()) - before[1]) == (COST, COST)
    assert reconcile("openrouter", "--fetch", "--book")["booked"]["corrections"] == 0


def test_a_booking_that_is_killed_anywhere_is_finished_by_the_next_one_and_nothing_is_booked_twice(
    server: ReportServer,
) -> None:
    model = provider("openai")
    for tenant in (alder(), birch()):
        for _ in range(3):
            called(tenant, "openai", markup=30)
    people = [uuid7() for _ in range(4)]
    for user_id in people:
        called(alder(), "openai", labels={"user_id": user_id})
    server.facts = [fact(model, 10, usd=Decimal(7 * COST) / 10**9)]
    ends = [book_until_killed(after) for after in (0, 1, 1, 2)]
    assert ends == [-signal.SIGKILL] * 4
    assert 2 <= LedgerEntry.objects.filter(kind=EntryKind.ADJUST).count() < 6
    found = reconcile("openai", "--fetch", "--book")
    assert the_difference_left(found, model) == pytest.approx(Decimal(0), abs=Decimal("0.00000001"))
    assert reconcile("openai", "--fetch", "--book")["booked"]["corrections"] == 0
    by_tenant = {
        row["tenant_id"]: row["n"]
        for row in LedgerEntry.objects.filter(kind=EntryKind.ADJUST)
        .values("tenant_id")
        .annotate(n=Sum("cost_nano_usd"))
    }
    # Three tenths less: of three calls with the markup, and Alder's four without.
    assert by_tenant[birch().pk] == pytest.approx(-3 * COST * 3 // 10 * 1.3, abs=10)
    assert by_tenant[alder().pk] == pytest.approx(-3 * COST * 3 // 10 * 1.3 - 4 * COST * 3 // 10, abs=20)
    assert answer("verify_ledger")["ok"]


def book_until_killed(after: int) -> int:
    """The signal that ended a process which was killed while it booked: before its next correction was sent, or after
    it was carried out and before anybody was told."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        left = [after]

        def submit(commands: Any) -> Any:
            for command in commands:
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                submit_all([command])
                left[0] -= 1
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            with Reports(openai.SOURCE.vendor()) as reports:
                pages = list(openai.SOURCE.documents(reports, TODAY, TODAY + timedelta(days=1)))
            lines = [line for page in pages for line in openai.read(page)]
            reconcile_usage(
                provider="openai", lines=lines, since=TODAY, until=TODAY + timedelta(days=1), actor="a test", now=NOON,
                submit=submit,
            )  # fmt: skip
        finally:
            os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    wait_until(lambda: not is_booking(), timeout_s=30)
    return ended


def is_booking() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')")
        return bool(cursor.fetchone()[0])


def the_difference_left(found: Any, model: str) -> Decimal:
    [day] = [day for day in found["days"] if (day["day"], day["model"]) == (str(TODAY), model)]
    return Decimal(day["difference_usd"]) - Decimal(day["booked_usd"])


def test_a_call_around_midnight_is_no_difference_of_either_day(server: ReportServer) -> None:
    model = provider("openai")
    yesterday = TODAY - timedelta(days=1)
    late = datetime(yesterday.year, yesterday.month, yesterday.day, 23, 59, 59, 500_000, tzinfo=UTC)
    called(alder(), "openai", at=late)
    called(alder(), "openai")
    server.facts = [fact(model, 2)]
    found = reconcile("openai")
    causes = {day["day"]: day["causes"] for day in found["days"]}
    one = str(Decimal(COST) / 10**9)
    assert causes == {str(yesterday): {"day_edge": f"-{one}"}, str(TODAY): {"day_edge": one}}
    assert found["total"]["own_deviation_usd"] == "0"


def test_keys_that_are_not_the_gateways_are_told_apart(server: ReportServer) -> None:
    model = provider("openai")
    called(alder(), "openai")
    server.facts = [fact(model, 1), fact(model, 3, key="key_of_somebody")]
    found = reconcile("openai", "--fetch", "--key", "key_ours")
    assert the_day(found)["causes"] == {"other_keys": str(Decimal(3 * COST) / 10**9)}
    assert {key["key"]: key["requests"] for key in found["keys"]} == {"key_ours": 1, "key_of_somebody": 3}
    assert the_day(reconcile("openai"))["causes"] == {"foreign": str(Decimal(3 * COST) / 10**9)}


def too_many(asked: Asked) -> Answer:
    return 429, b'{"error":{"message":"slow down"}}', {"retry-after": "0"}


def broken(asked: Asked) -> Answer:
    return 502, b"<html>", {}


def same_page_again(asked: Asked) -> Answer:
    page = json.loads(asked.usual()[1])
    return 200, json.dumps({**page, "has_more": True, "next_page": "page_2"}).encode(), {}


def empty_page(asked: Asked) -> Answer:
    page = json.loads(asked.usual()[1])
    return 200, json.dumps({**page, "data": []}).encode(), {}


def no_json(asked: Asked) -> Answer:
    return 200, f"<p>{KEY}".encode(), {}


def elsewhere(asked: Asked) -> Answer:
    return 307, b"", {"location": "http://127.0.0.1:9/"}


def wrong_type(asked: Asked) -> Answer:
    return 200, asked.usual()[1].replace(b'"input_tokens": 1000', b'"input_tokens": "a lot"'), {}


def not_allowed(asked: Asked) -> Answer:
    return 403, f'{{"error":"{KEY} may not"}}'.encode(), {}


def test_a_vendor_that_wants_to_be_asked_later_is(server: ReportServer) -> None:
    model = provider("openai")
    called(alder(), "openai")
    server.facts = [fact(model, 1)]
    server.oddities = [too_many, too_many, None, too_many]
    assert the_day(reconcile("openai"))["causes"] == {}


@pytest.mark.parametrize(
    ("oddity", "says"),
    [
        (same_page_again, "same page twice"),
        (no_json, "no JSON"),
        (elsewhere, "redirect"),
        (wrong_type, "input_tokens is no number"),
        (not_allowed, "refuses the key"),
    ],
)
def test_a_report_that_is_not_as_documented_is_refused_and_changes_nothing(
    server: ReportServer, oddity: Any, says: str
) -> None:
    model = provider("openai")
    called(alder(), "openai")
    server.facts = [fact(model, 1)]
    server.oddities = [None, oddity, oddity]
    problem = str(refusal("reconcile_usage", "--provider", "openai", *PERIOD, "--fetch", "--book"))
    assert says in problem
    assert KEY not in problem
    assert not ReconciledDay.objects.exists()
    assert not LedgerEntry.objects.filter(kind=EntryKind.ADJUST).exists()


def test_an_empty_page_is_a_page(server: ReportServer) -> None:
    provider("openai")
    server.oddities = [empty_page, empty_page]
    assert reconcile("openai")["total"]["vendor_usd"] == "0"


def test_a_file_of_other_days_is_not_booked_as_if_nothing_had_been_used(tmp_path: Path) -> None:
    model = provider("openai")
    called(alder(), "openai", estimated=True, estimate_reason=EstimateReason.MISSING)
    file = tmp_path / "invoice.csv"
    file.write_text(INVOICE.format(day=TODAY - timedelta(days=30), model=model, usd="0.0028"))
    problem = refusal("reconcile_usage", "--provider", "openai", *PERIOD, str(file), "--book")
    assert "has no line of" in str(problem)
    assert not LedgerEntry.objects.filter(kind=EntryKind.ADJUST).exists()
    assert reconcile("openai", str(file))["total"]["vendor_usd"] == "0"


INVOICE = "day,model,requests,input_tokens,output_tokens,cost_usd\n{day},{model},1,1000,100,{usd}\n"


def test_an_invoice_as_csv_is_enough_and_its_last_digit_is_no_difference(tmp_path: Path) -> None:
    model = provider("openai")
    called(alder(), "openai")
    file = tmp_path / "invoice.csv"
    file.write_text(INVOICE.format(day=TODAY, model=model, usd="0.003"))
    assert set(the_day(reconcile("openai", str(file)))["causes"]) == {"rounding"}
    file.write_text(INVOICE.format(day=TODAY, model=model, usd="0.30"))
    assert set(the_day(reconcile("openai", str(file)))["causes"]) == {"priced_otherwise"}
    file.write_text(INVOICE.format(day="03.11.2026", model=model, usd="1"))
    assert "Line 2: its day" in str(refusal("reconcile_usage", "--provider", "openai", *PERIOD, str(file)))


def test_days_of_an_invoice_may_be_of_another_zone(tmp_path: Path) -> None:
    model = provider("openai")
    called(alder(), "openai", at=NOON - timedelta(hours=11))  # yesterday, in Los Angeles
    file, yesterday = tmp_path / "invoice.csv", TODAY - timedelta(days=1)
    file.write_text(INVOICE.format(day=yesterday, model=model, usd="0.0028"))
    found = reconcile("openai", str(file), "--timezone", "America/Los_Angeles")
    assert [(day["day"], day["causes"]) for day in found["days"]] == [(str(yesterday), {})]
    assert found["total"]["metered_usd"] == "0.0028"
    bad = refusal("reconcile_usage", "--provider", "openai", *PERIOD, str(file), "--timezone", "Mars")
    assert "no time zone" in str(bad)


@pytest.mark.parametrize("how", ["asked for", "saved"])
def test_a_vendors_own_report_is_not_compared_with_days_of_another_zone(
    server: ReportServer, tmp_path: Path, how: str
) -> None:
    """Its days are of UTC: what differs would be booked."""
    provider("openai")
    saved = tmp_path / "report.json"
    saved.write_text("[]")
    place = "--fetch" if how == "asked for" else str(saved)
    ask = ("reconcile_usage", "--provider", "openai", *PERIOD, place, "--timezone")
    assert "for the days of a CSV" in str(refusal(*ask, "Asia/Tokyo"))
    assert answer(*ask, "UTC")["days"] == []


def test_a_saved_report_is_read_as_the_vendor_wrote_it(server: ReportServer, tmp_path: Path) -> None:
    model = provider("openrouter")
    called(alder(), "openrouter")
    file = tmp_path / "generations.jsonl"
    generation = {
        "id": "gen-1", "model": model, "total_cost": COST / 10**9, "created_at": f"{TODAY}T11:00:00.5Z",
        "tokens_prompt": 7, "tokens_completion": 7, "native_tokens_prompt": INPUT, "native_tokens_completion": OUTPUT,
        "origin": "", "is_byok": False,
    }  # fmt: skip
    file.write_text(f"{json.dumps({'data': generation})}\n\n")
    assert the_day(reconcile("openrouter", str(file)))["causes"] == {}


def test_one_process_at_a_time_books(server: ReportServer) -> None:
    model = provider("openai")
    called(alder(), "openai")
    server.facts = [fact(model, 1, usd=Decimal(1))]
    other = connection.copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('metering.reconcile openai', 0))")
            problem = str(refusal("reconcile_usage", "--provider", "openai", *PERIOD, "--fetch", "--book"))
            assert "Another process books" in problem
    finally:
        other.close()


def test_what_is_asked_for_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    provider("openai")
    ask = ("reconcile_usage", "--provider", "openai")
    assert "no provider" in str(refusal("reconcile_usage", "--provider", "nobody", *PERIOD, "--fetch"))
    assert "OPENAI_ADMIN_KEY" in str(refusal(*ask, *PERIOD, "--fetch"))
    assert "either a file or --fetch" in str(refusal(*ask, *PERIOD))
    assert "not a day" in str(refusal(*ask, "--since", "yesterday", "--until", "2026-01-01", "--fetch"))
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    assert "must end after" in str(refusal(*ask, "--since", "2026-01-02", "--until", "2026-01-01", "--fetch"))
    assert "At most" in str(refusal(*ask, "--since", "2025-01-01", "--until", "2026-01-01", "--fetch"))
