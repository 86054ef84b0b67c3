"""`script/bench NAME [--json FILE]`: a benchmark on a fresh stack of its own, which is removed afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from launcher.children import spawn
from launcher.commands import migrate, set_up_django
from launcher.configuration import REPOSITORY, load_state_dir
from launcher.process import stop_child
from launcher.stack import Stack, prepare_state_dir, running_stack

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
RUN_SERVERS = frozenset({"failover", "soak"})
"""Benchmarks that start and kill PostgreSQL servers of their own, which root's powers are needed for."""


def main(arguments: list[str]) -> int:
    # Inside the state folder, which lies on a disk: a temporary folder may lie in memory, where fsync is free.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=prepare_state_dir(load_state_dir())))
    try:
        with running_stack(folder, for_tests=True) as stack:
            set_up_django(stack)
            migrate(stack)
            print_durability(stack.database_url)
            bench = _begun(arguments, stack)
            try:
                return bench.wait()
            finally:
                stop_child(bench, timeout_s=10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _begun(arguments: list[str], stack: Stack) -> "subprocess.Popen[bytes]":
    command = ["-P", "-m", "bench", *arguments]
    if RUN_SERVERS.isdisjoint(arguments[:1]):
        return spawn(command, stack, folder=Path.cwd())
    environment = os.environ | stack.environment() | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen([sys.executable, *command], env=environment, start_new_session=True)


def print_durability(database_url: str) -> None:
    """A figure is worth what the database promised while it was measured."""
    with psycopg.connect(database_url) as connection:
        for name in DURABILITY:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            print(f"{name} = {row[0] if row else 'unknown'}", flush=True)
