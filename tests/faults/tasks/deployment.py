"""Everything that a task meets: gateways, workers and their timetable, a vendor and search services that count."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from celery import Celery
from redis import Redis

from fixtures.search_services.server import SearchServices
from launcher.redis import EmbeddedRedis
from tests.faults.gateways import Gateways, forked_gateways, has_ended
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.tasks.catalog import CATALOG
from tests.support.search_services import running_search_services
from tests.support.task_caller import TaskCaller
from tests.vendors.running import RunningVendor, running_vendor
from tests.vendors.sandbox_app import FakeSandboxVendor

KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
LEASE_S = 6
"""More than a worker of a busy machine needs to renew it in."""
WITHIN_S = 120.0
SOURCES = ("openalex", "uspto")
THREADS = 16
_numbers = count(1)
_names = count(1)


@dataclass(kw_only=True)
class TaskDeployment:
    gateways: Gateways
    vendor: RunningVendor
    search: SearchServices
    database: str
    redis: EmbeddedRedis
    folder: Path
    workers: list[int] = field(default_factory=list)

    @property
    def log(self) -> str:
        """What all processes have written."""
        return (self.folder / "processes.log").read_text("utf-8", "replace")

    def caller(self, plan: str = "OPEN", *, tenant: str = "", place: int = 0, **budget: object) -> TaskCaller:
        """A new token, of a new tenant unless one is named; with a budget of the tenant if one is given."""
        slug = tenant or f"tenant-{next(_numbers)}"
        if not tenant:
            self.gateways.manage("create_tenant", "--slug", slug, "--name", slug)
        if budget:
            options = [part for name, value in budget.items() for part in (f"--{name}", str(value))]
            self.gateways.manage("set_budget", "--tenant", slug, *options)
        token = self.gateways.manage("issue_token", "--tenant", slug, "--plan", plan)
        return TaskCaller(url=self.gateways.urls[place], token=str(token["token"]), tenant=slug)

    def start_worker(self) -> int:
        """A Celery worker's process."""
        options = ["--hostname", f"w{next(_names)}@%h", "--pool", "threads", "--concurrency", str(THREADS)]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        pid = self.gateways.start_celery("worker", *options, *quiet)
        self.workers.append(pid)
        return pid

    def start_beat(self) -> int:
        return self.gateways.start_celery(
            "beat", "--schedule", str(self.folder / f"beat-{next(_names)}"), "--pidfile", ""
        )

    def send(self, task: str) -> None:
        """Send one of the timetable's tasks now."""
        with Celery(broker=self.redis.url) as sender:
            sender.send_task(task)

    def end_worker(self, pid: int, number: int = signal.SIGTERM, *, within_s: float = WITHIN_S) -> None:
        """Send the signal and wait for its end."""
        self.workers.remove(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if number == signal.SIGKILL or number == signal.SIGTERM:
            self.until(lambda: has_ended(pid), within_s=within_s)

    def until(self, condition: Any, *, within_s: float = WITHIN_S) -> None:
        """Raises AssertionError if it never becomes true."""
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, "it did not become true"
            time.sleep(0.05)  # what is asked has other work

    def rows(self, tenant: str) -> list[dict[str, Any]]:
        """The usage rows of a tenant."""
        names = (
            *("id", "reservation_id", "provider_name", "outcome", "estimated", "input_tokens"),
            *("output_tokens", "cost_nano_usd", "api_calls", "files", "steps", "task"),
        )
        rows = query(
            self.database,
            f"SELECT {', '.join(f'u.{name}' for name in names)} FROM metering_usagelog u "
            "JOIN metering_tenant t ON t.id = u.tenant_id WHERE t.slug = %s ORDER BY u.id",
            (tenant,),
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def open_jobs(self) -> int:
        """Jobs that have not ended."""
        open_ones = "SELECT count(*) FROM metering_taskjob WHERE status IN ('queued', 'running')"
        [(found,)] = query(self.database, open_ones)
        return int(found)

    def held(self) -> int:
        """Reservations that have not ended."""
        [(found,)] = query(self.database, "SELECT count(*) FROM metering_usagereservation WHERE state = 0")
        return int(found)

    def sends_nothing_on(self) -> None:
        """Empty the broker."""
        with Redis.from_url(self.redis.url) as client:
            client.flushall()

    def assert_all_has_ended(self) -> None:
        """All jobs have ended, nothing is held, and the ledger is whole."""
        self.until(lambda: self.open_jobs() == 0 == self.held())
        assert query(self.database, "SELECT count(*) FROM metering_usagemeter WHERE held <> 0") == [(0,)]
        assert_the_ledger_balances(self.database)

    def assert_the_ledger_equals_the_fakes(self, tenant: str) -> None:
        """Once all has ended, of the only tenant that has asked.

        Each search call that came is one in the books, and each LLM call that came is one row, with the tokens that
        were billed. What was cut off, by a kill or a cancellation, is one row at its bound, whether or not it came.
        """
        self.until(lambda: self.held() == 0)
        rows = self.rows(tenant)
        for name in SOURCES:
            calls = [row for row in rows if row["provider_name"] == name]
            known = sum(row["api_calls"] for row in calls if row["outcome"] != "cancelled")
            assert known <= self.search.count(name) <= sum(row["api_calls"] for row in calls)
        asked = {str(row["id"]): row for row in rows if row["provider_name"] not in SOURCES}
        came = {call.attempt_id: call.usage for call in self.vendor.log.calls}
        assert set(came) <= set(asked)
        assert {asked[key]["outcome"] for key in set(asked) - set(came)} <= {"cancelled"}
        for key, usage in came.items():
            row, used = asked[key], usage or {"prompt_tokens": 0, "completion_tokens": 0}
            charged = row["input_tokens"], row["output_tokens"]
            if row["estimated"]:
                assert charged > (used["prompt_tokens"], used["completion_tokens"])
            else:
                assert charged == (used["prompt_tokens"], used["completion_tokens"])


@contextmanager
def running_tasks(
    database: str, folder: Path, *, places: int = 1, workers: int = 1, catalog: str = CATALOG, **more: str
) -> Iterator[TaskDeployment]:
    """Ready; everything ends with the block."""
    redis = EmbeddedRedis(folder / "redis")
    redis.start()
    try:
        with running_vendor(FakeSandboxVendor()) as vendor, running_search_services() as search:
            variables = {
                "DATABASE_URL": database,
                "REDIS_URL": redis.url,
                KEY_VARIABLE: vendor.api_key,
                "RATE_LIMIT_TIMEOUT_S": "10",
                "OPENALEX_BASE_URL": search.url("openalex"),
                "USPTO_ODP_BASE_URL": search.url("uspto"),
                "USPTO_ODP_API_KEY": "key",
                "JOB_LEASE_S": str(LEASE_S),
                "SWEEP_INTERVAL_S": "2",
            }
            with (
                (folder / "processes.log").open("a") as log,
                forked_gateways(places, variables | more, log=log) as gateways,
            ):
                file = folder / "catalog.yaml"
                file.write_text(catalog.replace("BASE_URL", vendor.base_url))
                gateways.manage("load_catalog", str(file))
                tasks = TaskDeployment(
                    gateways=gateways,
                    vendor=vendor,
                    search=search,
                    database=database,
                    redis=redis,
                    folder=folder,
                )
                for place in range(places):
                    gateways.start(place)
                beat = tasks.start_beat()
                for _ in range(workers):
                    tasks.start_worker()
                gateways.wait_until_ready()
                try:
                    yield tasks
                finally:
                    vendor.open()
                    for pid in (beat, *tasks.workers):
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
    finally:
        redis.stop()
