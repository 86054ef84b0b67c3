"""What a call asked and was answered, on its page: for administrators, where it is kept. The look is noted."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from django.utils.timezone import now

from admin_console.who import Viewer
from metering.content.read import read_content
from metering.content.sealed import Content

PRETTY = 2
TEXTS = ("content", "text", "delta", "thinking", "reasoning_content", "partial_json", "arguments", "refusal")
"""Under which names the events of a stream bring what the model says, in pieces."""
MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The card. All texts are escaped by the template."""

    request: str
    answer: str
    text: str
    """What a stream's events say together; empty: it came whole."""
    notes: tuple[str, ...]


def shown_content(viewer: Viewer, id: UUID) -> Shown | None:
    """None where the viewer may not read it, or nothing is kept."""
    if viewer.own_only:
        return None
    content = read_content(id=id, within=viewer.tenant, actor=viewer.user.email, now=now())
    return None if content is None else _shown(content)


def _shown(content: Content) -> Shown:
    return Shown(
        request=_pretty(content.request),
        answer=_pretty(content.answer),
        text=_told(content.answer) if content.is_streamed else "",
        notes=tuple(_notes(content)),
    )


def _pretty(written: str) -> str:
    if not written:
        return ""
    return msgspec.json.format(written, indent=PRETTY)


def _told(written: str) -> str:
    """The texts of the events in their order."""
    events = msgspec.json.decode(written) if written else []
    parts: list[str] = []
    for event in (events if isinstance(events, list) else [])[:MOST_EVENTS]:
        kind = str(event.get("type", "")) if isinstance(event, dict) else ""
        if not kind or kind.endswith("delta"):
            parts += _texts_of(event)
    return "".join(parts)


def _texts_of(event: Any) -> list[str]:
    found: list[str] = []
    waiting: list[Any] = [event]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found += [text for name in TEXTS if isinstance(text := value.get(name), str)]
            waiting += reversed([part for part in value.values() if isinstance(part, (dict, list))])
        elif isinstance(value, list):
            waiting += reversed(value)
    return found


def _notes(content: Content) -> list[str]:
    notes = ["That you looked at this is noted in the audit trail."]
    if content.mode == "redacted":
        count = sum(content.replaced.values())
        kinds = ", ".join(f"{kind} {times}" for kind, times in content.replaced.items())
        found = f"Personal data were replaced before it was kept: {kinds}."
        notes.append(found if count else "Nothing private was found.")
    if content.request_cut or content.answer_cut:
        notes.append("It was longer than what is kept of a call, and was cut.")
    if content.failure:
        notes.append(f"It ended with the error {content.failure}.")
    return notes
