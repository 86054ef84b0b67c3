"""Redis goes away under running gateways: each keeps the rates by itself and says so, until Redis is back."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from launcher.redis import EmbeddedRedis
from tests.faults.callers import Callers, callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.waiting import until

PLACES = 2
WITHIN_S = 60
PER_MINUTE = 6
ASKED = 5 * PER_MINUTE
METRICS_TOKEN = "for-prometheus"
ADMITTED, DENIED = (200, ""), (429, "rate_limited")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def deployment(database: str, own_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[Deployment]:
    environment = {"REDIS_URL": own_redis.url, "METRICS_TOKEN": METRICS_TOKEN}
    with running_deployment(database, tmp_path, places=PLACES, environment=environment) as deployment:
        deployment.gateways.manage(
            "set_rule", "--plan", "OPEN", "--key", "requests_per_minute", "--value", str(PER_MINUTE)
        )
        yield deployment


@pytest.fixture
async def crowd() -> AsyncIterator[Callers]:
    async with callers() as crowd:
        yield crowd


def read(url: str, bearer: str = "") -> bytes:
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {bearer}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body


def redis_as_told(deployment: Deployment) -> list[str]:
    """What each gateway's readiness, which is 200, says of Redis."""
    return [json.loads(read(f"{url}/health/ready"))["checks"]["redis"] for url in deployment.gateways.urls]


def metric(deployment: Deployment, name: str) -> list[float]:
    """Of each gateway."""
    pages = [read(f"{url}/metrics", METRICS_TOKEN).decode() for url in deployment.gateways.urls]
    return [
        sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == name
        )
        for page in pages
    ]


async def admitted(crowd: Callers, urls: list[str], token: str) -> tuple[int, float]:
    """How many of the calls were let in, and how long they took; all others were told that they are too fast."""
    began = time.monotonic()
    told = await crowd.ask_many(urls, token, ASKED)
    outcomes = Counter((one.status, one.code) for one in told)
    assert set(outcomes) <= {ADMITTED, DENIED}
    assert all(int(one.headers["retry-after"]) >= 1 for one in told if one.status == 429)
    return outcomes[ADMITTED], time.monotonic() - began


def within_the_bucket(count: int, took_s: float) -> bool:
    """Exactly the bucket, and what refilled meanwhile."""
    return PER_MINUTE <= count <= PER_MINUTE + PER_MINUTE * took_s / 60


async def test_each_gateway_keeps_the_rate_alone_and_says_so_until_redis_is_back(
    deployment: Deployment, crowd: Callers, own_redis: EmbeddedRedis
) -> None:
    urls = deployment.gateways.urls
    assert redis_as_told(deployment) == ["ok", "ok"]
    assert within_the_bucket(*await admitted(crowd, urls, deployment.tenant()))
    assert metric(deployment, "gateway_rate_fallbacks_total") == [0, 0]

    own_redis.stop()
    await until(lambda: redis_as_told(deployment) == ["degraded", "degraded"], within_s=WITHIN_S)
    alone = deployment.tenant()
    for url in urls:
        assert within_the_bucket(*await admitted(crowd, [url], alone)), (
            "a gateway has its own bucket, and one only"
        )
    assert metric(deployment, "gateway_rate_fallbacks_total") == [ASKED, ASKED]
    assert metric(deployment, "gateway_rates_shared") == [0, 0]

    own_redis.start()
    await until(lambda: redis_as_told(deployment) == ["ok", "ok"], within_s=WITHIN_S)
    assert within_the_bucket(*await admitted(crowd, urls, deployment.tenant())), (
        "the gateways do not share again"
    )
    assert metric(deployment, "gateway_rate_fallbacks_total") == [ASKED, ASKED]
    assert metric(deployment, "gateway_rates_shared") == [1, 1]
