"""`script/server` and the Celery processes that it starts, as a stranger would find them."""

import json
import os
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher.process import free_port, wait_until
from launcher.servers import Servers
from tests.integration.clone import REPOSITORY, children_of, is_ready, manage, nothing_runs, run, start
from tests.mail import MailServer, mail_server
from tests.unit.gateway_project.foreign_configs.documents import PROXY_MODE
from tests.vendors.anthropic_app import API_KEY as ANTHROPIC_KEY
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.openai_app import API_KEY
from tests.vendors.running import running, running_vendor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WITHIN_S = 60
OPERATOR = "ops@example.com"


@dataclass(kw_only=True)
class Serving:
    state: Path
    port: int
    process: "subprocess.Popen[str]"
    lines: str = ""
    """What it has written so far."""

    def read_on(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines += line

    def wait_for(self, has: Callable[[str], bool]) -> None:
        assert wait_until(lambda: has(self.lines), WITHIN_S, every_s=0.1), self.lines

    def celery(self, part: str) -> list[int]:
        """Worker or beat, as children of the launcher."""
        return [
            pid
            for pid in children_of(self.process.pid, running="celery")
            if part.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        ]


@contextmanager
def serving(state: Path, *options: str, **variables: str) -> Iterator[Serving]:
    """Ready; in the end it is asked to stop, ends with 0 and leaves nothing."""
    port = free_port()
    at = [] if "--config" in options else ["--port", str(port)]
    variables |= {} if at else {"LISTEN_ADDRESS": f"127.0.0.1:{port}"}
    with start(state, "script/server", *at, *options, **variables) as process:
        server = Serving(state=state, port=port, process=process)
        reader = threading.Thread(target=server.read_on, name="lines")
        reader.start()
        try:
            assert wait_until(lambda: is_ready(port) or process.poll() is not None, 90, every_s=0.1)
            assert is_ready(port), server.lines
            yield server
        finally:
            process.terminate()
            status = process.wait(WITHIN_S)
            reader.join(WITHIN_S)
    assert status == 0, server.lines
    assert nothing_runs(state)


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def server(mails: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    url = f"smtp://127.0.0.1:{mails.port}"
    with serving(tmp_path_factory.mktemp("server"), EMAIL_URL=url, ALERT_INTERVAL_S="1") as server:
        server.wait_for(lambda lines: " ready." in lines)
        yield server


def test_a_mail_about_a_forgotten_password_leaves(server: Serving, mails: MailServer) -> None:
    command = (str(REPOSITORY / "manage.py"), "createsuperuser", "--no-input", "--email", OPERATOR)
    made = run(server.state, ".venv/bin/python", *command, DJANGO_SUPERUSER_PASSWORD="a long pass phrase")
    assert made.returncode == 0, made.stderr
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/auth/password/forgotten",
        json.dumps({"email": OPERATOR}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310
        assert answer.status == 202
    assert wait_until(lambda: mails.recipients == [OPERATOR], WITHIN_S, every_s=0.1), server.lines


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_what_dies_of_the_two_is_started_again_and_the_log_says_so(server: Serving, part: str) -> None:
    (first,) = server.celery(part)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: server.celery(part) not in ([], [first]), WITHIN_S, every_s=0.1)
    assert f'"ended": "{part}"' in server.lines


def test_what_jobs_cost_is_counted_where_the_gateways_calls_are(server: Serving) -> None:
    folder = server.state / "metrics" / str(server.port)
    assert wait_until(
        lambda: any(list(folder.glob(f"{pid}-*.json")) for pid in server.celery("worker")),
        WITHIN_S,
        every_s=0.1,
    )
    (file,) = (file for pid in server.celery("worker") for file in folder.glob(f"{pid}-*.json"))
    assert "gateway_cost_usd" in json.loads(file.read_text())


def test_every_line_of_all_processes_is_one_of_json_but_celerys_farewell(server: Serving) -> None:
    lines = [json.loads(line) for line in server.lines.splitlines() if line and not line.startswith("Prep")]
    assert {line["logger"].split(".")[0] for line in lines} >= {"_granian", "celery", "metering"}
    told = {
        (line["event"], line["status"]) for line in lines if "request_id" in line and line["status"] != 503
    }
    assert told == {("request", 200), ("request", 202)}, (
        "whether it is ready, and the mail: nobody has called yet"
    )


@pytest.mark.parametrize("name", ["PostgreSQL", "Redis"])
def test_an_embedded_server_that_is_killed_is_started_again_and_the_log_says_so(
    server: Serving, name: str
) -> None:
    embedded = Servers(server.state).named()[name]
    first, before = embedded.pid, len(server.lines)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: embedded.pid not in (None, first), WITHIN_S, every_s=0.1)
    assert wait_until(lambda: is_ready(server.port), WITHIN_S, every_s=0.1)
    server.wait_for(lambda lines: f'"started": "{name}"' in lines[before:])
    assert f'"ended": "{name}"' in server.lines[before:]


PLAN = "plans: {P: {tasks: {LLM0_CHAT: {classes: [BASE_S, PRO_L]}}}}"


def proxy_mode(openai: str, anthropic: str) -> str:
    """The proxy mode's own example, with fakes in place of two vendors' hosts, and another level of the log."""
    key = 'api_key: "${ANTHROPIC_API_KEY}"'
    text = PROXY_MODE.replace(key, f'{key}\n      base_url: "{anthropic}"').replace('"info"', '"warning"')
    return text.replace("https://api.openai.com/v1", openai)


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server without Celery that the proxy mode's file describes, at the address of LISTEN_ADDRESS."""
    folder = tmp_path_factory.mktemp("configured")
    keys = {"OPENAI_API_KEY": API_KEY, "ANTHROPIC_API_KEY": ANTHROPIC_KEY}
    with running_vendor() as openai, running(FakeAnthropic()) as anthropic:
        (folder / "proxy.yaml").write_text(proxy_mode(openai.base_url, anthropic.base_url))
        with serving(
            folder / "state", "--no-worker", "--config", str(folder / "proxy.yaml"), **keys
        ) as server:
            yield server


def test_without_a_worker_there_is_neither(configured: Serving) -> None:
    assert children_of(configured.process.pid, running="celery") == []


def test_the_proxy_modes_file_is_served_under_its_names_and_within_its_budget(
    configured: Serving, tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    manage(configured.state, "load_catalog", str(tmp_path / "plan.yaml"))
    manage(configured.state, "create_tenant", "--slug", "alder", "--name", "Alder")
    token = manage(configured.state, "issue_token", "--tenant", "alder", "--plan", "P")["token"]
    served = {name: model_that_serves(configured, name, token) for name in ("default", "gpt-4o-mini")}
    assert served == {"default": "claude-sonnet-4", "gpt-4o-mini": "gpt-4o-mini"}
    used = {(row["scope"], row["window"]): row for row in manage(configured.state, "budget_status")}
    assert {float(used["global", window]["limit"]) for window in ("hour", "day")} == {10, 100}
    assert float(used["global", "day"]["used"]) > 0


def model_that_serves(server: Serving, name: str, token: str) -> str | None:
    """Makes a call."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/chat/completions",
        json.dumps(
            {"model": name, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
        ).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310
        found: str | None = answer.headers["x-gateway-model"]
    return found


def test_the_files_level_of_the_log_counts_and_what_became_of_its_lines_is_told(configured: Serving) -> None:
    assert "Read as the proxy mode's file:" in configured.lines
    assert "line 2: llmproxy.listen_addr: counts for `script/server --config` alone" in configured.lines
    assert '"level": "info"' not in configured.lines
