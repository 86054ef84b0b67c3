"""A changed plan and an edited rule on four gateway processes, none of which had a hand in it.

How long it took is measured from just after the commit, and recorded; a busy machine is no failure.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.fleet import Fleet, running_fleet, until
from tests.faults.gateways import ROOT, status_of

pytestmark = pytest.mark.slow
Record = Callable[[str, object], None]
RULE = "PolicyRule.objects.filter(scope='plan', key='max_tokens_in')"
PLAN = (
    "from metering.identity.tenants.assign_plan import assign_plan; from django.utils.timezone import now; "
    "assign_plan(tenant=Tenant.objects.get(slug='alder'), plan_code='PRO', actor='a test', now=now())"
)


@pytest.fixture
def fleet(doomed_database: str) -> Iterator[Fleet]:
    with running_fleet(doomed_database) as fleet:
        yield fleet


def measure(fleet: Fleet, code: str, reached: Callable[[str], bool]) -> float:
    """Seconds from just after the commit of Django code, run in a process of its own, until every gateway shows it."""
    assert not any(map(reached, fleet.gateways))
    program = f"{code}; import time; print(time.monotonic(), flush=True)"
    child = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", program],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": fleet.database},
        stdout=subprocess.PIPE,
        text=True,
    )

    assert child.stdout is not None
    committed = child.stdout.readline()  # before it, to ask would only keep the processors from it

    def seen_s(url: str) -> float:
        until(lambda: reached(url))
        return time.monotonic()

    with ThreadPoolExecutor(len(fleet.gateways)) as watchers:
        last_s = max(watchers.map(seen_s, fleet.gateways))
    child.communicate(timeout=60)
    assert child.returncode == 0
    return max(0.0, last_s - float(committed))


def ask(url: str, token: str, words: int) -> int:
    """The status of a chat completion."""
    body = {
        "model": "sandbox-small",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": "word " * words}],
    }
    request = urllib.request.Request(  # noqa: S310
        f"{url}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_another_plan_reaches_every_process(fleet: Fleet, record_property: Record) -> None:
    secret = fleet.tokens[0]["token"]
    took_s = measure(fleet, PLAN, lambda url: status_of(f"{url}/v1/models/sandbox-pro-m", secret) == 200)
    record_property("plan_change_s", round(took_s, 3))
    print(f"another plan on four processes after {took_s:.3f} s")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("edited rule", f"{RULE}.update(value=16_000)"),
        (
            "enforcement switch",
            "PolicyRule.objects.create(scope='global', key='enforcement', value='observe')",
        ),
    ],
)
def test_what_a_process_writes_about_rules_reaches_every_other(
    fleet: Fleet, record_property: Record, name: str, code: str
) -> None:
    """A `QuerySet.update()`, which tells no Django signal, and a new row."""
    secret = fleet.tokens[0]["token"]
    fleet.sql("UPDATE metering_policyrule SET value = '20' WHERE key = 'max_tokens_in'")
    until(lambda: [ask(url, secret, 200) for url in fleet.gateways] == [413] * 4)
    took_s = measure(fleet, code, lambda url: ask(url, secret, 200) == 200)
    record_property(f"{name.replace(' ', '_')}_s", round(took_s, 3))
    print(f"{name} on four processes after {took_s:.3f} s")
