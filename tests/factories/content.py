"""What is kept of a call."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.utils.timezone import now

from metering.content.sealed import Content, sealed
from metering.models import CallContent


def content(reservation_id: UUID, tenant_id: UUID, text: str = "a pump", **fields: Any) -> Content:
    """Of a call that asked for `text` and was answered with it."""
    values = {
        "reservation_id": reservation_id,
        "tenant_id": tenant_id,
        "mode": "full",
        "at": now(),
        "request_id": "req-1",
        "trace_id": None,
        "task": "LLM0_CHAT",
        "protocol": "chat",
        "model": "sandbox-small",
        "provider_name": "sandbox",
        "is_streamed": False,
        "request": msgspec.json.encode({"messages": [{"role": "user", "content": text}]}).decode(),
        "request_cut": False,
        "answer": msgspec.json.encode({"choices": [{"message": {"content": f"{text}!"}}]}).decode(),
        "answer_cut": False,
        "failure": "",
        "replaced": {},
        "took_ms": 12,
        "input_tokens": 3,
        "output_tokens": 4,
        "cost_nano_usd": 7_000,
    }
    return Content(**{**values, **fields})


def make_content(reservation_id: UUID, tenant_id: UUID, text: str = "a pump", **fields: Any) -> CallContent:
    """Its row."""
    kept = content(reservation_id, tenant_id, text, **fields)
    return CallContent.objects.create(
        reservation_id=reservation_id,
        tenant_id=tenant_id,
        mode=kept.mode,
        content=sealed(kept),
        created_at=kept.at,
        expires_at=now() + timedelta(days=1),
    )
