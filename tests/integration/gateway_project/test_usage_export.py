"""Whatever a billing system answers, and wherever an exporting process is killed: the sum of what was exported is the
sum of the ledger, and no row is there twice."""

import csv
import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Sum
from django.utils.timezone import now

from gateway_project.billing import tasks
from gateway_project.billing.csv_files import CsvFiles
from gateway_project.billing.openmeter import OpenMeter
from gateway_project.billing.stripe import Stripe
from metering.ledger.windows import EPOCH
from metering.models import AuditEvent, BillingProfile, ExportPosition, LedgerEntry
from metering.usage_export.position import ExportedElsewhere, begin
from metering.usage_export.run import export_usage
from metering.usage_export.settle_pending import Fate, settle_pending
from metering.usage_export.target import Target
from tests.factories import alder, birch
from tests.fakes.billing_systems import BillingSystem, Exchange, served
from tests.support.ended_calls import corrected, expired, settled, trued_up

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
MOST_RUNS = 60


class SmallBatches(OpenMeter):
    entries_at_once = 2


class SmallFiles(CsvFiles):
    entries_at_once = 4


@pytest.fixture
def system() -> Iterator[BillingSystem]:
    with served(BillingSystem(customers=frozenset({"cus_alder", "cus_birch"}))) as found:
        yield found


def fill_ledger() -> None:
    """Calls of two tenants with all that can happen to them, from long ago until just now."""
    for tenant, customer in ((alder(), "cus_alder"), (birch(), "cus_birch")):
        BillingProfile.objects.create(tenant=tenant, customer_id=customer)
    start = now() - timedelta(hours=3)
    failed = {"outcome": "error", "cost_nano_usd": 0, "input_tokens": 0, "output_tokens": 0}
    settled(alder(), start, {"cost_nano_usd": 123_456_789_013})
    settled(alder(), start + MINUTE, failed, {"cost_nano_usd": 7}, {"cost_nano_usd": 1_000})
    unknown = expired(birch(), start + 2 * MINUTE, cost=500)
    call = settled(birch(), start + 90 * MINUTE, {"cost_nano_usd": 11})
    trued_up(unknown, cost=450, recorded_at=start + 91 * MINUTE)
    corrected(birch(), call, by=-3, recorded_at=start + 91 * MINUTE, reason="a credit")
    twice = settled(birch(), start + 3 * MINUTE, {"cost_nano_usd": 2}, {"cost_nano_usd": 4})
    corrected(birch(), twice, by=8, recorded_at=start + 91 * MINUTE, reason="its id is the second attempt's")
    settled(alder(), start + 2 * MINUTE, {"cost_nano_usd": 40}, recorded_at=start + 91 * MINUTE)


def in_ledger() -> int:
    return int(LedgerEntry.objects.aggregate(total=Sum("cost_nano_usd"))["total"])


def export(target: Target) -> ExportPosition:
    """Until nothing is left and nothing went wrong."""
    begin(target=target.name, since=EPOCH, now=now())
    for _ in range(MOST_RUNS):
        row = export_usage(target, clock=now)
        if not row.last_error:
            return row
    raise AssertionError(row.last_error)


def openmeter(system: BillingSystem) -> Target:
    return SmallBatches(base_url=system.base_url, api_key=system.key)


def stripe(system: BillingSystem) -> Target:
    return Stripe(base_url=system.base_url, api_key=system.key, event_name="llm_cost")


BOTH = pytest.mark.parametrize("made", [openmeter, stripe])
Made = Callable[[BillingSystem], Target]


@BOTH
def test_all_is_exported_once_corrections_as_rows_of_their_own(system: BillingSystem, made: Made) -> None:
    fill_ledger()
    row = export(made(system))
    assert system.nano_usd == row.sent_nano_usd == in_ledger()
    call = settled(alder(), now() - 60 * MINUTE, {"cost_nano_usd": 5})
    corrected(alder(), call, by=100, recorded_at=now() - 59 * MINUTE, reason="an invoice")
    again = export(made(system))
    assert system.nano_usd == again.sent_nano_usd == in_ledger()
    assert again.rows == row.rows + 2 == len(system.events)
    assert system.again == []


