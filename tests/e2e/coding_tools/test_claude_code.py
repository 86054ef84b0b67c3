"""Claude Code works by way of the gateway: it calls its tools, and every request of it is charged."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metering.models import UsageMeter
from tests.e2e.coding_tools.conftest import run, settled_calls
from tests.e2e.server import Server
from tests.factories import BudgetFactory

pytestmark = pytest.mark.slow


class ClaudeCode:
    """The program with its own home, which is asked one thing at a time."""

    def __init__(self, program: Path, *, home: Path, folder: Path, url: str, token: str) -> None:
        self._program = program
        self._folder = folder
        self._environment = {
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_AUTH_TOKEN": token,
            "ANTHROPIC_MODEL": "sandbox-small",
            "ANTHROPIC_SMALL_FAST_MODEL": "sandbox-small",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
        }

    def ask(self, prompt: str) -> subprocess.CompletedProcess[str]:
        options = ["--output-format", "json", "--allowedTools", "Bash", "Read", "Write"]
        command = [str(self._program), "-p", prompt, *options]
        return run(command, folder=self._folder, environment=self._environment)


@pytest.fixture
def claude(modules: Path, server: Server, token: str, home: Path, workplace: Path) -> ClaudeCode:
    (program,) = modules.glob("@anthropic-ai/claude-code-*/claude")
    return ClaudeCode(program, home=home, folder=workplace, url=server.url, token=token)


def answer_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_it_writes_a_file_by_its_tool_and_each_of_its_calls_is_charged(
    claude: ClaudeCode, workplace: Path
) -> None:
    BudgetFactory(dimension="requests", amount=10)
    BudgetFactory(dimension="cost", amount=10**9)
    file = workplace / "hello.txt"
    arguments = json.dumps({"file_path": str(file), "content": "hello\n"})
    answer = answer_of(claude.ask(f"Please sandbox:tool=Write {arguments} and tell me how it went."))
    assert file.read_text() == "hello\n"
    assert answer["result"].startswith("[sandbox] The tool said: File created successfully at")
    calls = settled_calls()
    assert len(calls) == answer["num_turns"] == 2
    used = {meter.dimension: meter.used for meter in UsageMeter.objects.all()}
    assert used == {"requests": 2, "cost": sum(call.cost_nano_usd for call in calls)}


def test_its_own_count_of_tokens_is_the_gateways(claude: ClaudeCode) -> None:
    usage = answer_of(claude.ask("hello"))["usage"]
    (call,) = settled_calls()
    assert (usage["input_tokens"], usage["output_tokens"]) == (call.input_tokens, call.output_tokens)


def test_two_tools_run_in_one_turn(claude: ClaudeCode, workplace: Path) -> None:
    one = 'sandbox:tool=Bash {"command": "echo one > one.txt", "description": "one"}'
    two = 'sandbox:tool=Bash {"command": "echo two > two.txt", "description": "two"}'
    answer_of(claude.ask(f"{one} {two}"))
    assert {file.name: file.read_text() for file in workplace.iterdir()} == {
        "one.txt": "one\n",
        "two.txt": "two\n",
    }
    assert len(settled_calls()) == 2


def test_a_helper_that_it_starts_is_charged_too(claude: ClaudeCode, workplace: Path) -> None:
    inner = 'sandbox:tool=Bash {"command": "echo inner > inner.txt", "description": "inner"}'
    arguments = {"description": "a helper", "prompt": inner, "subagent_type": "claude"}
    answer_of(claude.ask(f"sandbox:tool=Agent {json.dumps(arguments)}"))
    assert (workplace / "inner.txt").read_text() == "inner\n"
    assert len(settled_calls()) == 4


def test_it_says_that_the_budget_is_used_up(claude: ClaudeCode) -> None:
    BudgetFactory(dimension="tokens", amount=100)
    done = claude.ask("hello")
    assert done.returncode == 1
    assert "budget" in json.loads(done.stdout)["result"].lower()
