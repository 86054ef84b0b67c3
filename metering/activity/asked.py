"""Which lines of the log are asked for."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from metering.activity.status import TOO_MANY, Status
from metering.ids import BEGINNING, END, first_id_at
from metering.models import Tenant
from metering.reports.denials import REFUSED
from metering.usage.filters import FEATURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One tenant's calls or (None) everybody's, made in [since, until), with all of these properties."""

    tenant: Tenant | None = None
    since: datetime
    until: datetime
    only: tuple[tuple[str, object], ...] = ()
    """Labels, by column, and the value that each must have. One column may come twice: then both must be so."""
    model: str = ""
    """That any attempt of the call asked for."""
    provider: str = ""
    status: Status | None = None
    codes: tuple[str, ...] = ()
    """Of refusals: one of these; empty: any."""
    cost_from_nano_usd: int | None = None
    slower_than_ms: int | None = None

    @classmethod
    def within(cls, *, tenant: Tenant | None, own: tuple[tuple[str, object], ...] = ()) -> "Asked":
        """All that somebody may see, of any time: one tenant's, and of that what is theirs."""
        return cls(tenant=tenant, since=BEGINNING, until=END, only=own)

    def narrowed(self, column: str, value: object) -> "Asked":
        """Return the same question of calls that also have this value in this column."""
        return replace(self, only=(*self.only, (column, value)))

    def of_status(self, written: str) -> "Asked":
        """Only calls of this status, or TOO_MANY. Raises ValueError for what is neither."""
        if written == TOO_MANY:
            return replace(self, status=Status.REFUSED, codes=REFUSED)
        return replace(self, status=Status(written))

    @property
    def first_id(self) -> UUID:
        return first_id_at(self.since)

    @property
    def end_id(self) -> UUID:
        return first_id_at(self.until)

    @property
    def wants_refusals(self) -> bool:
        """Whether a refusal can be meant: it knows who was refused what, and nothing that comes with an attempt."""
        return (
            self.status in (None, Status.REFUSED)
            and not self.provider
            and self.cost_from_nano_usd is None
            and self.slower_than_ms is None
            and all(column in KNOWN_TO_REFUSALS for column, _ in self.only)
        )

    @property
    def wants_unlogged(self) -> bool:
        """Whether a call without an attempt can be meant: one in flight, or one that was never sent."""
        return (
            self.status in (None, Status.IN_FLIGHT, Status.NOT_SENT)
            and self.cost_from_nano_usd is None
            and self.slower_than_ms is None
        )

    @property
    def wants_logged(self) -> bool:
        """Whether a call with attempts can be meant."""
        return self.status not in (Status.IN_FLIGHT, Status.NOT_SENT, Status.REFUSED)


KNOWN_TO_REFUSALS = frozenset({"team_id", "user_id", "token_id", "task", FEATURE})
"""Labels that a refusal is kept with."""
