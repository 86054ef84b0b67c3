"""A billing system, as the export sees it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from metering.usage_export.row import ExportRow


class NotTaken(Exception):
    """The target did not take the rows, or nobody knows whether it did. They are sent again."""

    def __init__(self, reason: str, *, may_have_arrived: bool, retry_after_s: float | None = None) -> None:
        """`reason` never holds a secret, nor more of an answer than its error's words."""
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived
        self.retry_after_s = retry_after_s


class Target(Protocol):
    """Takes rows, and knows by their ids which it has taken before."""

    name: str
    entries_at_once: int
    """How many entries' rows one batch has."""
    is_row_by_row: bool
    """Each row is sent, and taken, by itself; otherwise a batch is taken whole or not at all."""
    remembers: timedelta | None
    """How long it knows an id again; None: for ever."""

    def takes(self, row: ExportRow) -> bool:
        """Whether the row is for this target at all. The same row gets the same answer within a batch."""

    def send(self, rows: Sequence[ExportRow], *, batch: int) -> None:
        """Deliver them, of the batch with this number, once or again. Raises NotTaken."""
