"""`python -m bench.http.load --port N --connections C (--seconds S | --requests R)`: prints figures as JSON.

One request at a time on each connection. A run of `--seconds` lets every request end and counts those within.
The bearer token comes from BENCH_TOKEN.
"""

import argparse
import asyncio
import json
import os
import resource
from functools import partial
from time import perf_counter
from typing import Any

import uvloop

from bench.http.client import Answer, Connection

PROMPT = "Summarise the following paragraph in one sentence. " * 4


def request_bytes(port: int, *, model: str, streamed: bool, cache: str) -> bytes:
    """The same request for every server. With `cache`, what it says of the answer cache, at temperature 0."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}],
        "max_tokens": 100,
    }
    if streamed:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if cache:
        body["temperature"] = 0
    data = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {os.environ.get('BENCH_TOKEN', 'none')}\r\ncontent-length: {len(data)}\r\n"
    )
    if cache:
        head += f"x-gateway-cache: {cache}\r\n"
    return head.encode() + b"\r\n" + data


async def run(options: argparse.Namespace) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    request = request_bytes(options.port, model=options.model, streamed=options.streamed, cache=options.cache)
    answers: list[Answer] = []
    started = perf_counter()
    stop_s = started + options.seconds if options.seconds else float("inf")
    left = options.requests or float("inf")

    def again(answer: Answer) -> bool:
        answers.append(answer)
        return perf_counter() < stop_s and len(answers) + options.connections <= left and not answer.error

    endings = [loop.create_future() for _ in range(options.connections)]
    for ended in endings:
        await loop.create_connection(partial(Connection, request, again, ended), "127.0.0.1", options.port)
    await asyncio.gather(*endings)
    return figures(answers, started, stop_s)


def figures(answers: list[Answer], started: float, stop_s: float) -> dict[str, Any]:
    """Throughput counts what ended within the time; latencies and errors are of all."""
    good = [answer for answer in answers if not answer.error]
    ended = max((answer.ended_s for answer in answers), default=started)
    wall_s = min(ended, stop_s) - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    latencies = sorted((answer.ended_s - answer.started_s) * 1_000 for answer in good)
    firsts = sorted((answer.first_s - answer.started_s) * 1_000 for answer in good if answer.first_s)
    return {
        "calls": len(good),
        "failed": len(answers) - len(good),
        "error": next((answer.error.decode("utf-8", "replace") for answer in answers if answer.error), ""),
        "per_s": sum(answer.ended_s <= stop_s for answer in good) / wall_s,
        "wall_s": ended - started,
        "latency_ms": percentiles(latencies),
        "first_ms": percentiles(firsts),
        "events": sum(answer.events for answer in good),
        "busy": (used.ru_utime + used.ru_stime) / (ended - started),
    }


def percentiles(ordered: list[float]) -> dict[str, float]:
    if not ordered:
        return {}
    return {
        f"p{share}": ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]
        for share in (50, 90, 99, 100)
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--model", default="mock-fast")
    parser.add_argument("--streamed", action="store_true")
    parser.add_argument(
        "--cache", default="", metavar="TEXT", help="what x-gateway-cache says; default: no such header"
    )
    print(json.dumps(uvloop.run(run(parser.parse_args()))))
