"""One deployment for the tests of tasks; each test has tenants of its own, and the fakes have seen nothing yet."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.databases import create_database, drop_database, name_of
from tests.faults.gateways import has_ended
from tests.faults.tasks.deployment import TaskDeployment, running_tasks
from tests.support.task_caller import TaskCaller


@pytest.fixture(scope="session")
def _tasks(_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskDeployment]:
    url = create_database(_template, f"faults_{os.getpid()}_tasks", like=name_of(_template))
    with running_tasks(url, tmp_path_factory.mktemp("tasks"), places=2, workers=2) as tasks:
        yield tasks
    drop_database(url)


@pytest.fixture(scope="session")
def nobody(_tasks: TaskDeployment) -> TaskCaller:
    """For requests of which nothing shall come."""
    return _tasks.caller()


@pytest.fixture
def tasks(_tasks: TaskDeployment) -> Iterator[TaskDeployment]:
    """Two gateways and two workers. Afterwards the books are closed, and right."""
    tasks = _tasks
    for pid in [pid for pid in tasks.workers if has_ended(pid)]:
        tasks.workers.remove(pid)
    while len(tasks.workers) < 2:
        tasks.start_worker()
    tasks.until(lambda: tasks.vendor.log.at_once == 0)
    tasks.vendor.log.clear()
    tasks.vendor.vendor.next.clear()
    tasks.search.asked.clear()
    tasks.search.script.clear()
    tasks.search.always.clear()
    tasks.search.delay_s = lambda: 0.0
    yield tasks
    tasks.vendor.open()
    for pid in tasks.workers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    tasks.assert_all_has_ended()
