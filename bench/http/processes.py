"""What a process and its children use, from /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Something that listens on this machine."""

    port: int
    pid: int


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, of the process and of every process below it."""
    return sum(_ticks(each) for each in family(pid)) / TICKS_PER_S


def resident_mb(pid: int) -> float:
    """Resident memory of the process and of every process below it; shared pages count in each."""
    return sum(_resident_bytes(each) for each in family(pid)) / 1e6


def largest_mb(pid: int) -> float:
    """Resident memory of the largest process below this one, by itself: of a server its worker."""
    _, *below = family(pid)
    return max(_resident_bytes(each) for each in below) / 1e6


def open_files(pid: int) -> int:
    """File descriptors of the process and of every process below it."""
    return sum(_open_files(each) for each in family(pid))


def family(pid: int) -> Iterator[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    while found:
        found += children.get(found[0], [])
        yield found.pop(0)


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold anything: state, parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def _open_files(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0
