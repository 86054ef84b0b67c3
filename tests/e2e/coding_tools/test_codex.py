"""Codex works by way of the gateway: it calls its tools, and every request of it is charged."""

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
CONFIGURATION = """
model = "sandbox-small"
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "danger-full-access"

[model_providers.gateway]
name = "gateway"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "GATEWAY_TOKEN"
request_max_retries = 0
stream_max_retries = 0
"""


class Codex:
    """The program with its own home, which is asked one thing at a time."""

    def __init__(self, program: Path, *, home: Path, folder: Path, url: str, token: str) -> None:
        (home / "config.toml").write_text(CONFIGURATION.format(url=url))
        self._program = program
        self._folder = folder
        self._environment = {"HOME": str(home), "CODEX_HOME": str(home), "GATEWAY_TOKEN": token}

    def ask(self, prompt: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._program), "exec", "--skip-git-repo-check", "--json", prompt]
        return run(command, folder=self._folder, environment=self._environment)


@pytest.fixture
def codex(modules: Path, server: Server, token: str, home: Path, workplace: Path) -> Codex:
    (program,) = modules.glob("@openai/codex-*/vendor/*/bin/codex")
    return Codex(program, home=home, folder=workplace, url=server.url, token=token)


def events_of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def said(events: list[dict[str, Any]]) -> str:
    """Its last words."""
    texts = [
        event["item"]["text"] for event in events if event.get("item", {}).get("type") == "agent_message"
    ]
    return str(texts[-1])


def test_it_writes_a_file_by_its_tool_and_each_of_its_calls_is_charged(codex: Codex, workplace: Path) -> None:
    BudgetFactory(dimension="requests", amount=10)
    BudgetFactory(dimension="cost", amount=10**9)
    directive = 'sandbox:tool=exec_command {"cmd": "echo hello > hello.txt && echo written"}'
    events = events_of(codex.ask(f"Please {directive} and tell me how it went."))
    assert (workplace / "hello.txt").read_text() == "hello\n"
    assert said(events).startswith("[sandbox] The tool said: ")
    assert "written" in said(events)
    calls = settled_calls()
    assert len(calls) == 2
    used = {meter.dimension: meter.used for meter in UsageMeter.objects.all()}
    assert used == {"requests": 2, "cost": sum(call.cost_nano_usd for call in calls)}


def test_its_own_count_of_tokens_is_the_gateways(codex: Codex) -> None:
    usage = events_of(codex.ask("hello"))[-1]["usage"]
    (call,) = settled_calls()
    assert (usage["input_tokens"], usage["output_tokens"]) == (call.input_tokens, call.output_tokens)


def test_two_tools_run_in_one_turn(codex: Codex, workplace: Path) -> None:
    one = 'sandbox:tool=exec_command {"cmd": "echo one > one.txt"}'
    two = 'sandbox:tool=exec_command {"cmd": "echo two > two.txt"}'
    events_of(codex.ask(f"{one} {two}"))
    assert {file.name: file.read_text() for file in workplace.iterdir()} == {
        "one.txt": "one\n",
        "two.txt": "two\n",
    }
    assert len(settled_calls()) == 2


def test_a_used_up_budget_ends_it_and_the_refused_request_is_named(codex: Codex) -> None:
    """It shows neither code nor message of an answer of 429."""
    BudgetFactory(dimension="tokens", amount=100)
    done = codex.ask("hello")
    assert done.returncode == 1
    assert "429 Too Many Requests, request id: " in done.stdout
