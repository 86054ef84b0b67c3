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
WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[4]


def start_worker(key: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(WORKER), os.environ["REDIS_URL"], key, str(PER_MINUTE), str(CALLS)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_ten_times_the_limit_over_four_processes_stays_within_the_bucket_exactly() -> None:
    key = f"rate:test:{uuid7()}"
    workers = [start_worker(key) for _ in range(4)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        begin = time.time()
        results = [worker.communicate("go\n", timeout=60)[0].split() for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    granted = sum(int(count) for count, _ in results)
    elapsed_s = max(float(end) for _, end in results) - begin
    assert PER_MINUTE <= granted <= PER_MINUTE + PER_MINUTE * elapsed_s / 60
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        parts, _ = client.get(f"{key}:wide").split()
    assert int(parts) <= granted * 60_000_000, "a denied call drew from the other bucket"
