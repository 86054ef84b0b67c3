"""One row that a billing system gets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Kind(StrEnum):
    """What a row tells."""

    ATTEMPT = "attempt"
    """One vendor attempt, as it was charged."""
    PROVISIONAL = "provisional"
    """A call that ended, nobody knew how: charged as held."""
    TRUE_UP = "true_up"
    """The difference, once that became known."""
    CORRECTION = "correction"
    """A difference that was entered by hand."""


class Cursor(NamedTuple):
    """A place in the order in which entries are exported: the last entry before it."""

    recorded_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """Amounts are signed. The sum of all rows is the sum of the ledger's entries."""

    id: UUID
    """The attempt's; of what is no attempt one of its own. No two rows have the same."""
    kind: Kind
    entry: Cursor
    """The entry that it is (a part) of."""
    reservation_id: UUID
    tenant: str
    customer_id: str
    """What billing systems call the tenant; empty: nothing yet."""
    called_at: datetime
    recorded_at: datetime
    task: str
    model: str
    provider: str
    team_id: UUID | None
    user_id: UUID | None
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_nano_usd: int

    @property
    def subject(self) -> str:
        """Whom it is of: the customer, or while nobody has named one, the tenant."""
        return self.customer_id or self.tenant
