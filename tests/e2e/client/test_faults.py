"""The client against faults, with a gateway in a process of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now
from redis import Redis

from gateway_client import (
    AsyncGatewayClient,
    AsyncParallelRunner,
    AuthenticationError,
    BudgetExceededError,
    ChatResponse,
    ConcurrencyExceededError,
    GatewayUnavailableError,
    RetryPolicy,
    Session,
    Settings,
)
from launcher.process import wait_until
from metering.identity.sessions.end_session import end_session
from metering.models import LoginSession, UsageLog
from tests.e2e.client import crowd
from tests.e2e.client.one_gateway import MODEL, OneGateway, Person
from tests.e2e.client.tap import tapped
from tests.factories import RuleFactory
from tests.faults.gateways import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
REFRESH = "/api/auth/token/refresh"
ENDED_S = 30.0
TEN_MINUTES_S = 600.0
PROCESSES = 3


def through(session: Session, url: str) -> Session:
    """The same person, by way of a tap."""
    held = session.active_context()
    assert held is not None
    session.store.save(replace(held, base_url=url))
    return Session(url, store=session.store)


def test_a_stream_that_a_restart_cuts_tells_what_had_come_and_the_next_call_succeeds(
    gateway: OneGateway, ann: Person
) -> None:
    came = ""
    with ann.client() as client:
        pieces = client.stream_chat("sandbox:gap=0.2 sandbox:words=200")
        came += next(pieces).delta
        os.kill(gateway.gateways.pids[0], signal.SIGKILL)
        caught: GatewayUnavailableError | None = None
        try:
            for piece in pieces:
                came += piece.delta
        except GatewayUnavailableError as error:
            caught = error
        assert wait_until(lambda: gateway.gateways.ended(0), ENDED_S)
        assert len(came.split()) > 1
        assert caught is not None
        assert caught.partial == came
        starting = threading.Thread(target=gateway.restart)
        starting.start()
        assert client.chat("hello", max_tokens=5).content
        starting.join()
        client.wait_until_ready(30)
    gateway.sweep()


def test_a_used_up_budget_is_asked_once_since_the_gateway_says_so(gateway: OneGateway, ann: Person) -> None:
    ann.budget(1)
    with tapped(gateway.url) as tap, ann.client(url=tap.url) as client:
        with pytest.raises(BudgetExceededError) as caught:
            client.chat("hello")
        assert tap.statuses == [429]
    assert caught.value.should_retry is False


def test_a_429_that_passes_by_is_waited_for(gateway: OneGateway, ann: Person) -> None:
    gateway.committed(lambda: RuleFactory(scope="tenant", tenant=ann.tenant, key="max_concurrent", value=1))
    with tapped(gateway.url) as tap, ann.client(url=tap.url) as client:
        slow = threading.Thread(target=client.chat, args=("sandbox:slow=1.5",), kwargs={"max_tokens": 5})
        slow.start()
        assert wait_until(lambda: len(tap.requests) == 1, ENDED_S)
        time.sleep(0.5)
        assert client.chat("hello", max_tokens=5).content
        slow.join()
        assert 429 in tap.statuses
        impatient = client.with_policy(RetryPolicy(patience_s=0))
        slow = threading.Thread(target=client.chat, args=("sandbox:slow=1.5",), kwargs={"max_tokens": 5})
        slow.start()
        time.sleep(0.5)
        with pytest.raises(ConcurrencyExceededError) as caught:
            impatient.chat("hello")
        slow.join()
    assert (caught.value.status_code, caught.value.code) == (429, "concurrency_exceeded")
    assert caught.value.request_id
    assert UsageLog.objects.filter(tenant_id=ann.tenant.pk).count() == 3


def test_threads_tasks_and_processes_refresh_an_expired_session_once(
    gateway: OneGateway, ann: Person
) -> None:
    session = ann.signed_in(now() - timedelta(minutes=11))
    with tapped(gateway.url) as tap:
        through(session, tap.url)
        program = [sys.executable, str(Path(crowd.__file__)), tap.url, str(session.store.path.parent), MODEL]
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        pipe = subprocess.PIPE
        crowds = [
            subprocess.Popen(program, env=environment, stdin=pipe, stdout=pipe, text=True)
            for _ in range(PROCESSES)
        ]
        for each in crowds:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        told = [each.communicate("go\n", timeout=120)[0] for each in crowds]
        assert told == [f"{2 * crowd.AT_ONCE}\n"] * PROCESSES
        assert tap.count(REFRESH) == 1


def test_a_revoked_session_says_so_and_is_not_asked_for_again_and_again(
    gateway: OneGateway, ann: Person
) -> None:
    session = ann.signed_in(now() - timedelta(minutes=11))
    row = LoginSession.objects.get(user=ann.user)
    gateway.committed(lambda: end_session(session_id=row.pk, now=now()))
    with tapped(gateway.url) as tap, ann.provider(through(session, tap.url)) as provider:
        with pytest.raises(AuthenticationError) as caught:
            provider.chat("hello")
        assert tap.count(REFRESH) == 1
    assert (caught.value.status_code, caught.value.code) == (401, "invalid_credential")
    assert "re-authenticate" in caught.value.message
    assert not session.is_authenticated()


@pytest.mark.parametrize("off_s", [-TEN_MINUTES_S, TEN_MINUTES_S])
def test_a_clock_that_is_ten_minutes_off_costs_one_refresh_at_most(
    gateway: OneGateway, ann: Person, off_s: float
) -> None:
    """Behind: the expired token looks good, and the gateway refuses it. Ahead: a good one looks expired."""
    signed_in_at = now() - timedelta(minutes=11 if off_s < 0 else 1)
    with tapped(gateway.url) as tap:
        kept = through(ann.signed_in(signed_in_at), tap.url).store
        session = Session(tap.url, store=kept, clock=lambda: time.time() + off_s)
        with ann.provider(session, url=tap.url) as provider:
            assert [bool(provider.chat("hello").content) for _ in range(3)] == [True] * 3
        assert tap.count(REFRESH) == 1
        again = Session(tap.url, store=kept, clock=lambda: time.time() + off_s)
        with ann.provider(again, url=tap.url) as provider:
            assert provider.chat("hello").content
        assert tap.count(REFRESH) == 1, "the store knows how far the clocks are apart"
        assert abs(again.clock.offset_s + off_s) < 5


async def test_200_calls_at_once_stay_within_600_a_minute(gateway: OneGateway, ann: Person) -> None:
    """All but 100 of the 600 are drawn already, so that half of the 200 have to wait their turn."""
    gateway.committed(
        lambda: RuleFactory(scope="tenant", tenant=ann.tenant, key="requests_per_minute", value=600)
    )
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        seconds, micros = redis.time()
        redis.set(
            f"rate:requests:tenant:{ann.tenant.pk}:*", f"{500 * 60_000_000} {seconds * 1_000_000 + micros}"
        )
    asks = [{"messages": f"call {number}", "max_tokens": 2} for number in range(200)]
    with tapped(gateway.url) as tap:
        settings = Settings(base_url=tap.url, api_key=ann.token, model=MODEL)
        async with AsyncGatewayClient(settings) as client:
            outcomes = await AsyncParallelRunner(client, workers=200).run(asks)
    assert [type(outcome) for outcome in outcomes] == [ChatResponse] * 200
    assert len({outcome.request_id for outcome in outcomes if isinstance(outcome, ChatResponse)}) == 200
    assert gateway.committed(UsageLog.objects.filter(tenant_id=ann.tenant.pk).count) == 200
    assert tap.statuses.count(429) <= 10, "the runner waits rather than be refused"
