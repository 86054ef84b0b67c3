"""`script/bench NAME [--json FILE]`: a benchmark on a fresh stack of its own, which is removed afterwards."""

import shutil
import tempfile
from pathlib import Path

import psycopg

from launcher.children import spawn
from launcher.commands import migrate, set_up_django
from launcher.configuration import load_state_dir
from launcher.process import stop_child
from launcher.stack import prepare_state_dir, running_stack

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
NEED_POWERS = frozenset({"failover", "image", "newcomer", "outages", "soak"})
"""Benchmarks for which root's powers are needed: they run servers as other users, or make file systems."""


def main(arguments: list[str]) -> int:
    # Inside the state folder, which lies on a disk: a temporary folder may lie in memory, where fsync is free.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=prepare_state_dir(load_state_dir())))
    try:
        with running_stack(folder, for_tests=True) as stack:
            set_up_django(stack)
            migrate(stack)
            print_durability(stack.database_url)
            needs_powers = not NEED_POWERS.isdisjoint(arguments[:1])
            bench = spawn(
                ["-P", "-m", "bench", *arguments], stack, folder=Path.cwd(), keep_powers=needs_powers
            )
            try:
                return bench.wait()
            finally:
                stop_child(bench, timeout_s=10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def print_durability(database_url: str) -> None:
    """A figure is worth what the database promised while it was measured."""
    with psycopg.connect(database_url) as connection:
        for name in DURABILITY:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            print(f"{name} = {row[0] if row else 'unknown'}", flush=True)
