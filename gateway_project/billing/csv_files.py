"""CSV files in a folder, one for each batch: `usage-000001.csv`, whole as soon as it has that name."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from metering.money import usd_text
from metering.usage.csv_text import csv_text
from metering.usage_export.row import ExportRow
from metering.usage_export.target import NotTaken

COLUMNS = (
    *("id", "kind", "tenant", "customer_id", "call", "called_at", "recorded_at", "task", "model", "provider"),
    *("team", "user", "requests", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("cost_usd", "cost_nano_usd"),
)
_NAMED_OTHERWISE = {"call": "reservation_id", "team": "team_id", "user": "user_id"}


class CsvFiles:
    """Implements Target. The same batch again is the same file again, with the same rows."""

    name = "csv"
    entries_at_once = 1_000
    is_row_by_row = False
    remembers: timedelta | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def takes(self, row: ExportRow) -> bool:
        """Return whether the target takes this row: it takes all."""
        return True

    def send(self, rows: Sequence[ExportRow], *, batch: int) -> None:
        """Raises NotTaken where the folder cannot be written."""
        path = self._folder / f"usage-{batch:06d}.csv"
        unfinished = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("w", encoding="utf-8", newline="") as file:
                file.write(csv_text(COLUMNS, map(_as_dict, rows), header=True))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync(self._folder)
        except OSError as error:
            reason = f"{path.name} cannot be written: {error.strerror}"
            raise NotTaken(reason, may_have_arrived=True) from error


def _as_dict(row: ExportRow) -> dict[str, Any]:
    values = {name: getattr(row, _NAMED_OTHERWISE.get(name, name)) for name in COLUMNS if name != "cost_usd"}
    return {**values, "kind": row.kind.value, "cost_usd": usd_text(row.cost_nano_usd)}


def _sync(folder: Path) -> None:
    """The name itself outlives a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
