"""Callers who only take up room, while others work: a thousand idle connections, bodies held back, credentials that are
none, streams that nobody reads. On the server as it runs in production, with real sockets.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bench.http.attackers import HELD_BACK, Attack
from bench.http.processes import largest_mb
from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.gateways import status_of
from tests.faults.production import Production, in_production
from tests.faults.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
WORKERS = 8
"""Callers who do paying work at the same time."""
CALLS = 10
"""Of each."""
LONGEST_S = 9.0
"""Shorter than any limit on what the attackers hold back: nobody waits until these have run out."""
MOST_OF_IDLE_MB = 150
"""What the connections may add that only take up room."""
MOST_MB = 300.0
IN_PLACE_S = 20.0


@pytest.fixture(scope="module")
def deployment(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(shared_database, tmp_path_factory.mktemp("deployment"), places=0) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Iterator[Production]:
    """One for all: what has been attacked before stands it again."""
    with in_production(deployment) as server:
        yield server


@asynccontextmanager
async def under_attack(deployment: Deployment, server: Production) -> AsyncIterator[Attack]:
    """Everybody is in place, and comes back when sent away."""
    attack = Attack(port_of(server), token=deployment.tenant(plan="CANCEL"), model="small")
    attack.begin()
    try:
        await until(attack.is_in_place, within_s=IN_PLACE_S)
        yield attack
    finally:
        await attack.end()


def port_of(server: Production) -> int:
    return int(server.url.rpartition(":")[2])


def worker_mb(server: Production) -> float:
    """The most that one of the server's processes has."""
    return largest_mb(server.process.pid)


async def work(crowd: Callers, url: str, token: str) -> list[float]:
    """Calls one after the other; how long each took."""
    took = []
    for number in range(CALLS):
        began = time.monotonic()
        told = await crowd.ask(url, token, streamed=bool(number % 2))
        took.append(time.monotonic() - began)
        assert (told.status, told.whole) == (200, True), told
    return took


async def test_nobody_who_pays_is_refused_or_kept_waiting(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    tokens = [deployment.tenant(dimension="cost", window="month", amount=1_000) for _ in range(2)]
    await work(crowd, server.url, tokens[0])
    async with under_attack(deployment, server) as attack:
        took = await asyncio.gather(*[work(crowd, server.url, token) for token in tokens * (WORKERS // 2)])
        assert max(map(max, took)) < LONGEST_S
        for path in ("/health/live", "/health/ready", "/v1/models", "/api/auth/me"):
            began = time.monotonic()
            assert await asyncio.to_thread(status_of, server.url + path, tokens[1]) == 200, path
            assert time.monotonic() - began < LONGEST_S, path
        assert worker_mb(server) < MOST_MB
        assert not [line for line in attack.told if line.startswith("HTTP/1.1 500")]


async def test_large_bodies_of_those_who_are_known_leave_room_for_ordinary_calls(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    token = deployment.tenant()
    attack = Attack(port_of(server), token=token, model="small")
    held_back = [asyncio.create_task(attack.hold_back_known()) for _ in range(HELD_BACK)]
    try:
        await until(lambda: attack.told["HTTP/1.1 503 Service Unavailable"] > 0, within_s=IN_PLACE_S)
        assert max(await work(crowd, server.url, token)) < LONGEST_S
        # On a busy machine more of the bodies are refused at once, which takes more for a moment.
        await until(lambda: worker_mb(server) < MOST_MB, within_s=IN_PLACE_S)
    finally:
        for task in held_back:
            task.cancel()
        await asyncio.gather(*held_back, return_exceptions=True)


async def test_more_connections_than_the_server_takes_silence_nobody(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    token = deployment.tenant()
    before_mb = worker_mb(server)  # with what the attacks before this one have left
    connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        for _ in range(4_150):
            connections.append(await asyncio.open_connection("127.0.0.1", port_of(server)))
            connections[-1][1].write(b"GET /health/live HTTP/1.1\r\n")
        began = time.monotonic()
        assert await asyncio.to_thread(status_of, f"{server.url}/health/live") == 200
        assert (await crowd.ask(server.url, token)).status == 200
        assert time.monotonic() - began < LONGEST_S
        assert worker_mb(server) < before_mb + MOST_OF_IDLE_MB
    finally:
        for _, writer in connections:
            writer.transport.abort()


async def test_a_slow_upload_with_a_credential_arrives(deployment: Deployment, server: Production) -> None:
    """To both doors, more slowly than a stranger's may be."""
    token = deployment.tenant()
    hello = b'{"model": "small", "messages": [{"role": "user", "content": "hello"}]}'
    upload = hello[:-1] + b" " * 100_000 + b"}"

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(upload), 10_000):
            yield upload[start : start + 10_000]
            await asyncio.sleep(0.12)

    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{server.url}/v1/chat/completions", data=slowly()) as answer:
            assert answer.status == 200
        async with session.post(f"{server.url}/api/policy/simulate", data=slowly()) as answer:
            assert answer.status not in (408, 413, 503)
        del session.headers["authorization"]
        async with session.post(f"{server.url}/api/policy/simulate", data=slowly()) as answer:
            assert answer.status == 413
