"""Rate limits on four gateway processes, each asked over HTTP as fast as one caller can."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.fleet import Fleet, running_fleet, until

pytestmark = pytest.mark.slow
PER_MINUTE = 20
CALLS = 10 * PER_MINUTE


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    with running_fleet(database) as fleet:
        yield fleet


def call(url: str, token: str) -> tuple[int, str]:
    """Status and error code of one small completion."""
    body = {"model": "sandbox-small", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(  # noqa: S310
        f"{url}/v1/chat/completions", json.dumps(body).encode()
    )
    request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["code"]


def test_ten_times_the_limit_over_four_gateways_stays_within_the_bucket_exactly(fleet: Fleet) -> None:
    rule = "INSERT INTO metering_policyrule (id, scope, tenant_id, scope_id, key, value, conditions, priority, mode, "
    fleet.sql(
        f"{rule} enforce_percent, is_active, created_at) SELECT gen_random_uuid(), 'tenant', id, '', "
        f"'requests_per_minute', '{PER_MINUTE}', '{{}}', 0, 'enforce', 100, true, now() FROM metering_tenant"
    )
    fleet.sql("DELETE FROM metering_policyrule WHERE key = 'max_concurrent'")
    fleet.sql("DELETE FROM metering_budget")
    fleet.sql("DELETE FROM metering_policyrule WHERE key LIKE '%_per_minute' AND scope <> 'tenant'")
    secrets = [token["token"] for token in fleet.tokens]
    until(lambda: fleet.statuses(0) == [200] * 4)
    begin = time.monotonic()
    with ThreadPoolExecutor(16) as callers:
        asked = [
            callers.submit(call, fleet.gateways[number % 4], secrets[number % 2]) for number in range(CALLS)
        ]
        outcomes = Counter(item.result() for item in asked)
    elapsed_s = time.monotonic() - begin
    assert set(outcomes) == {(200, ""), (429, "rate_limited")}
    assert PER_MINUTE <= outcomes[200, ""] <= PER_MINUTE + PER_MINUTE * elapsed_s / 60
