"""One process, on a clock that is wrong, that takes from a bucket as fast as it can: prints how often it got some."""

import asyncio
import sys
from datetime import datetime, timedelta

import time_machine

from metering.rates.port import Draw
from metering.rates.shared_buckets import RedisBuckets


async def main(url: str, key: str, per_minute: int, wide_per_minute: int, calls: int) -> None:
    buckets = RedisBuckets(url, call_limit_s=10)  # what counts here is exactness, on however busy a machine
    await buckets.start()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    draws = (Draw(key, 1, per_minute), Draw(f"{key}:wide", 1, wide_per_minute))
    answers = await asyncio.gather(*[buckets.take(draws) for _ in range(calls)])
    print(sum(answer.granted for answer in answers), flush=True)
    await buckets.close()


if __name__ == "__main__":
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=int(sys.argv[6]))):
        asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
