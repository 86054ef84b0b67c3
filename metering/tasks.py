"""Celery's ways into the library: thin, idempotent, one verb each. The timetable is gateway_project/celery.py."""

import asyncio

from celery import shared_task
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.timezone import now

from metering.alerts.address import address_alerts
from metering.alerts.address_resets import address_resets
from metering.alerts.deliver import deliver_due
from metering.alerts.email import EmailChannel
from metering.alerts.endpoints.deliver import deliver_to_endpoints as deliver_events
from metering.alerts.endpoints.forget import forget_deliveries as forget_old_deliveries
from metering.alerts.forget_notifications import forget_notifications as forget_old_notifications
from metering.alerts.raise_vendor_alerts import raise_vendor_alerts
from metering.content.forget import forget_content as forget_old_content
from metering.decisions.forget import forget_decisions as forget_old_decisions
from metering.idempotency import forget
from metering.identity.devices.forget import forget_device_logins as forget_old_device_logins
from metering.identity.invitations.forget import forget_invitations as forget_old_invitations
from metering.identity.people.forget_resets import forget_resets as forget_old_resets
from metering.ledger import periods, sweep
from metering.rollups import roll_up
from metering.statements.issue_due import issue_due
from metering.watching.failures import tell_of_failures
from metering.watching.forecasts import tell_of_forecasts
from metering.watching.tokens import tell_of_expiring_tokens

CHANNELS = {"email": EmailChannel}
"""Another way to reach people is one more entry here, and rows for it from `address_alerts`. Programs are reached by
`deliver_to_endpoints`.
"""
KEEP_RESERVATIONS_MONTHS = 1
KEEP_USAGE_MONTHS = 24
"""Whole months before the current one; closing balances stay for ever."""


@shared_task(name="metering.sweep_reservations")
def sweep_reservations() -> int:
    """End what is past its lease; how many reservations that was."""
    return asyncio.run(sweep.sweep_reservations(settings.LEDGER_DATABASE_URL)).expired


@shared_task(name="metering.deliver_alerts")
def deliver_alerts() -> int:
    """Send what is new, alerts and mails to people, and what did not get through; how many."""
    address_resets(now=now())
    raise_vendor_alerts(now=now())
    address_alerts(now=now())
    return deliver_due(channels=CHANNELS, clock=now)


@shared_task(name="metering.watch_failures")
def watch_failures() -> int:
    """Tell of vendors that fail and of tenants whose calls do; of how many."""
    return tell_of_failures(now=now())


@shared_task(name="metering.watch_budgets")
def watch_budgets() -> int:
    """Tell of budgets that will be used up before their reset; how many there are."""
    return tell_of_forecasts(now=now())


@shared_task(name="metering.watch_tokens")
def watch_tokens() -> int:
    """Tell of tokens that are about to expire; how many there are."""
    return tell_of_expiring_tokens(now=now())


@shared_task(name="metering.deliver_to_endpoints")
def deliver_to_endpoints() -> int:
    """Send events that are due to webhooks, Slack and Teams; how many. Mails do not wait for them."""
    return deliver_events(send=import_string(settings.WEBHOOK_SENDER), clock=now)


@shared_task(name="metering.maintain_partitions")
def maintain_partitions() -> None:
    """Make the months' partitions ahead."""
    periods.make_partitions(settings.LEDGER_DATABASE_URL, now())


@shared_task(name="metering.roll_up_usage")
def roll_up_usage() -> int:
    """Add up what is over and what changed lately; how many units."""
    return roll_up.roll_up_usage(settings.LEDGER_DATABASE_URL, now())


@shared_task(name="metering.seal_and_retain")
def seal_and_retain() -> None:
    """Seal quiet months, purge and drop what is past its retention."""
    periods.close_old_months(
        settings.LEDGER_DATABASE_URL,
        now(),
        keep_reservations_months=KEEP_RESERVATIONS_MONTHS,
        keep_usage_months=KEEP_USAGE_MONTHS,
    )


@shared_task(name="metering.forget_answers")
def forget_answers() -> int:
    """Delete answers that are past their time and free their keys; how many answers."""
    return forget.forget_answers(settings.LEDGER_DATABASE_URL, now())


@shared_task(name="metering.forget_decisions")
def forget_decisions() -> int:
    """Delete decisions that are past their retention; how many rows."""
    return forget_old_decisions(now())


@shared_task(name="metering.forget_content")
def forget_content() -> int:
    """Delete what calls said that is past its retention; of how many."""
    return forget_old_content(now())


@shared_task(name="metering.forget_resets")
def forget_resets() -> int:
    """Delete requests for another password that are long over; how many."""
    return forget_old_resets(now())


@shared_task(name="metering.forget_device_logins")
def forget_device_logins() -> int:
    """Delete machines' requests to be signed in that are long over; how many."""
    return forget_old_device_logins(now())


@shared_task(name="metering.forget_invitations")
def forget_invitations() -> int:
    """Delete invitations that ended long ago; how many."""
    return forget_old_invitations(now())


@shared_task(name="metering.forget_notifications")
def forget_notifications() -> int:
    """Delete what people were told long ago; how many rows."""
    return forget_old_notifications(now())


@shared_task(name="metering.issue_statements")
def issue_statements() -> int:
    """Issue the statements of the months that are over; how many."""
    return issue_due(now=now())


@shared_task(name="metering.forget_deliveries")
def forget_deliveries() -> int:
    """Delete the old log of what was sent to channels; how many deliveries."""
    return forget_old_deliveries(now())
