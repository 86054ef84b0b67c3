"""What the server tells operators, as it runs in production: spans, and sums that go on over kills and restarts."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from prometheus_client.parser import text_string_to_metric_families

from launcher.children import start_gateway
from launcher.process import free_port, stop_child, wait_until
from launcher.stack import Stack
from tests.faults.deployment import KEY_VARIABLE, Deployment
from tests.faults.gateways import START_TIMEOUT_S, status_of
from tests.faults.otlp_receiver import Receiver, otlp_receiver
from tests.faults.rows import query

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WITHIN_S = 40
METRICS_TOKEN = "a-new-token,an-old-token"
SECRET_WORDS = "the quick brown canary"
CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def serving(
    deployment: Deployment, state: Path, port: int, **variables: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Two workers; killed at the end if they still run."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    stack = Stack(
        state_dir=state,
        database_url=deployment.database,
        redis_url=os.environ["REDIS_URL"],
        in_use_fd=nothing,
    )
    variables |= {KEY_VARIABLE: deployment.vendor.api_key, "METRICS_TOKEN": METRICS_TOKEN}
    variables |= secrets_of(Path(os.environ["GATEWAY_STATE_DIR"]))
    with patch.dict(os.environ, variables):
        process = start_gateway(stack, host="127.0.0.1", port=port, workers=2)
    try:
        ready = f"http://127.0.0.1:{port}/health/ready"
        assert wait_until(lambda: status_of(ready) == 200, START_TIMEOUT_S, every_s=0.1)
        yield process
    finally:
        stop_child(process, WITHIN_S)
        os.close(nothing)


def secrets_of(state: Path) -> dict[str, str]:
    """With which the deployment's tokens were made."""
    return dict(json.loads((state / "secrets.json").read_text()))


def ask(port: int, token: str, **more: object) -> int:
    body = {
        "model": "small",
        "max_tokens": 20,
        "messages": [{"role": "user", "content": SECRET_WORDS}],
        **more,
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json.dumps(body).encode(),
        {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "traceparent": f"00-{CALLERS_TRACE}-b7ad6b7169203331-01",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, ConnectionError):  # the kernel had given it to a worker that was killed
        return 0


def sums(port: int) -> dict[str, float]:
    """Cost in nano-USD and tokens, as Prometheus reads them, over all vendors and models."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"authorization": "Bearer an-old-token"}
    )
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310
        text = answer.read().decode()
    found = {"cost": 0.0, "input": 0.0, "output": 0.0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "gateway_cost_usd_total":
                assert (sample.labels["provider"], sample.labels["model"]) == ("fake", "small")
                found["cost"] += round(sample.value * 1e9)
            if sample.name == "gateway_tokens_total":
                found[sample.labels["direction"]] += sample.value
    return found


def rows(database: str) -> dict[str, float]:
    """The same, as the ledger's own rows say it."""
    columns = "sum(cost_nano_usd), sum(input_tokens), sum(output_tokens)"
    [row] = query(database, f"SELECT {columns} FROM metering_usagelog")
    return dict(zip(("cost", "input", "output"), map(float, row), strict=True))


def agree(port: int, database: str) -> bool:
    return sums(port) == rows(database)


def is_published(folder: Path, database: str) -> bool:
    """Whether the processes' files say all of it: the last second of one that is killed may be missing."""
    cost = 0.0
    for file in folder.glob("*.json"):
        cost += sum(cell[0] for _, cell in json.loads(file.read_text())["gateway_cost_usd"])
    return round(cost * 1e9) == rows(database)["cost"]


def workers_of(server: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]


def test_cost_and_tokens_equal_the_ledgers_rows_after_a_worker_and_a_whole_server_were_killed(
    deployment: Deployment, tmp_path: Path
) -> None:
    port, token = free_port(), deployment.tenant()
    folder = tmp_path / "metrics" / str(port)
    with serving(deployment, tmp_path, port) as server:
        assert [ask(port, token) for _ in range(6)] == [200] * 6
        assert wait_until(lambda: agree(port, deployment.database), WITHIN_S, every_s=0.2)
        killings = (
            lambda: os.kill(workers_of(server.pid)[0], signal.SIGKILL),
            lambda: os.killpg(server.pid, signal.SIGKILL),
        )
        for kill in killings:
            assert wait_until(lambda: ask(port, token) == 200, WITHIN_S, every_s=0.2)
            assert wait_until(lambda: is_published(folder, deployment.database), WITHIN_S, every_s=0.2)
            assert agree(port, deployment.database)
            kill()
        server.wait()
    with serving(deployment, tmp_path, port):
        assert ask(port, token) == 200
        assert wait_until(lambda: agree(port, deployment.database), WITHIN_S, every_s=0.2)
        assert rows(deployment.database)["cost"] > 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        yield receiver


def test_attempts_are_spans_of_the_callers_trace_and_say_nothing_of_what_was_said(
    deployment: Deployment, receiver: Receiver, tmp_path: Path
) -> None:
    port, token = free_port(), deployment.tenant()
    otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with serving(deployment, tmp_path, port, **otel):
        assert ask(port, token, temperature=0.5) == 200
        assert ask(port, token, stream=True) == 200
        assert ask(port, token, model="nowhere") == 404
        assert wait_until(lambda: len(receiver.spans()) >= 5, WITHIN_S, every_s=0.1)
    requests = [span for span in receiver.spans() if span.kind == 2]
    attempts = [span for span in receiver.spans() if span.kind == 3]
    assert {span.trace_id for span in receiver.spans()} == {CALLERS_TRACE}
    assert {span.name for span in requests} == {"POST /v1/chat/completions"}
    assert {span.parent_id for span in requests} == {"b7ad6b7169203331"}
    assert sorted(span.attributes["http.response.status_code"] for span in requests) == [200, 200, 404]
    assert len(attempts) == 2
    told = {str(row["id"]): row for row in deployment.rows().values()}
    for span in attempts:
        row = told[span.attributes.pop("llm_gateway.attempt_id")]
        assert span.name == "chat fake-small"
        assert span.parent_id in {request.span_id for request in requests}
        assert span.attributes.pop("gen_ai.usage.input_tokens") == row["input_tokens"]
        assert span.attributes.pop("gen_ai.usage.output_tokens") == row["output_tokens"]
        assert span.attributes.pop("gen_ai.response.finish_reasons") in (["stop"], ["length"])
        assert span.attributes["gen_ai.operation.name"] == "chat"
        assert span.attributes["gen_ai.provider.name"] == "fake"
        assert span.attributes["gen_ai.request.model"] == "fake-small"
        assert span.attributes["gen_ai.request.max_tokens"] == 20
    assert {span.attributes["gen_ai.request.stream"] for span in attempts} == {True, False}
    assert not any(SECRET_WORDS.encode() in body or token.encode() in body for body in receiver.bodies)
