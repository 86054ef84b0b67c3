"""An event as the receiver of each kind wants it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from metering.alerts.endpoints.event import Event
from metering.alerts.endpoints.port import Outgoing
from metering.alerts.public_url import public_url
from metering.models import WebhookEndpoint
from metering.seal import unseal
from metering.text import shortened

MAX_TITLE = 150
"""Slack takes no more characters in a header."""
MAX_TEXT = 2_900
"""Slack takes 3,000 in a section."""
Kind = WebhookEndpoint.Kind


def compose(event: Event, endpoint: WebhookEndpoint, *, now: datetime) -> Outgoing:
    """The request that tells the event. Raises CannotOpen where the endpoint's address or secret cannot be read."""
    body = json.dumps(BODIES[Kind(endpoint.kind)](event), separators=(",", ":"), ensure_ascii=False)
    headers = {"content-type": "application/json", "user-agent": "LLM-Service-Gateway"}
    if endpoint.kind == Kind.WEBHOOK:
        headers |= signed_headers(endpoint, event.id, body, now=now)
    return Outgoing(url=unseal(bytes(endpoint.sealed_url)).decode(), body=body.encode(), headers=headers)


def signed_headers(endpoint: WebhookEndpoint, event_id: str, body: str, *, now: datetime) -> dict[str, str]:
    """Of Standard Webhooks. During a rotation the old secret signs too, so that receivers may change when they like."""
    sealed = [endpoint.sealed_secret]
    if endpoint.has_old_secret(now):
        sealed.append(endpoint.sealed_old_secret)
    moment = now.astimezone(UTC).replace(microsecond=0)
    secrets = [unseal(bytes(secret)).decode() for secret in sealed if secret is not None]
    signatures = [Webhook(secret).sign(event_id, moment, body) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _webhook(event: Event) -> dict[str, object]:
    return {"type": event.type, "timestamp": event.at.astimezone(UTC).isoformat(), "data": dict(event.data)}


def _slack(event: Event) -> dict[str, object]:
    """Block Kit: a header, the text and a button. `text` is what notifications on telephones show."""
    blocks: list[object] = [
        {"type": "header", "text": {"type": "plain_text", "text": shortened(event.title, MAX_TITLE)}},
        {"type": "section", "text": {"type": "plain_text", "text": shortened(event.text, MAX_TEXT)}},
        {"type": "context", "elements": [{"type": "plain_text", "text": f"{event.type} · {event.id}"}]},
    ]
    if link := _link(event):
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open the console"}, "url": link}
        blocks.insert(2, {"type": "actions", "elements": [button]})
    return {"text": _escaped(shortened(event.title, MAX_TITLE)), "blocks": blocks}


def _teams(event: Event) -> dict[str, object]:
    """An Adaptive Card, in the envelope that a Workflow of Teams expects."""
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock",
                "text": _plain(event.title),
                "size": "Large",
                "weight": "Bolder",
                "wrap": True,
            },
            {"type": "TextBlock", "text": _plain(shortened(event.text, MAX_TEXT)), "wrap": True},
            {"type": "TextBlock", "text": f"{event.type} · {event.id}", "isSubtle": True, "wrap": True},
        ],
    }
    if link := _link(event):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the console", "url": link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


BODIES: dict[Kind, Callable[[Event], dict[str, object]]] = {
    Kind.WEBHOOK: _webhook,
    Kind.SLACK: _slack,
    Kind.TEAMS: _teams,
}


def _link(event: Event) -> str:
    return f"{public_url()}{event.path}" if public_url() and event.path else ""


def _escaped(text: str) -> str:
    """Slack's mark-up begins with these three characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> str:
    """Cards read Markdown: names that contain some are shown as they are."""
    return "".join(f"\\{letter}" if letter in "\\[]*_`" else letter for letter in text)
