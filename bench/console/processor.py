"""How much of the processors a page takes, whoever else uses them meanwhile: of this process, and of its PostgreSQL."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from bench.http.processes import TICKS_PER_S, cpu_s


@dataclass(slots=True)
class Processor:
    """Since it was made, in milliseconds."""

    _python: float = field(default_factory=time.process_time)
    _postmaster: int = field(default_factory=lambda: _postmaster())
    _postgresql: float = 0.0

    def __post_init__(self) -> None:
        self._postgresql = _server_s(self._postmaster)

    @property
    def python_ms(self) -> float:
        return 1_000 * (time.process_time() - self._python)

    @property
    def postgresql_ms(self) -> float:
        return 1_000 * (_server_s(self._postmaster) - self._postgresql)


def _postmaster() -> int:
    """The server that the process is connected to, which nobody else uses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    return int(_fields(row[0])[1]) if row else os.getpid()


def _server_s(pid: int) -> float:
    """Of its processes, and of those that have ended."""
    return cpu_s(pid) + sum(map(int, _fields(pid)[13:15])) / TICKS_PER_S


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
