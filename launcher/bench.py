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

STARTS_SERVERS = ("outages",)
"""Benches that stop servers, which therefore are their own."""
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")


def main(arguments: list[str]) -> int:
    # Inside the state folder, which lies on a disk: a temporary folder may lie in memory, where fsync is free.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=prepare_state_dir(load_state_dir())))
    try:
        with running_stack(folder, for_tests=True) as stack:
            set_up_django(stack)
            migrate(stack)
            print_durability(stack.database_url)
            keeps_powers = bool(arguments) and arguments[0] in STARTS_SERVERS
            command = ["-P", "-m", "bench", *arguments]
            bench = spawn(command, stack, folder=Path.cwd(), keeps_powers=keeps_powers)
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
