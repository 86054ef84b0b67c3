"""The commands as a person or a script runs them: JSON and nothing else with --json, one line for an error."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.identity.authenticate import authenticate
from metering.models import ATIToken, AuditEvent, Budget, Plan, Tenant
from tests.factories import (
    AttemptFactory,
    MeterFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
    reference_data,
)
from tests.vendors.openai_app import API_KEY
from tests.vendors.running import running_vendor

pytestmark = pytest.mark.django_db
DEMO = str(Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml")


def text(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def answer(name: str, *arguments: str) -> Any:
    return json.loads(text(name, *arguments, "--json"))


def refusal(name: str, *arguments: str) -> CommandError:
    output = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(name, *arguments, "--json", stdout=output)
    assert output.getvalue() == ""
    return refused.value


class TestIdentity:
    def test_a_tenant_gets_a_token_that_works_until_it_is_revoked(self) -> None:
        make_plan("PRO")
        made = answer("create_tenant", "--slug", "oak", "--name", "Oak", "--timezone", "Europe/Berlin")
        assert (made["slug"], made["timezone"], made["created"]) == ("oak", "Europe/Berlin", True)
        issued = answer("issue_token", "--tenant", "oak", "--plan", "PRO", "--name", "ci")
        assert set(issued) == {"id", "token", "prefix"}
        caller = authenticate(secret=issued["token"], now=now())
        assert (str(caller.token_id), caller.tenant_slug) == (issued["id"], "oak")
        revoked = answer("revoke_token", issued["id"])
        assert (revoked["id"], revoked["prefix"]) == (issued["id"], issued["prefix"])
        assert ATIToken.objects.get().revoked_at is not None

    def test_creating_a_tenant_again_says_so(self) -> None:
        text("create_tenant", "--slug", "oak", "--name", "Oak")
        assert answer("create_tenant", "--slug", "oak", "--name", "Oak")["created"] is False
        assert Tenant.objects.count() == 1

    def test_a_token_may_be_bound_and_limited(self) -> None:
        alder(), make_plan("PRO")
        team, user = TeamFactory(slug="search"), UserFactory(email="ann@example.com")
        end = (now() + timedelta(days=1)).replace(microsecond=0)
        answer(
            *(
                "issue_token",
                "--tenant",
                "alder",
                "--plan",
                "PRO",
                "--team",
                "search",
                "--user",
                "ann@example.com",
            ),
            *("--expires-at", end.isoformat(), "--signups", "3"),
        )
        token = ATIToken.objects.get()
        assert (token.team, token.user, token.expires_at, token.signups_allowed) == (team, user, end, 3)

    def test_another_tenant_s_team_is_not_found(self) -> None:
        TeamFactory(tenant=birch(), slug="search")
        alder(), make_plan("PRO")
        error = refusal("issue_token", "--tenant", "alder", "--plan", "PRO", "--team", "search")
        assert str(error) == "Tenant 'alder' has no team 'search'."

    def test_a_tenant_moves_to_another_plan(self) -> None:
        make_token()
        make_plan("BASIC")
        assert answer("assign_plan", "--tenant", "alder", "--plan", "BASIC")["tokens_changed"] == 1
        assert ATIToken.objects.get().plan_tier_id == "BASIC"

    def test_the_trace_names_the_command(self) -> None:
        text("create_tenant", "--slug", "oak", "--name", "Oak")
        assert AuditEvent.objects.get().actor == "manage.py create_tenant"


class TestCatalog:
    def test_a_dry_run_prints_the_diff_and_changes_nothing(self) -> None:
        reference_data()
        printed = text("load_catalog", DEMO, "--dry-run")
        assert "+ plan FREE\n" in printed
        assert printed.endswith("Dry run: nothing was changed.\n")
        assert not Plan.objects.exists()

    def test_with_json_the_diff_is_a_list(self) -> None:
        reference_data()
        changes = answer("load_catalog", DEMO)
        assert {"action": "added", "kind": "plan", "name": "FREE", "fields": {}} in changes
        assert answer("load_catalog", DEMO) == []
        assert text("load_catalog", DEMO) == "Nothing to change.\n"

    def test_a_dump_is_a_file_that_loads(self, tmp_path) -> None:
        reference_data()
        text("load_catalog", DEMO)
        for name, flags in (("catalog.yaml", ()), ("catalog.json", ("--json",))):
            (tmp_path / name).write_text(text("dump_catalog", *flags))
            assert answer("load_catalog", str(tmp_path / name)) == []

    def test_a_bad_file_is_refused_with_a_line_for_each_problem(self, tmp_path) -> None:
        (tmp_path / "bad.yaml").write_text("plans:\n  A: {nam: x}\n  B: {rules: [{key: speed, value: 1}]}\n")
        lines = str(refusal("load_catalog", str(tmp_path / "bad.yaml"))).splitlines()
        assert [line.partition(":")[0] for line in lines] == ["line 2", "line 3"]

    def test_a_file_that_is_not_there_or_not_text_is_one_line(self, tmp_path) -> None:
        (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
        assert "cannot be read: No such file" in str(refusal("load_catalog", str(tmp_path / "none.yaml")))
        assert "not UTF-8" in str(refusal("load_catalog", str(tmp_path / "picture")))

    def test_check_providers_fails_only_for_a_provider_that_has_models(self, tmp_path, monkeypatch) -> None:
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        reference_data()
        text("load_catalog", DEMO)
        checks = {check["provider"]: check for check in answer("check_providers")}
        assert checks["sandbox"]["ok"]
        assert checks["openai"]["problem"] == "OPENAI_API_KEY is not set"
        (tmp_path / "more.yaml").write_text(
            "models: {gpt: {provider: openai, class: BASE_S, context_tokens: 10, max_output_tokens: 5}}"
        )
        text("load_catalog", str(tmp_path / "more.yaml"))
        with pytest.raises(CommandError, match="Not usable: openai"):
            text("check_providers")

    def test_check_providers_asks_each_and_shows_no_key(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("FAKE_KEY", API_KEY)
        monkeypatch.setenv("WRONG_KEY", "sk-secret-1")
        reference_data()
        with running_vendor() as vendor:
            (tmp_path / "fake.yaml").write_text(
                f"""providers:
  good: {{kind: openai_compatible, base_url: "{vendor.base_url}", api_key: "${{FAKE_KEY}}"}}
  wrong: {{kind: openai_compatible, base_url: "{vendor.base_url}", api_key: "${{WRONG_KEY}}"}}
  gone: {{kind: openai_compatible, base_url: "http://127.0.0.1:1/v1", api_key: "${{FAKE_KEY}}"}}
