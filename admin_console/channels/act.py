"""What the buttons beside a channel do: test it, switch it on or off, remove it, replay what failed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.channels.words import outcome_sentence
from admin_console.doing import is_done
from metering.alerts.endpoints.edit import remove_endpoint, switch_endpoint
from metering.alerts.endpoints.replay import find_delivery, replay_delivery, replay_endpoint
from metering.alerts.endpoints.try_endpoint import try_endpoint
from metering.errors import MeteringError
from metering.models import WebhookEndpoint


def act(request: HttpRequest, row: WebhookEndpoint) -> bool:
    """Whether the channel is still there. Raises Http404 for a verb that there is not."""
    by: dict[str, Any] = {"actor": actor_of(request), "now": now()}

    def switch(*, is_active: bool) -> str:
        switch_endpoint(row=row, is_active=is_active, **by)
        return f"{row.name} is switched {'on' if is_active else 'off'}."

    def replay() -> str:
        return f"{replay_endpoint(endpoint=row, **by):,} deliveries are sent again."

    def replay_one() -> str:
        delivery = find_delivery(endpoint=row, number=request.POST.get("delivery", ""))
        replay_delivery(delivery=delivery, **by)
        return "It is sent again."

    def remove() -> str:
        remove_endpoint(row=row, **by)
        return f"{row.name} is removed."

    verbs: dict[str, Callable[[], str]] = {
        "on": lambda: switch(is_active=True),
        "off": lambda: switch(is_active=False),
        "replay": replay,
        "replay_one": replay_one,
        "remove": remove,
    }
    verb = request.POST.get("verb", "")
    if verb == "test":
        _test(request, row, by)
    elif verb in verbs:
        is_done(request, verbs[verb])
    else:
        raise Http404
    return verb != "remove"


def _test(request: HttpRequest, row: WebhookEndpoint, by: dict[str, Any]) -> None:
    try:
        outcome = try_endpoint(row=row, **by)
    except MeteringError as error:
        messages.error(request, error.message)
        return
    tell = messages.success if outcome.is_taken else messages.error
    tell(request, outcome_sentence(row.name, outcome))
