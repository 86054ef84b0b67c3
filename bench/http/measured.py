"""One run of the load generator against one server, with what the server's processes used meanwhile."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.http.processes import Server, cpu_s, resident_mb
from launcher.configuration import REPOSITORY

SAMPLE_S = 0.2
LOAD_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`figures` are the load generator's (see bench.http.load); CPU is per call, in microseconds."""

    figures: dict[str, Any]
    server_us: float
    postgres_us: float
    resident_mb: float
    """The most that the server's processes had in memory."""

    @property
    def calls(self) -> int:
        return int(self.figures["calls"])

    @property
    def per_s(self) -> float:
        return float(self.figures["per_s"])

    def latency_ms(self, share: int) -> float:
        return float(self.figures["latency_ms"].get(f"p{share}", 0))

    def first_ms(self, share: int) -> float:
        return float(self.figures["first_ms"].get(f"p{share}", 0))


def load(server: Server, *, token: str = "none", **options: Any) -> Run:
    """Run the load (`connections`, `seconds` or `requests`, `model`, `streamed`). Raises RuntimeError on an error."""
    command = [sys.executable, "-m", "bench.http.load", "--port", str(server.port)]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)] if value else []
    sampler = _Sampler(server.pid)
    server_before, postgres_before = cpu_s(server.pid), ledger_cpu_s()
    with sampler:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=os.environ | {"BENCH_TOKEN": token, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            timeout=LOAD_TIMEOUT_S,
            check=True,
        )
    figures = json.loads(done.stdout)
    if figures["failed"]:
        raise RuntimeError(f"{figures['failed']} of the calls failed; the first: {figures['error']}")
    return Run(
        figures=figures,
        server_us=(cpu_s(server.pid) - server_before) / figures["calls"] * 1e6,
        postgres_us=(ledger_cpu_s() - postgres_before) / figures["calls"] * 1e6,
        resident_mb=sampler.most_mb,
    )


def ledger_cpu_s() -> float:
    """CPU seconds of the ledger's connections to a PostgreSQL on this machine."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'gateway-ledger' AND datname = current_database()"
        ).fetchall()
    return sum(cpu_s(pid) for (pid,) in rows)


class _Sampler(threading.Thread):
    """Looks at the server's memory while the load runs."""

    def __init__(self, pid: int) -> None:
        super().__init__(name="memory", daemon=True)
        self._pid = pid
        self._stop_now = threading.Event()
        self.most_mb = 0.0

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *error: object) -> None:
        self._stop_now.set()
        self.join()

    def run(self) -> None:
        while not self._stop_now.wait(SAMPLE_S):
            self.most_mb = max(self.most_mb, resident_mb(self._pid))