def test_an_event_says_whose_what_and_how_much(system: BillingSystem) -> None:
    call = settled(alder(), now() - 60 * MINUTE, {"cost_nano_usd": 1_500_000_001, "cached_input_tokens": 30})
    export(openmeter(system))
    [event] = system.events.values()
    assert (event["subject"], event["type"], event["source"]) == (alder().slug, "llm.usage", "llm-gateway")
    data = event["data"]
    assert (data["model"], data["provider"], data["call"]) == ("sandbox-small", "sandbox", str(call))
    assert (data["requests"], data["input_tokens"], data["cached_input_tokens"]) == (1, 100, 30)
    assert (data["cost_usd"], data["cost_nano_usd"], data["kind"]) == (
        "1.500000001",
        1_500_000_001,
        "attempt",
    )


def test_stripe_gets_no_row_of_a_tenant_without_a_customer_and_the_position_says_what_was_left_out(
    system: BillingSystem,
) -> None:
    fill_ledger()
    BillingProfile.objects.filter(customer_id="cus_birch").update(customer_id="")
    row = export(stripe(system))
    assert system.nano_usd == row.sent_nano_usd
    assert row.sent_nano_usd + row.left_out_nano_usd == in_ledger()
    assert row.left_out_nano_usd == 472


def test_what_may_still_come_before_it_is_not_exported_yet(system: BillingSystem) -> None:
    settled(alder(), now() - 60 * MINUTE, {"cost_nano_usd": 1})
    settled(alder(), now(), {"cost_nano_usd": 2})
    assert export(openmeter(system)).sent_nano_usd == 1


def too_many(exchange: Exchange) -> None:
    exchange.answer(429, b'{"error":{"code":"rate_limit"}}', retry_after="7")


def broken_after_taking(exchange: Exchange) -> None:
    exchange.take()
    exchange.answer(500, b"<html>")


def silent_after_taking(exchange: Exchange) -> None:
    exchange.take()
    exchange.hang_up()


def endless(exchange: Exchange) -> None:
    exchange.take()
    exchange.answer(200, b"x" * 1_000_000)


def elsewhere(exchange: Exchange) -> None:
    exchange.answer(307, location="http://127.0.0.1:9/")


def nonsense(exchange: Exchange) -> None:
    exchange.answer(400, b"\xff[[")


@BOTH
def test_an_odd_answer_stops_it_until_the_next_run_and_nothing_is_lost_or_doubled(
    system: BillingSystem, made: Made
) -> None:
    fill_ledger()
    target = made(system)
    begin(target=target.name, since=EPOCH, now=now())
    surely_not_taken = (too_many, elsewhere, nonsense)
    for number, oddity in enumerate((*surely_not_taken, broken_after_taking, silent_after_taking, endless)):
        at = now() - (60 - number) * MINUTE
        for _ in range(2):
            settled(alder(), at, {"cost_nano_usd": 1})
        settled(alder(), at, {"cost_nano_usd": 2}, {"cost_nano_usd": 3})
        system.oddities = [None, oddity]
        row = export_usage(target, clock=now)
        assert row.failures == 1, oddity
        assert row.retry_at is not None
        assert system.key not in row.last_error
        assert (row.pending_since is None) == (oddity in surely_not_taken), oddity
        assert export(target).sent_nano_usd == system.nano_usd == in_ledger(), oddity


def run_in_a_process(target: Target, told: list[int]) -> int:
    """The signal that ended it; 0: it came to the end. It begins once its id is told."""
    connections.close_all()
    begins, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(begins, 1)
        export_usage(target, clock=now)
        os._exit(0)
    told.append(pid)
    os.write(go, b"!")
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(begins)
    os.close(go)
    return ended


@BOTH
def test_a_process_that_is_killed_at_any_request_is_followed_by_one_that_neither_skips_nor_repeats(
    system: BillingSystem, made: Made
) -> None:
    """Each request is the last of its process: before it is taken, or after that and before it is answered."""
    fill_ledger()
    begin(target=made(system).name, since=EPOCH, now=now())
    pids: list[int] = []

    def kill(exchange: Exchange) -> None:
        os.kill(pids[-1], signal.SIGKILL)
        exchange.hang_up()

    def kill_after_taking(exchange: Exchange) -> None:
        exchange.take()
        kill(exchange)

    def kill_after_answering(exchange: Exchange) -> None:
        exchange.answer(*exchange.take())
        os.kill(pids[-1], signal.SIGKILL)

    ends = []
    for oddity in [kill, kill_after_taking, kill_after_answering] * 2:
        system.oddities = [oddity]
        ends.append(run_in_a_process(made(system), pids))
    system.oddities = []
    assert ends.count(-signal.SIGKILL) >= 4
    row = export(made(system))
    assert row.sent_nano_usd == system.nano_usd == in_ledger()
    assert row.rows == len(system.events)


