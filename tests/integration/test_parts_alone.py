"""`script/migrate`, `worker`, `beat` and `server --no-migrate`, for where something else keeps each part running."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from launcher.process import free_port, wait_until
from tests.integration.clone import REPOSITORY, is_ready, nothing_runs, run, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WITHIN_S = 90


def checks(port: int) -> dict[str, str]:
    """What the gateway says of itself while it is not ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as answer:
            return dict(json.loads(answer.read())["checks"])
    except urllib.error.HTTPError as error:
        return dict(json.loads(error.read())["checks"])
    except (urllib.error.URLError, ConnectionError):
        return {}


def status_of_metrics(port: int, token: str) -> int:
    """What a worker's own /metrics answers to who holds the token."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_gateway_waits_for_its_database_to_be_brought_up_to_date_and_every_part_ends_in_good_order(
    tmp_path: Path,
) -> None:
    state, port, metrics = tmp_path / "state", free_port(), free_port()
    parts = [
        start(state, "script/server", "--no-worker", "--no-migrate", "--port", str(port)),
        start(state, "script/worker", "--metrics", f"127.0.0.1:{metrics}", METRICS_TOKEN="a-token"),
        start(state, "script/beat"),
    ]
    try:
        assert wait_until(lambda: checks(port).get("migrations") == "failed", WITHIN_S, every_s=0.2)
        migrated = run(state, "script/migrate", "--config", str(REPOSITORY / "fixtures/demo/catalog.yaml"))
        assert migrated.returncode == 0, migrated.stderr
        assert wait_until(lambda: is_ready(port), WITHIN_S, every_s=0.2)
        assert [status_of_metrics(metrics, token) for token in ("a-token", "another")] == [200, 401]
        assert [part.poll() for part in parts] == [None] * 3
    finally:
        for part in parts:
            part.terminate()
        told = [part.communicate(timeout=WITHIN_S)[0] for part in parts]
    assert [part.returncode for part in parts] == [0, 0, 0], told
    assert nothing_runs(state)


def test_a_workers_metrics_are_not_open_to_everybody(tmp_path: Path) -> None:
    refused = run(tmp_path / "state", "script/worker", "--metrics", ":7010")
    assert (refused.returncode, "--metrics needs METRICS_TOKEN" in refused.stderr) == (1, True)


def test_a_file_is_not_for_a_server_that_changes_nothing(tmp_path: Path) -> None:
    refused = run(tmp_path / "state", "script/server", "--no-migrate", "--config", "catalog.yaml")
    assert refused.returncode == 2
    assert "--config goes with script/migrate" in refused.stderr
