"""The parts of a batch that a target takes or does not take: the whole of it, or row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metering.usage_export.row import ExportRow
from metering.usage_export.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    rows: Sequence[ExportRow]
    chosen: list[ExportRow]
    """Those that are for the target."""
    stop: int
    """How many rows of the batch are dealt with after it."""

    @property
    def counts(self) -> dict[str, int]:
        """What it adds to a position, once it was taken."""
        return self._counts(self.chosen)

    @property
    def counts_left_out(self) -> dict[str, int]:
        """The same, if none of it is to be sent."""
        return self._counts([])

    def _counts(self, sent: Sequence[ExportRow]) -> dict[str, int]:
        nano_usd = sum(row.cost_nano_usd for row in sent)
        return {
            "rows": len(sent),
            "sent_nano_usd": nano_usd,
            "left_out_rows": len(self.rows) - len(sent),
            "left_out_nano_usd": sum(row.cost_nano_usd for row in self.rows) - nano_usd,
        }


def parts_of(target: Target, batch: Sequence[ExportRow], start: int) -> Iterator[Part]:
    """From a row of the batch on. Rows that are not for the target are in a part with the next one that is."""
    if not target.is_row_by_row or start >= len(batch):
        rows = batch[start:]
        chosen = [row for row in rows if target.takes(row)]
        yield Part(rows=rows, chosen=chosen, stop=len(batch))
        return
    for number in range(start, len(batch)):
        chosen = [batch[number]] if target.takes(batch[number]) else []
        if chosen or number == len(batch) - 1:
            yield Part(rows=batch[start : number + 1], chosen=chosen, stop=number + 1)
            start = number + 1