class DiesAt(SmallFiles):
    """Its process is killed at a batch: before its file is there, or after that."""

    def __init__(self, folder: Path, batch: int, *, before: bool) -> None:
        super().__init__(folder)
        self._at = batch, before

    def send(self, rows: Any, *, batch: int) -> None:
        if self._at == (batch, True):
            os.kill(os.getpid(), signal.SIGKILL)
        super().send(rows, batch=batch)
        if self._at == (batch, False):
            os.kill(os.getpid(), signal.SIGKILL)


def test_csv_files_have_each_row_once_wherever_their_process_is_killed(tmp_path: Path) -> None:
    fill_ledger()
    begin(target="csv", since=EPOCH, now=now())
    for batch, before in ((1, True), (1, False), (2, False), (3, True), (3, False)):
        assert run_in_a_process(DiesAt(tmp_path, batch, before=before), []) == -signal.SIGKILL
    last = (tmp_path / "usage-000003.csv").read_text()
    settled(alder(), now() - 88 * MINUTE, {"cost_nano_usd": 5})  # the next after the last one
    row = export(SmallFiles(tmp_path))
    # Whoever took the file along has all that it will ever have.
    assert (tmp_path / "usage-000003.csv").read_text() == last
    rows = [line for file in sorted(tmp_path.glob("*.csv")) for line in csv.DictReader(file.open())]
    assert sum(int(line["cost_nano_usd"]) for line in rows) == row.sent_nano_usd == in_ledger()
    assert len({line["id"] for line in rows}) == len(rows) == row.rows
    assert not list(tmp_path.glob("*.part"))


def test_rows_that_stripe_would_no_longer_know_again_wait_for_a_person(system: BillingSystem) -> None:
    fill_ledger()
    target = stripe(system)
    begin(target="stripe", since=EPOCH, now=now())
    system.oddities = [None, silent_after_taking]
    export_usage(target, clock=now)
    later = [now() + timedelta(hours=24)]
    stuck = export_usage(target, clock=lambda: later[0])
    assert "would not know it again" in stuck.last_error
    assert len(system.events) == 2
    settle_pending(target, Fate.SENT, actor="test", clock=now)
    assert AuditEvent.objects.filter(action="usage_export.pending").count() == 1
    assert export(target).sent_nano_usd == system.nano_usd == in_ledger()
    assert system.again == []


def test_one_process_at_a_time(system: BillingSystem) -> None:
    begin(target="openmeter", since=EPOCH, now=now())
    other = connection.copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('metering.usage_export openmeter', 0))")
            with pytest.raises(ExportedElsewhere):
                export_usage(openmeter(system), clock=now)
    finally:
        other.close()


def test_the_command_begins_an_export_and_the_timetable_goes_on(settings: Any, tmp_path: Path) -> None:
    settings.USAGE_EXPORT_DIR = str(tmp_path)
    fill_ledger()
    assert tasks.export_usage() == 0
    said = StringIO()
    call_command("export_usage", "--to", "csv", "--json", stdout=said)
    assert json.loads(said.getvalue())["usd"] == "123.456790532"
    settled(alder(), now() - 60 * MINUTE, {"cost_nano_usd": 5})
    assert tasks.export_usage() == 1
    assert ExportPosition.objects.get().sent_nano_usd == in_ledger()
    with pytest.raises(CommandError, match="its beginning stays"):
        call_command("export_usage", "--to", "csv", "--since", "2026-01-01")
    with pytest.raises(CommandError, match="STRIPE_API_KEY is empty"):
        call_command("export_usage", "--to", "stripe")


def test_a_fault_of_one_target_stops_no_other(settings: Any, system: BillingSystem) -> None:
    settings.OPENMETER_BASE_URL, settings.OPENMETER_API_KEY = system.base_url, "no header holds “this”"
    settings.STRIPE_BASE_URL, settings.STRIPE_API_KEY = system.base_url, system.key
    fill_ledger()
    for target in ("openmeter", "stripe"):
        begin(target=target, since=EPOCH, now=now())
    assert tasks.export_usage() == 1
    assert ExportPosition.objects.get(pk="stripe").sent_nano_usd == system.nano_usd == in_ledger()
