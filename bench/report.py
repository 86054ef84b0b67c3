"""Tables for people and JSON for programs, each with the machine, the date and the durability in force."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
)
Report = dict[str, Any]


def new_report(name: str, conninfo: str) -> Report:
    """A report's head: what was measured where, when, and with what durability."""
    with psycopg.connect(conninfo) as connection:
        rows = {setting: connection.execute(f"SHOW {setting}").fetchone() for setting in SETTINGS}
    return {
        "bench": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": {setting: row[0] for setting, row in rows.items() if row},
        "figures": [],
        "ok": True,
    }


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Columns as wide as their widest cell; a row need not have them all."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *([_cell(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    print(f"\n{title}", flush=True)
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)), flush=True)


def write_json(path: Path, report: Report) -> None:
    path.write_text(json.dumps(report, indent=2) + "\n")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"
