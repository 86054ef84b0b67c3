"""Every command in a real terminal: tables, bars, colours, progress. The screens are captures of docs/client.md."""

import re
import shlex

import pytest

from metering.models import LoginSession
from tests.e2e.cli.captures import capture
from tests.e2e.cli.conftest import Desk
from tests.e2e.cli.shell import Shell
from tests.e2e.cli.test_account import CODE, decide
from tests.e2e.cli.test_tasks import BRACKET, PUMP, work_on
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WIDE = 160


def shown(
    shell: Shell, name: str, *arguments: str, columns: int = 100, code: int = 0, **env: str
) -> Terminal:
    """The terminal after a command, which is one of the captures."""
    with shell.terminal(*arguments, columns=columns, **env) as terminal:
        assert terminal.finish() == code, terminal.text
        assert "Traceback" not in terminal.written
        capture(name, f"llm-gateway {shlex.join(arguments)}", terminal.text)
        return terminal


def test_signing_in_who_is_signed_in_and_signing_out(desk: Desk, shell: Shell) -> None:
    with shell.terminal("login", shell.url) as terminal:
        terminal.wait_for(f"{shell.url}/admin/device/?code=")
        found = CODE.search(terminal.text)
        assert found is not None
        decide(desk, found[1], "approve")
        assert terminal.finish() == 0
        assert terminal.colour_of("✓ Signed in") == "green"
        capture("login", "llm-gateway login http://localhost:8000", terminal.text)
    assert shell.store.path.stat().st_mode & 0o777 == 0o600
    session = LoginSession.objects.get(user=desk.ann, device__contains="@")
    assert re.search(r"person +ann@alder.example", shown(shell, "whoami", "whoami").text)
    shown(shell, "logout", "logout")
    session.refresh_from_db()
    assert session.ended_by == "logout"
    shown(shell, "not signed in", "whoami", code=4)


def test_models_are_a_table(ann: Shell) -> None:
    terminal = shown(ann, "models", "models")
    assert re.search(r"model +label +vendor +available", terminal.text)
    assert terminal.colour_of("yes") == "green"


def test_chat_streams_and_tells_what_it_cost(ann: Shell) -> None:
    terminal = shown(ann, "chat", "chat", "What does a gateway do?", "--max-tokens", "60")
    assert re.search(r"sandbox-small · \d+ in, \d+ out · \$0\.\d{4}", terminal.text)


def test_a_message_is_typed_where_none_was_given(ann: Shell) -> None:
    with ann.terminal("chat", "--max-tokens", "9") as terminal:
        terminal.wait_for("then Ctrl-D")
        terminal.type("hello\n")
        terminal.press_ctrl_d()
        assert terminal.finish() == 0
        assert "[sandbox]" in terminal.text


def test_budgets_are_bars_of_40_in_the_colours_of_their_share(bob: Shell) -> None:
    terminal = shown(bob, "usage status", "usage", "status", columns=WIDE)
    assert "Budget Status of team patents" in terminal.text
    assert terminal.colour_of("░" * 40 + "   0.0%") == "green"
    assert (
        terminal.colour_of("█" * 36 + "░" * 4 + "  90.0%") == "brown"
    )  # which is what pyte calls ANSI's yellow
    assert terminal.colour_of("█" * 40 + " 100.0%") == "red"
    narrow = shown(bob, "usage status, narrow", "usage", "status", columns=80)
    assert "█" * 36 + "░" * 4 + "  90.0%" in narrow.text
    assert "Used: 9 / 10   Held: 0   Remaining: 1" in narrow.text
    assert all(len(line) <= 80 for line in narrow.text.splitlines())


def test_no_color_is_obeyed(bob: Shell) -> None:
    with bob.terminal("usage", "status", columns=WIDE, NO_COLOR="1") as terminal:
        assert terminal.finish() == 0
        assert terminal.colour_of("█" * 40 + " 100.0%") == "default"


def test_budgets_are_watched_until_ctrl_c(bob: Shell) -> None:
    with bob.terminal("usage", "status", "--watch", "--every", "1") as terminal:
        terminal.wait_for("100.0%")
        first = len(terminal.written)
        terminal.wait_until_written(first + 500)
        assert terminal.text.count("Budget Status") == 1
        terminal.press_ctrl_c()
        assert terminal.finish() == 130
        assert "Traceback" not in terminal.written


def test_history_is_a_table_with_its_models_below(bob: Shell) -> None:
    terminal = shown(bob, "usage history", "usage", "history", "--days", "7", "--by", "user", "--breakdown")
    assert "7 days in Europe/Berlin" in terminal.text
    assert "└ sandbox-small" in terminal.text
    assert "9 requests, $0.0004 in total" in terminal.text


def test_one_line_for_an_agent(bob: Shell) -> None:
    assert "of $3.00 daily" in shown(bob, "usage statusline", "usage", "statusline").text


def test_over_budget_is_told_as_the_document_has_it(bob: Shell) -> None:
    terminal = shown(bob, "over budget", "chat", "once more", code=3)
    assert terminal.colour_of("✗ Budget Exceeded") == "red"


def test_tasks_tell_their_progress_and_the_files_that_they_write(ann: Shell) -> None:
    with ann.terminal("diagram", PUMP, "--kind", "block", "--count", "2", "--out", "pump") as terminal:
        terminal.wait_for("%")
        assert terminal.finish() == 0
        assert "wrote pump-2.svg" in terminal.text
        capture("diagram", f'llm-gateway diagram "{PUMP}" --kind block --count 2 --out pump', terminal.text)
    shown(
        ann, "draft", "draft", BRACKET, "--section", "title", "--section", "abstract", "--out", "bracket.md"
    )
    found = shown(
        ann, "prior-art", "prior-art", "aerogel sheet between battery cells", "--top-k", "3", columns=120
    )
    assert re.search(r"score +what +date +title", found.text)


def test_jobs_are_begun_listed_waited_for_and_cancelled(ann: Shell) -> None:
    begun = shown(ann, "job", "diagram", PUMP, "--job")
    job = begun.text.split()[0]
    with ann.terminal("jobs", "wait", job) as terminal:
        terminal.wait_for("queued")
        work_on(job)
        assert terminal.finish() == 0
        capture("jobs wait", f"llm-gateway jobs wait {job}", terminal.text)
    assert terminal.colour_of("job") != "red"
    assert shown(ann, "jobs list", "jobs", "list", columns=120).colour_of("succeeded") == "green"
    shown(ann, "jobs show", "jobs", "show", job)
    shown(ann, "jobs cancel", "jobs", "cancel", job)


def test_the_shell_completes_what_is_begun(shell: Shell) -> None:
    script = 'COMP_WORDS="llm-gateway us" COMP_CWORD=1 _LLM_GATEWAY_COMPLETE=complete_bash llm-gateway'
    assert shell.bash(script).out.split() == ["usage"]
    assert "_LLM_GATEWAY_COMPLETE" in shell.bash("llm-gateway --show-completion bash").out
