import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from metering.ids import uuid7

pytestmark = pytest.mark.slow
PER_MINUTE = 400
CALLS = 1_000
PROCESSES = 4
WIDE_PER_MINUTE = PROCESSES * CALLS
"""Never denies a call, and is slow to refill: what denied calls drew from it would still be seen at the end."""
WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[4]


CLOCKS_MIN = (-10, 0, 5, 10)
"""How many minutes each process's clock is off."""


def start_worker(key: str, off_min: int) -> "subprocess.Popen[str]":
    arguments = [os.environ["REDIS_URL"], key, *map(str, (PER_MINUTE, WIDE_PER_MINUTE, CALLS, off_min))]
    return subprocess.Popen(
        [sys.executable, str(WORKER), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_ten_times_the_limit_over_four_processes_stays_within_the_bucket_whatever_their_clocks_say() -> None:
    key = f"rate:test:{uuid7()}"
    workers = [start_worker(key, off_min) for off_min in CLOCKS_MIN]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        begin = time.monotonic()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        granted = sum(int(worker.communicate(timeout=60)[0]) for worker in workers)
        elapsed_s = time.monotonic() - begin
    finally:
        for worker in workers:
            worker.kill()
    assert PER_MINUTE <= granted <= PER_MINUTE + PER_MINUTE * elapsed_s / 60
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        drawn_parts, _ = (client.get(f"{key}:wide") or b"0 0").split()  # a bucket that is full again is gone
    assert int(drawn_parts) <= granted * 60_000_000, "a denied call drew from the other bucket"
