"""What people say of a channel, checked and in its one form. Each raises InvalidRequest."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from metering.errors import InvalidRequest
from metering.models import WebhookEndpoint
from metering.models.webhooks import NAME_LENGTH, SHOWN_LENGTH
from metering.seal import seal
from metering.text import normal
from metering.types import EventType
from metering.webhook_url import webhook_url_problem

SHOWN_FROM = 16
"""Of a shorter path its end is not shown."""
Kind = WebhookEndpoint.Kind


def checked_kind(kind: str) -> str:
    if kind not in Kind.values:
        raise InvalidRequest(f"kind is one of {', '.join(Kind.values)}.", param="kind")
    return kind


def checked_name(name: str) -> str:
    name = normal(name).strip()
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidRequest(f"A name has 1 to {NAME_LENGTH} printable characters.", param="name")
    return name


def checked_events(events: Sequence[str]) -> list[str]:
    chosen = set(events)
    unknown = sorted(chosen - set(EventType))
    if unknown:
        raise InvalidRequest(f"There is no type of event {unknown[0]!r}.", param="events")
    return [event.value for event in EventType if event in chosen]


def checked_url(url: str) -> tuple[bytes, str]:
    """The URL sealed, and what may be shown of it."""
    url = url.strip()
    problem = webhook_url_problem(url, networks=settings.WEBHOOK_PRIVATE_NETWORKS)
    if problem is not None:
        raise InvalidRequest(f"The URL {problem}.", param="url")
    parts = urlsplit(url)
    secret_part = url.partition(parts.netloc)[2]
    end = secret_part[-4:] if len(secret_part) >= SHOWN_FROM else ""
    shown = f"{parts.scheme}://{parts.netloc}/…{end}"
    if len(shown) > SHOWN_LENGTH:
        raise InvalidRequest("The URL has too long a host's name.", param="url")
    return seal(url.encode()), shown