models: {{small: {{provider: wrong, class: BASE_S, context_tokens: 10, max_output_tokens: 5}}}}
"""
            )
            text("load_catalog", str(tmp_path / "fake.yaml"))
            output = io.StringIO()
            with pytest.raises(CommandError, match="Not usable: wrong"):
                call_command("check_providers", "--json", stdout=output)
        problems = {check["provider"]: check["problem"] for check in json.loads(output.getvalue())}
        assert problems == {
            "good": None,
            "wrong": "status 401: it does not accept the gateway's credentials",
            "gone": "it cannot be reached",
        }
        assert vendor.log.calls == []  # no call that a vendor would bill
        assert "sk-secret-1" not in output.getvalue()


class TestBudgets:
    SET = ("set_budget", "--tenant", "alder", "--dimension", "cost", "--window", "month", "--amount")

    def test_setting_again_changes_the_amount(self) -> None:
        alder()
        first, again = answer(*self.SET, "100"), answer(*self.SET, "0.5", "--soft")
        assert (first["limit"], first["created"], first["hard"]) == ("100", True, True)
        assert (again["limit"], again["created"], again["hard"]) == ("0.5", False, False)
        assert first["budget"] == again["budget"]
        assert Budget.objects.get().amount == 500_000_000

    def test_without_a_tenant_it_is_the_whole_gateway_s(self) -> None:
        made = answer("set_budget", "--dimension", "requests", "--window", "hour", "--amount", "5")
        assert (made["scope"], made["scope_id"], made["limit"], made["unit"]) == ("global", "", 5, "requests")

    @pytest.mark.parametrize("amount", ["many", "-1", "1e400", "0.0000000001"])
    def test_a_bad_amount_is_one_line(self, amount: str) -> None:
        alder()
        error = refusal(*self.SET[:-1], f"--amount={amount}")
        assert str(error).startswith("The amount must be US dollars")
        assert error.returncode == 1

    def test_status_has_the_keys_that_others_rely_on(self) -> None:
        alder()
        answer(*self.SET, "10")
        MeterFactory(budget=Budget.objects.get(), used=2_500_000_000, held=1)
        [row] = answer("budget_status", "--tenant", "alder")
        assert row["reset_at"].endswith("Z")
        expected = {
            "budget": str(Budget.objects.get().pk),
            "scope": "tenant",
            "scope_id": "alder",
            "dimension": "cost",
            "unit": "usd",
            "window": "month",
            "limit": "10",
            "used": "2.5",
            "held": "0.000000001",
            "overrun": "0",
            "unenforced": "0",
        }
        assert {key: row[key] for key in expected} == expected

    def test_status_of_one_tenant_has_nothing_of_another(self) -> None:
        alder(), birch()
        answer(*self.SET, "10")
        assert answer("budget_status", "--tenant", "birch") == []
        assert "alder" not in text("budget_status", "--tenant", "birch")
        assert "alder" in text("budget_status")

    def test_an_unknown_tenant_is_one_line(self) -> None:
        assert str(refusal("budget_status", "--tenant", "nobody")) == "There is no tenant 'nobody'."


class TestUsageReport:
    def test_attempts_have_the_keys_that_others_rely_on(self) -> None:
        AttemptFactory()
        AttemptFactory(tenant_id=birch().pk)
        [row] = answer("usage_report", "--by", "attempt", "--tenant", "alder")
        keys = {"attempt_id", "request_id", "reservation_id", "state", "model", "provider"}
        keys |= {"input_tokens", "output_tokens", "cost_nano_usd", "estimated", "started_at"}
        assert keys <= set(row)
        assert row["state"] == "settled"

    def test_many_rows_are_one_array_and_a_table_wide_enough(self) -> None:
        for _ in range(250):
            AttemptFactory()
        assert len(answer("usage_report", "--by", "attempt")) == 250
        header, *lines = text("usage_report", "--by", "attempt").splitlines()
        assert len(lines) == 250
        assert all(line[header.index("state") :].startswith("settled") for line in lines)

    def test_sums_of_a_period(self) -> None:
        AttemptFactory()
        AttemptFactory(at=now() - timedelta(days=2))
        since = (now() - timedelta(days=1)).isoformat()
        [row] = answer("usage_report", "--by", "model", "--since", since)
        assert (row["model"], row["requests"], row["input_tokens"]) == ("sandbox-small", 1, 100)
        assert answer("usage_report", "--by", "day", "--until", "2000-01-01") == []

    def test_a_bad_grouping_or_time_is_one_line(self) -> None:
        assert "'colour' is not a grouping" in str(refusal("usage_report", "--by", "colour"))
        assert "--since: 'soon' is not a date" in str(
            refusal("usage_report", "--by", "day", "--since", "soon")
        )
