"""One line of the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from metering.activity.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A call with all its attempts, or the refusals of one rule, principal and minute."""

    id: UUID
    """The call's reservation, or the decision. Ids are ordered by time."""
    status: Status
    at: datetime
    """When the call was admitted, or first refused."""
    tenant_id: UUID
    team_id: UUID | None = None
    user_id: UUID | None = None
    token_id: UUID | None = None
    task: str = ""
    model: str = ""
    """That served it, or was tried last, or was asked for."""
    asked_for: str = ""
    """The alias or the class, where that was no model."""
    provider: str = ""
    attempts: int = 0
    vendors: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int = 0
    """As charged, with corrections."""
    held_nano_usd: int = 0
    """Of a call in flight."""
    took_ms: int | None = None
    agent: str | None = None
    conversation: str | None = None
    tags: tuple[str, ...] = ()
    request_id: str = ""
    times: int = 1
    """How often it was refused in that minute."""
    last_at: datetime | None = None
    code: str = ""
    """Of a refusal: the error's, stable."""
    rule: str = ""
    message: str = ""
