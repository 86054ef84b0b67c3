"""`usage status`, `history` and `statusline` say what the API says, to the cent."""

import csv
import io
import json
import re
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.cli.conftest import CALLS, Desk
from tests.e2e.cli.shell import Shell
from tests.e2e.raw import ask

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def api(shell: Shell, path: str) -> Any:
    credential = shell.store.load(shell.url)
    assert credential is not None
    return ask(shell, "GET", path, headers={"authorization": f"Bearer {credential.access}"}).json


class TestStatus:
    def test_as_json_it_is_what_the_api_says(self, bob: Shell) -> None:
        told = bob.run("usage", "status", "--json").json
        said = api(bob, "/api/budgets")["results"]
        moving = ("forecast", "used_up_at")
        for row in (*told, *said):
            for name in moving:
                row.pop(name)
        assert told == said
        assert {row["dimension"] for row in told} >= {"cost", "requests"}
        assert all(isinstance(row["used"], str) for row in told if row["unit"] == "usd")

    def test_as_csv_it_has_the_same_fields_and_money_with_its_decimals(self, bob: Shell) -> None:
        told = list(csv.DictReader(io.StringIO(bob.run("usage", "status", "--csv").out)))
        said = api(bob, "/api/budgets")["results"]
        assert list(told[0]) == list(said[0])
        assert [(row["used"], row["remaining"]) for row in told] == [
            (str(row["used"]), str(row["remaining"])) for row in said
        ]

    def test_what_people_read_is_the_api_s_to_the_cent(self, bob: Shell) -> None:
        shown = bob.run("usage", "status")
        assert shown.code == 0
        lines = [line.split("\t") for line in shown.out.splitlines()]
        said = api(bob, "/api/budgets")["results"]
        assert len(lines) == len(said) > 3
        for line, row in zip(lines, said, strict=True):
            for text, name in zip(line[3:7], ("used", "held", "remaining", "limit"), strict=True):
                number = Decimal(re.sub(r"[$,]", "", text))
                assert abs(number - Decimal(row[name])) < Decimal("0.005")
        assert {line[1] for line in lines} == {"tenant alder", "team patents", "user you"}
        assert ["requests per day", "user you", f"{'█' * 40} 100.0%", "9", "0", "0", "9"] in [
            line[:7] for line in lines
        ]

    def test_outside_a_team_s_folder_that_is_said_beside_the_own_budgets(self, ann: Shell) -> None:
        shown = ann.run("usage", "status")
        assert (shown.code, shown.err) == (0, "Not in a team workspace\n")
        assert "tenant alder" in shown.out
        assert ann.run("usage", "status", "--json").err == ""


class TestHistory:
    def test_by_day_and_by_model_and_by_team(self, bob: Shell) -> None:
        [day] = bob.run("usage", "history", "--json").json
        today = datetime.now(ZoneInfo("Europe/Berlin")).date()
        assert (day["day"], day["requests"]) == (today.isoformat(), CALLS)
        assert Decimal(day["cost_usd"]) > 0
        [model] = bob.run("usage", "history", "--by", "model", "--json").json
        assert (model["model"], model["cost_usd"]) == ("sandbox-small", day["cost_usd"])
        table = bob.run("usage", "history", "--by", "team", "--days", "2")
        assert table.out.startswith(f"patents\t{CALLS}\t")

    def test_a_breakdown_divides_each_line_by_model(self, bob: Shell) -> None:
        [user] = bob.run("usage", "history", "--by", "user", "--breakdown", "--json").json
        assert user["name"] == "bob@alder.example"
        assert [(row["model"], row["cost_usd"]) for row in user["models"]] == [
            ("sandbox-small", user["cost_usd"])
        ]
        rows = list(csv.DictReader(io.StringIO(bob.run("usage", "history", "--breakdown", "--csv").out)))
        assert [(row["model"], row["requests"]) for row in rows] == [
            ("", str(CALLS)),
            ("sandbox-small", str(CALLS)),
        ]

    def test_days_are_those_of_the_zone_that_is_asked_for(self, bob: Shell) -> None:
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            [row] = bob.run("usage", "history", "--tz", zone, "--json").json
            assert row["day"] == datetime.now(ZoneInfo(zone)).date().isoformat()

    @pytest.mark.parametrize(
        ("arguments", "word"),
        [
            (("--tz", "Mars/Olympus"), "time zone"),
            (("--days", "0"), "--days"),
            (("--by", "moon"), "--by"),
            (("--by", "model", "--breakdown"), "--breakdown"),
            (("--json", "--csv"), "--json"),
        ],
    )
    def test_what_makes_no_sense_is_a_mistake_in_writing(
        self, bob: Shell, arguments: tuple[str, ...], word: str
    ) -> None:
        ended = bob.run("usage", "history", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert word in ended.err


class TestStatusLine:
    def test_is_one_line_about_the_tightest_budget_of_money(self, bob: Shell) -> None:
        ended = bob.run("usage", "statusline")
        assert ended.code == 0
        assert re.fullmatch(
            r"░{10} 0\.0% of \$3\.00 daily · \$3\.00 left · resets in \d+[hm].*\n", ended.out
        ), ended.out

    def test_is_kept_for_a_moment_and_loads_nothing_heavy_then(self, bob: Shell) -> None:
        first = bob.run("usage", "statusline")
        kept = bob.store.path.with_name("statusline.json")
        assert kept.stat().st_mode & 0o777 == 0o600
        facts = json.loads(kept.read_text())
        facts["status"]["percentUsed"] = 61.04
        kept.write_text(json.dumps(facts))
        script = (
            "import sys; sys.argv[1:] = ['usage', 'statusline']; from gateway_client.cli.main import main;"
            "main(); print([m for m in ('typer', 'rich', 'httpx2', 'openai') if m in sys.modules])"
        )
        ended = bob.bash(f'PYTHONPATH="{bob.env["PYTHONPATH"]}" "{sys.executable}" -c "{script}"')
        assert ended.out.startswith("██████░░░░ 61.0%"), ended.err + first.out
        assert ended.out.endswith("[]\n")

    def test_says_nothing_else_where_nobody_is_signed_in(self, shell: Shell) -> None:
        ended = shell.run("usage", "statusline")
        assert (ended.code, ended.out) == (4, "")


def test_a_report_in_another_zone_is_refused_where_there_is_none(desk: Desk, bob: Shell) -> None:
    assert api(bob, "/api/usage?tz=Mars/Olympus")["error"]["param"] == "tz"
    assert api(bob, "/api/usage?tz=Asia/Tokyo")["zone"] == "Asia/Tokyo"
    assert api(bob, "/api/usage")["zone"] == "Europe/Berlin"
