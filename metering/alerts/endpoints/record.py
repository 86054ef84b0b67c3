"""What becomes of a delivery and its address after an attempt."""

import logging
import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from metering.alerts.endpoints.disable import disable_endpoint
from metering.alerts.endpoints.port import MAX_RESPONSE, Outcome
from metering.models import AlertDelivery, WebhookEndpoint

MAX_ATTEMPTS = 40
"""More than a day with the default backoff."""
LONGEST_WAIT_S = 3_600.0
LONGEST_ASKED_S = 24 * 3_600.0
"""A receiver that asks for a longer wait (`Retry-After`) is tried after this one."""
FAILING_FOR = timedelta(days=3)
"""An address that takes nothing for so long is switched off."""
NOTHING_TO_SEND = timedelta(days=1)
"""If nothing was sent for so long after it might have been, the failures before it say nothing of the time between."""
GONE = 410
SLACK_GONE = 404
"""Slack's answer for an address that was revoked: `no_service`, `no_team`."""
REDIRECTS = range(300, 400)
WORTH_TRYING = frozenset({408, 409, 425, 429})
"""The only refusals of Slack and Teams after which the same message may be taken."""
State = AlertDelivery.State
logger = logging.getLogger(__name__)


@transaction.atomic
def record_outcome(delivery: AlertDelivery, outcome: Outcome, *, now: datetime) -> None:
    """Only for the worker that has the delivery: one that was too slow changes nothing."""
    # The address first, as everybody who switches or changes one does.
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=delivery.endpoint_id).first()
    ours = AlertDelivery.objects.filter(  # the moment as well: a replay counts attempts from 0 again
        pk=delivery.pk,
        state=State.SENDING,
        attempts=delivery.attempts,
        attempted_at=delivery.attempted_at,
    )
    seen = {
        "status_code": outcome.status,
        "response": outcome.response[:MAX_RESPONSE],
        "duration_ms": outcome.duration_ms,
        "last_error": "" if outcome.is_taken else problem_of(outcome)[:200],
    }
    if endpoint is None or not ours.update(**seen):
        return
    facts = {"delivery": delivery.pk, "channel": delivery.channel, "attempts": delivery.attempts}
    if outcome.is_taken:
        ours.update(state=State.SENT, sent_at=now)
        _note_success(endpoint)
        logger.info("alert.delivered", extra=facts)
        return
    state = _state_after(delivery, endpoint, outcome)
    ours.update(state=state, next_attempt_at=now + _wait(delivery.attempts, outcome))
    logger.warning("alert.delayed" if state == State.PENDING else f"alert.{state}", extra=facts)
    _note_failure(endpoint, outcome, now)


def problem_of(outcome: Outcome) -> str:
    """Why it was not taken, in words."""
    if outcome.status is None:
        return outcome.error
    if outcome.status in REDIRECTS:
        return f"answered {outcome.status}, a redirect, which is not followed"
    return f"answered {outcome.status}"


def _state_after(
    delivery: AlertDelivery, endpoint: WebhookEndpoint, outcome: Outcome
) -> "AlertDelivery.State":
    is_webhook = endpoint.kind == WebhookEndpoint.Kind.WEBHOOK
    if outcome.status is None and outcome.handed_over and not is_webhook:
        return State.UNCERTAIN
    if not endpoint.is_active or _is_gone(endpoint, outcome) or delivery.attempts >= MAX_ATTEMPTS:
        return State.FAILED
    if outcome.status is not None and not is_webhook:
        refused = 300 <= outcome.status < 500 and outcome.status not in WORTH_TRYING
        return State.FAILED if refused else State.PENDING
    return State.PENDING


def _is_gone(endpoint: WebhookEndpoint, outcome: Outcome) -> bool:
    return outcome.status == GONE or (
        outcome.status == SLACK_GONE and endpoint.kind == WebhookEndpoint.Kind.SLACK
    )


def _wait(failures: int, outcome: Outcome) -> timedelta:
    wait_s = min(settings.ALERT_RETRY_S * 2.0 ** min(failures - 1, MAX_ATTEMPTS), LONGEST_WAIT_S)
    wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    return timedelta(seconds=max(wait_s, min(outcome.retry_after_s or 0.0, LONGEST_ASKED_S)))


def _note_success(endpoint: WebhookEndpoint) -> None:
    failing = WebhookEndpoint.objects.filter(pk=endpoint.pk, failures__gt=0)
    failing.update(failures=0, failing_since=None, retry_at=None)


def _note_failure(endpoint: WebhookEndpoint, outcome: Outcome, now: datetime) -> None:
    """The whole address waits, so that one that is down is not asked for every event."""
    if endpoint.retry_at is not None and now - endpoint.retry_at > NOTHING_TO_SEND:
        endpoint.failures, endpoint.failing_since = 0, None
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.retry_at = now + _wait(endpoint.failures, outcome)
    endpoint.save(update_fields=["failures", "failing_since", "retry_at"])
    if _is_gone(endpoint, outcome):
        disable_endpoint(endpoint, f"{problem_of(outcome)}: it is gone", now=now)
    elif now - endpoint.failing_since >= FAILING_FOR:
        disable_endpoint(endpoint, f"it has taken nothing for {FAILING_FOR.days} days", now=now)
