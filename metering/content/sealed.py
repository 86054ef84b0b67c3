"""What is kept of a call: redacted if the rule says so, bounded, packed, and sealed for one tenant and call only."""

import zlib
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from metering.content.bounded import MOST_BYTES, bounded_json
from metering.content.capture import Said
from metering.content.documents import copied, redact_in_place
from metering.content.json_text import read_answer
from metering.content.names import redact_names
from metering.content.redact import Finder
from metering.seal import seal, unseal

REDACTED = "redacted"
MOST_UNPACKED = 2 * MOST_BYTES + 64 * 1024


class Content(Struct, frozen=True, kw_only=True):
    """One call's content, as administrators read it."""

    reservation_id: UUID
    tenant_id: UUID
    mode: str
    at: datetime
    request_id: str
    trace_id: str | None
    task: str
    protocol: str
    model: str
    provider_name: str
    is_streamed: bool
    request: str
    """JSON."""
    request_cut: bool
    answer: str
    """JSON: the whole answer, or the list of a stream's events. Empty: there was none."""
    answer_cut: bool
    failure: str
    replaced: dict[str, int]
    """How many private things were replaced, by kind."""
    took_ms: int
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int


class OfAnother(ValueError):
    """The content is not that of the row that it stands in."""


def content_of(said: Said, more: Finder | None = None) -> Content:
    """Return what is to be kept of a call, redacted where its mode says so. Takes time with long texts."""
    request = copied(said.request)
    events = [read_answer(part) for part in said.answer]
    counted: Counter[str] = Counter()
    if said.mode == REDACTED:
        counted = redact_in_place([request], more) + redact_in_place(events, more)
        counted += redact_names([request, *events])
    request_text, request_cut = bounded_json(request)
    answer: Any = events if said.is_streamed else events[0] if events else None
    answer_text, answer_cut = bounded_json(answer) if events else ("", False)
    return Content(
        **{name: getattr(said, name) for name in _SAME},
        request=request_text,
        request_cut=request_cut,
        answer=answer_text,
        answer_cut=answer_cut or said.answer_cut,
        replaced=dict(counted),
    )


_SAME = tuple(
    name for name in Content.__struct_fields__
    if name not in ("request", "request_cut", "answer", "answer_cut", "replaced")
)  # fmt: skip


def sealed(content: Content) -> bytes:
    """Encrypt content, so that it can be read with the keys only."""
    return seal(zlib.compress(msgspec.msgpack.encode(content), level=1))


def opened(kept: bytes, *, reservation_id: UUID, tenant_id: UUID) -> Content:
    """The content again. Raises CannotOpen, msgspec.DecodeError and OfAnother."""
    unpacking = zlib.decompressobj()
    content = msgspec.msgpack.decode(unpacking.decompress(unseal(kept), MOST_UNPACKED), type=Content)
    if (content.reservation_id, content.tenant_id) != (reservation_id, tenant_id):
        raise OfAnother("this is another call's content")
    return content
