"""The operator's commands on the ledger, against its real store."""

import io
import json
import time
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from metering.amounts import Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import HoldLine, MeterKey, Reserve
from metering.management.ledger import submit
from metering.models import AuditEvent, Budget, UsageLog, UsageMeter, UsageReservation
from metering.types import Dimension, Window
from tests.factories import BudgetFactory, alder
from tests.integration.metering.management.asking import answer

pytestmark = pytest.mark.django_db(transaction=True)
HELD = 1_000


@pytest.fixture
def budget() -> Budget:
    return BudgetFactory(dimension="cost", window="month", amount=10_000)


def hold(budget: Budget, *, lease_s: int = 60) -> UUID:
    """A reservation of Alder that holds 1,000 nano-USD, 50 input and 20 output tokens."""
    tenant = alder()
    meter = MeterKey(
        subject_type="tenant",
        subject_id=str(tenant.pk),
        tenant_id=tenant.pk,
        dimension=Dimension.COST,
        window=Window.MONTH,
    )
    reservation_id = uuid7()
    submit(
        Reserve(
            reservation_id=reservation_id,
            tenant_id=tenant.pk,
            lines=(HoldLine(meter=meter, amount=HELD, limit=budget.amount),),
            labels=Labels(request_id="r", task="LLM0_CHAT", request_model="small", provider_name="sandbox"),
            bound=Amounts(input_tokens=50, output_tokens=20, cost_nano_usd=HELD),
            lease_s=lease_s,
        )
    )
    return reservation_id


def expired(budget: Budget) -> UUID:
    reservation_id = hold(budget, lease_s=1)
    time.sleep(1.05)
    assert answer("sweep_reservations") == {"expired": 1, "left": 0}
    return reservation_id


def used_and_held() -> tuple[int, int]:
    meter = UsageMeter.objects.get()
    return meter.used, meter.held


def ledger_balances() -> bool:
    return bool(answer("verify_ledger")["ok"])


def test_a_sweep_ends_what_is_past_its_lease_and_nothing_else(budget: Budget) -> None:
    running, over = hold(budget), hold(budget, lease_s=1)
    time.sleep(1.05)
    assert answer("sweep_reservations") == {"expired": 1, "left": 0}
    states = dict(UsageReservation.objects.values_list("id", "state"))
    assert (states[running], states[over]) == (0, 3)
    assert used_and_held() == (HELD, HELD)
    assert answer("sweep_reservations") == {"expired": 0, "left": 0}


class TestResolve:
    def test_a_released_hold_costs_nothing(self, budget: Budget) -> None:
        done = answer("resolve_reservation", str(hold(budget)), "--release")
        assert (done["state"], done["decision"]) == ("released", "released")
        assert used_and_held() == (0, 0)
        assert AuditEvent.objects.get(action="reservation.resolved").facts == {"decision": "released"}
        assert ledger_balances()

    def test_an_expired_one_gives_its_provisional_charge_back(self, budget: Budget) -> None:
        reservation_id = expired(budget)
        assert used_and_held() == (HELD, 0)
        answer("resolve_reservation", str(reservation_id), "--release")
        assert used_and_held() == (0, 0)
        assert ledger_balances()

    def test_the_true_usage_replaces_a_provisional_charge(self, budget: Budget) -> None:
        reservation_id = expired(budget)
        cost = ("--charge", "0.0000004", "--input-tokens", "30")
        assert answer("resolve_reservation", str(reservation_id), *cost)["decision"] == "charged"
        assert used_and_held() == (400, 0)
        row = UsageLog.objects.get()
        assert (row.cost_nano_usd, row.input_tokens, row.output_tokens) == (400, 30, 20)
        assert row.estimated
        assert ledger_balances()

    def test_a_charge_without_an_amount_is_what_was_held(self, budget: Budget) -> None:
        answer("resolve_reservation", str(hold(budget)), "--charge")
        assert used_and_held() == (HELD, 0)
        row = UsageLog.objects.get()
        assert (row.cost_nano_usd, row.input_tokens, row.output_tokens) == (HELD, 50, 20)
        assert ledger_balances()

    def test_the_same_decision_again_is_the_same_answer(self, budget: Budget) -> None:
        reservation_id = str(hold(budget))
        first = answer("resolve_reservation", reservation_id, "--charge", "0.0000001")
        again = answer("resolve_reservation", reservation_id, "--charge", "0.0000001")
        assert (first["replayed"], again["replayed"]) == (False, True)
        assert used_and_held() == (100, 0)
        assert AuditEvent.objects.filter(action="reservation.resolved").count() == 1

    def test_what_has_ended_for_good_is_refused_with_its_state(self, budget: Budget) -> None:
        reservation_id = str(hold(budget))
        answer("resolve_reservation", reservation_id, "--charge")
        with pytest.raises(CommandError, match="is settled and cannot be resolved"):
            answer("resolve_reservation", reservation_id, "--release")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((str(uuid7()), "--release"), "There is no reservation"),
            (("abc", "--release"), "'abc' is not a reservation's id"),
            ((str(uuid7()), "--release", "--files", "1"), "Amounts go with --charge"),
            ((str(uuid7()), "--charge", "cheap"), "must be US dollars"),
        ],
    )
    def test_nonsense_is_one_line(self, arguments: tuple[str, ...], sentence: str) -> None:
        with pytest.raises(CommandError, match=sentence):
            answer("resolve_reservation", *arguments)


class TestVerify:
    def test_a_balanced_ledger_is_ok(self, budget: Budget) -> None:
        hold(budget)
        assert answer("verify_ledger") == {"ok": True, "violations": []}

    def test_a_wrong_meter_is_named_and_the_exit_code_is_1(self, budget: Budget) -> None:
        hold(budget)
        UsageMeter.objects.update(used=5)
        output = io.StringIO()
        with pytest.raises(CommandError) as failed:
            call_command("verify_ledger", "--json", stdout=output)
        assert failed.value.returncode == 1
        found = json.loads(output.getvalue())
        assert found["ok"] is False
        assert set(found["violations"][0]) == {"invariant", "table", "id", "expected", "actual"}
        assert str(UsageMeter.objects.get().pk) in {violation["id"] for violation in found["violations"]}

    def test_a_database_that_is_away_is_exit_code_2_and_one_line(self, settings) -> None:
        settings.LEDGER_DATABASE_URL = "postgresql://postgres@127.0.0.1:1/nowhere"
        output = io.StringIO()
        with pytest.raises(CommandError, match="PostgreSQL does not answer") as failed:
            call_command("verify_ledger", "--json", stdout=output)
        assert (failed.value.returncode, output.getvalue()) == (2, "")
        assert "\n" not in str(failed.value)
