"""Events on their way to receivers of every temper: each told what it chose, once, and nobody waits for another."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils.timezone import now

from gateway_project.webhooks.destination import look_up
from gateway_project.webhooks.send import send, send_within
from metering.alerts.address import address_alerts
from metering.alerts.endpoints.deliver import ALL_FAILED, FAULT, LEASE_S, OF_A_TENANT
from metering.alerts.endpoints.edit import change_endpoint, remove_endpoint, switch_endpoint
from metering.alerts.endpoints.forget import forget_deliveries
from metering.alerts.endpoints.overflow import TOO_MANY, fail_overflow
from metering.alerts.endpoints.port import Outcome
from metering.alerts.endpoints.record import FAILING_FOR, MAX_ATTEMPTS
from metering.alerts.endpoints.replay import MOST_REPLAYS, replay_delivery, replay_endpoint
from metering.errors import RateLimited, TransitionRefused
from metering.models import AlertDelivery, AuditEvent, Notice, QuotaAlert, WebhookEndpoint
from metering.types import Audience, EventType
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, UserFactory, birch
from tests.fakes.receivers import Reply, receiving, slack
from tests.integration.metering.alerts.conftest import Clock
from tests.integration.metering.alerts.endpoints.conftest import Make, deliver, one_more_alert, only_delivery
from tests.integration.metering.alerts.test_notices import tell
from tests.mail import free_port


def state_of(endpoint: WebhookEndpoint) -> tuple[bool, str]:
    endpoint.refresh_from_db()
    return endpoint.is_active, endpoint.disabled_reason


def test_each_endpoint_of_the_tenant_that_chose_the_type_is_told_once(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    with receiving() as receiver:
        make(f"{receiver.url}/all")
        make(f"{receiver.url}/chosen", events=["quota.warning", "quota.exceeded"])
        make(f"{receiver.url}/other", events=["quota.exceeded"])
        make(f"{receiver.url}/birch", tenant=birch())
        make(f"{receiver.url}/operators", tenant=None)
        switch_endpoint(row=make(f"{receiver.url}/off"), is_active=False, actor="a test", now=clock())
        assert (deliver(clock), deliver(clock)) == (2, 0)
    assert sorted(arrival.path for arrival in receiver.arrivals) == ["/all", "/chosen"]
    delivery = AlertDelivery.objects.filter(endpoint__isnull=False).first()
    assert delivery is not None
    assert (delivery.state, delivery.status_code, delivery.response) == ("sent", 200, "ok")
    assert (delivery.attempts, delivery.sent_at, delivery.last_error) == (1, clock(), "")


def test_what_tenants_share_is_told_to_the_operators_endpoints(make: Make, clock: Clock) -> None:
    AlertFactory(meter=MeterFactory(budget=BudgetFactory(scope="global")))
    with receiving() as receiver:
        make(f"{receiver.url}/operators", tenant=None)
        make(f"{receiver.url}/alder")
        deliver(clock)
    assert [arrival.path for arrival in receiver.arrivals] == ["/operators"]


async def patiently(outgoing: Any) -> Any:
    return await send_within(outgoing, deadline_s=60.0, look_up=look_up)


def test_one_that_does_not_answer_delays_no_other(alert: QuotaAlert, make: Make, clock: Clock) -> None:
    """The slow one answers only once the others have what is theirs."""
    others_are_done = threading.Event()
    with (
        receiving(lambda _: Reply(wait_for=others_are_done)) as slow,
        receiving() as quick,
    ):
        for number in range(3):
            make(f"{slow.url}/{number}")
        make(f"http://127.0.0.1:{free_port()}/dead")
        make(f"{quick.url}/quick")
        one_more_alert()
        thread = threading.Thread(target=lambda: [quick.wait(), quick.wait(), others_are_done.set()])
        thread.start()
        deliver(clock, patiently)
        thread.join()
    assert [len(quick.arrivals), len(slow.arrivals)] == [2, 6]
    assert AlertDelivery.objects.filter(state="sent").count() == 8


def test_one_tenants_slow_addresses_leave_room_for_those_of_others(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    """Alder's six answer only once Birch's has what is its."""
    under_way, most = 0, 0
    birchs_is_done = asyncio.Event()

    async def slowly(outgoing: Any) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if outgoing.url.endswith("/birch"):
            birchs_is_done.set()
        await birchs_is_done.wait()
        under_way -= 1
        return Outcome(status=200)

    for number in range(6):
        make(f"http://127.0.0.1/{number}")
    make("http://127.0.0.1/birch", tenant=birch())
    tell(clock, tenant_id=birch().pk)
    assert deliver(clock, slowly) == 7
    assert most == OF_A_TENANT + 1


def test_what_one_person_is_told_is_not_told_to_the_tenants_channels(make: Make, clock: Clock) -> None:
    """As the two notices of an answered request for quota: one for its administrators, one for who asked."""
    ann = UserFactory()
    with receiving() as receiver:
        make(receiver.url)
        tell(clock, tenant_id=ann.tenant_id)
        tell(clock, Audience.PERSON, tenant_id=ann.tenant_id, user_id=ann.pk)
        deliver(clock)
    assert len(receiver.arrivals) == 1


def test_a_statement_is_told_to_the_tenants_channels_whoever_is_mailed(make: Make, clock: Clock) -> None:
    ann = UserFactory()
    with receiving() as receiver:
        make(receiver.url, events=["statement.ready"])
        tell(clock, Audience.PERSON, type=EventType.STATEMENT_READY, tenant_id=ann.tenant_id, user_id=ann.pk)
        deliver(clock)
    assert len(receiver.arrivals) == 1
    assert AlertDelivery.objects.get(channel="email").recipient == ann.email


def test_a_refusal_is_tried_again_with_the_same_id_less_and_less_often(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    replies = iter([Reply(status=500, body=b"oops")] * 4 + [Reply()])
    waits = []
    with receiving(lambda _: next(replies)) as receiver:
        make(receiver.url)
        for _ in range(4):
            assert deliver(clock) == 1
            assert deliver(clock) == 0, "not before its time"
            waits.append((only_delivery().next_attempt_at - clock()).total_seconds())
            clock.pass_s(30 * 2 ** len(waits))
        assert (only_delivery().status_code, only_delivery().last_error) == (500, "answered 500")
        assert deliver(clock) == 1
    assert all(30 * 2**n / 2 <= wait <= 30 * 2**n for n, wait in enumerate(waits))
    assert (only_delivery().state, only_delivery().attempts) == ("sent", 5)
    assert {arrival.headers["webhook-id"] for arrival in receiver.arrivals} == {f"evt_{alert.pk}"}


def test_the_wait_that_a_receiver_asks_for_is_kept_for_all_that_goes_there(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    one_more_alert()
    busy = Reply(status=429, headers={"retry-after": "900"})
    with receiving(lambda _: busy) as receiver:
        make(receiver.url)
        deliver(clock)
        clock.pass_s(890)
        assert deliver(clock) == 0
        assert len(receiver.arrivals) == 1, "the second event waits as well"
        clock.pass_s(11)
        assert deliver(clock) == 1


def test_an_endpoint_that_is_gone_is_switched_off_and_its_admins_are_told(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    one_more_alert()
    with receiving(lambda _: Reply(status=410)) as receiver:
        endpoint = make(receiver.url)
        deliver(clock)
    assert len(receiver.arrivals) == 1
    assert state_of(endpoint) == (False, "answered 410: it is gone")
    assert set(AlertDelivery.objects.values_list("state", flat=True)) == {"failed"}
    notice = Notice.objects.get()
    assert (notice.type, notice.tenant_id) == ("channel.disabled", endpoint.tenant_id)
    assert AuditEvent.objects.filter(action="webhook.disabled").count() == 1


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    endpoint = make(f"http://127.0.0.1:{free_port()}/")
    deliver(clock)
    assert (only_delivery().state, only_delivery().last_error) == ("pending", "no connection")
    for _ in range(FAILING_FOR.days):
        assert state_of(endpoint) == (True, "")
        clock.now += timedelta(days=1)
        deliver(clock)
    assert state_of(endpoint) == (False, "it has taken nothing for 3 days")
    assert only_delivery().state == "failed"


def test_two_failures_with_days_between_in_which_nothing_was_to_be_sent_switch_nothing_off(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    replies = iter([Reply(status=400), Reply(status=503), Reply()])
    with receiving(lambda _: next(replies)) as receiver:
        endpoint = make(receiver.url, "slack")
        deliver(clock)
        assert only_delivery().state == "failed"
        clock.now += FAILING_FOR + timedelta(days=1)
        one_more_alert()
        deliver(clock)
        assert state_of(endpoint) == (True, "")
        assert endpoint.failing_since == clock()
        clock.pass_s(60)
        assert deliver(clock) == 1
    assert set(AlertDelivery.objects.values_list("state", flat=True)) == {"failed", "sent"}


def test_what_waits_for_an_address_is_sent_at_once_when_that_is_put_right(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    busy = Reply(status=429, headers={"retry-after": "86400"})
    with receiving(lambda arrival: busy if arrival.path == "/wrong" else Reply()) as receiver:
        endpoint = make(f"{receiver.url}/wrong")
        deliver(clock)
        facts: Any = {"name": endpoint.name, "events": [], "actor": "a test"}
        change_endpoint(row=endpoint, **facts, now=clock())
        assert deliver(clock) == 0, "another name is no other address"
        change_endpoint(row=endpoint, url=f"{receiver.url}/right", **facts, now=clock())
        assert deliver(clock) == 1
    endpoint.refresh_from_db()
    assert (only_delivery().state, endpoint.failures, endpoint.failing_since) == ("sent", 0, None)


def test_after_many_attempts_it_is_a_dead_letter_that_people_send_again(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    reply = Reply(status=500)
    with receiving(lambda _: reply) as receiver:
        endpoint = make(receiver.url)
        deliver(clock)
        AlertDelivery.objects.update(attempts=MAX_ATTEMPTS - 1)
        clock.pass_s(60)
        deliver(clock)
        assert (only_delivery().state, only_delivery().attempts) == ("failed", MAX_ATTEMPTS)
        clock.pass_s(1e5)
        assert deliver(clock) == 0
        reply.status = 200
        assert replay_endpoint(endpoint=endpoint, actor="a test", now=clock()) == 1
        assert deliver(clock) == 1
        with pytest.raises(TransitionRefused):
            replay_delivery(delivery=only_delivery(), actor="a test", now=clock())
    assert only_delivery().state == "sent"
    assert list(receiver.taken) == [f"evt_{alert.pk}"]


def test_a_replay_of_nothing_does_not_shorten_a_wait_and_nobody_replays_without_end(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    busy = Reply(status=429, headers={"retry-after": "900"})
    with receiving(lambda _: busy) as receiver:
        endpoint = make(receiver.url)
        deliver(clock)
        assert replay_endpoint(endpoint=endpoint, actor="a test", now=clock()) == 0
        endpoint.refresh_from_db()
        assert endpoint.retry_at is not None
    for _ in range(MOST_REPLAYS):
        AlertDelivery.objects.update(state="failed")
        assert replay_endpoint(endpoint=endpoint, actor="a test", now=clock()) == 1
    AlertDelivery.objects.update(state="failed")
    with pytest.raises(RateLimited):
        replay_delivery(delivery=only_delivery(), actor="a test", now=clock())
    assert only_delivery().state == "failed"


def test_of_what_waits_for_an_address_beyond_all_measure_the_oldest_are_dead_letters(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    endpoint = make("http://127.0.0.1/all")
    make("http://127.0.0.1/fewer", events=["quota_request.created"])
    for _ in range(2):
        tell(clock, tenant_id=alert.tenant_id)
    address_alerts(now=clock())
    assert (fail_overflow(most=3), fail_overflow(most=2)) == (0, 1)
    failed = AlertDelivery.objects.get(state="failed")
    assert (failed.endpoint, failed.alert, failed.last_error) == (endpoint, alert, TOO_MANY)
    assert AlertDelivery.objects.filter(state="pending").count() == 4
    assert replay_endpoint(endpoint=endpoint, actor="a test", now=clock()) == 1


def test_what_waits_when_a_channel_is_switched_off_fails_and_is_not_sent(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    with receiving(lambda _: Reply(status=503)) as receiver:
        endpoint = make(receiver.url)
        deliver(clock)
        switch_endpoint(row=endpoint, is_active=False, actor="a test", now=clock())
        clock.pass_s(1e5)
        assert deliver(clock) == 0
        with pytest.raises(TransitionRefused):
            replay_delivery(delivery=only_delivery(), actor="a test", now=clock())
    assert (only_delivery().state, only_delivery().last_error) == ("failed", "the channel is switched off")


def test_a_webhook_whose_worker_died_is_sent_again_and_a_message_to_people_is_not(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    class WorkerDied(BaseException):
        pass

    async def die(_: Any) -> Any:
        raise WorkerDied

    with receiving() as receiver:
        for kind in ("webhook", "slack"):
            make(f"{receiver.url}/{kind}", kind)
        with pytest.raises(WorkerDied):
            deliver(clock, die)
        assert set(AlertDelivery.objects.values_list("state", flat=True)) == {"sending"}
        assert deliver(clock) == 0, "its lease runs"
        clock.pass_s(LEASE_S + 1)
        assert deliver(clock) == 1
        assert [arrival.path for arrival in receiver.arrivals] == ["/webhook"]
    assert dict(AlertDelivery.objects.values_list("channel", "state")) == {
        "webhook": "sent",
        "slack": "uncertain",
    }


def test_a_webhook_whose_workers_all_died_is_a_dead_letter(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    with receiving() as receiver:
        make(receiver.url)
        address_alerts(now=clock())
        AlertDelivery.objects.update(state="sending", attempts=MAX_ATTEMPTS, next_attempt_at=clock())
        clock.pass_s(1)
        assert deliver(clock) == 0
    assert (only_delivery().state, only_delivery().last_error) == ("failed", ALL_FAILED)


def test_a_fault_of_ours_is_recorded_and_the_others_go_on(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    async def faulty(outgoing: Any) -> Any:
        if outgoing.url.endswith("/faulty"):
            raise KeyError("a fault")
        return await send(outgoing)

    with receiving() as receiver:
        faulty_one = make(f"{receiver.url}/faulty")
        make(f"{receiver.url}/other")
        assert deliver(clock, faulty) == 2
    assert [arrival.path for arrival in receiver.arrivals] == ["/other"]
    delivery = AlertDelivery.objects.get(endpoint=faulty_one)
    assert (delivery.state, delivery.last_error) == ("pending", FAULT)


@pytest.mark.parametrize("meanwhile", [{"attempts": 7}, {"attempted_at": now()}], ids=["claim", "replay"])
def test_a_worker_that_was_too_slow_changes_nothing(
    alert: QuotaAlert, make: Make, clock: Clock, meanwhile: dict[str, Any]
) -> None:
    async def slowly(outgoing: Any) -> Any:
        outcome = await send(outgoing)
        await sync_to_async(AlertDelivery.objects.update)(**meanwhile)  # another one has claimed it
        return outcome

    with receiving() as receiver:
        make(receiver.url)
        deliver(clock, slowly)
    assert (only_delivery().state, only_delivery().sent_at) == ("sending", None)


def test_a_channel_that_two_remove_is_removed_once(make: Make, clock: Clock) -> None:
    endpoint = make("http://127.0.0.1/")
    for _ in range(2):
        remove_endpoint(row=WebhookEndpoint(pk=endpoint.pk), actor="a test", now=clock())
    assert AuditEvent.objects.filter(action="webhook.removed").count() == 1


def test_slack_says_that_the_address_is_revoked(alert: QuotaAlert, make: Make, clock: Clock) -> None:
    with receiving(slack) as receiver:
        endpoint = make(f"{receiver.url}/services/revoked", "slack")
        deliver(clock)
    assert state_of(endpoint) == (False, "answered 404: it is gone")
    assert only_delivery().response == "no_service"


def test_an_endpoint_that_took_something_meanwhile_has_not_failed_for_days(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    replies = iter([Reply(status=500), Reply(), Reply(status=500)])
    with receiving(lambda _: next(replies)) as receiver:
        endpoint = make(receiver.url)
        deliver(clock)
        clock.pass_s(60)
        deliver(clock)
        clock.now += FAILING_FOR + timedelta(days=1)
        one_more_alert()
        deliver(clock)
    assert state_of(endpoint) == (True, "")


def test_the_log_is_deleted_once_it_is_old_and_what_waits_is_not(
    alert: QuotaAlert, make: Make, clock: Clock
) -> None:
    with receiving(lambda arrival: Reply(status=200 if arrival.path == "/up" else 500)) as receiver:
        make(f"{receiver.url}/up")
        make(f"{receiver.url}/down")
        deliver(clock)
    for days, left in ((89, {"sent", "pending"}), (91, {"pending"})):
        forget_deliveries(clock() + timedelta(days=days))
        assert set(AlertDelivery.objects.values_list("state", flat=True)) == left
