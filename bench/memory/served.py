"""A gateway under the server's own options, sent distinct names, addresses, tokens and paths."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.http.processes import largest_mb
from bench.http.servers import Servers, running_servers
from launcher.commands import run, run_json

CONNECTIONS = 32
SETTLE_S = 2.0
HEADER_END = b"\r\n\r\n"
MORE = """
plans:
  BENCH:
    name: Bench
    features: [CHAT]
    tasks: {LLM0_CHAT: {classes: [BASE_S], default_class: BASE_S}}
    rules:
      - {key: requests_per_minute_per_agent, value: 1000000}
      - {key: requests_per_minute_per_address, value: 1000000}
    budgets:
      - {dimension: cost, window: month, amount: 1000000, per: agent}
"""
Send = Callable[[int], bytes]


def measure(count: int) -> list[dict[str, Any]]:
    """A row for each kind: the worker's resident memory at a tenth of it, and after all of it."""
    os.environ["TRUSTED_PROXIES"] = "127.0.0.0/8"
    with running_servers() as servers:
        document = Path(os.environ["GATEWAY_STATE_DIR"]) / "more.yaml"
        document.write_text(MORE)
        run("load_catalog", str(document))
        run_json(
            "set_budget", "--tenant", "bench", "--dimension", "cost", "--window", "day", "--amount", "1000"
        )
        return [_sent(servers, name, count, send, wanted) for name, send, wanted in _kinds(servers)]


def _kinds(servers: Servers) -> list[tuple[str, Send, bytes]]:
    good = f"authorization: Bearer {servers.token}"

    def chat(*headers: str, model: str = "mock-fast") -> bytes:
        body = json.dumps({"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]})
        return _request("POST", "/v1/chat/completions", headers, body.encode())

    return [
        ("agents", lambda n: chat(good, f"x-agent-id: agent-{n}", f"x-conversation-id: talk-{n}"), b" 200 "),
        (
            "addresses",
            lambda n: chat(good, f"x-forwarded-for: 10.{n >> 16}.{n >> 8 & 255}.{n & 255}"),
            b" 200 ",
        ),
        ("long addresses", lambda n: chat(good, f"x-forwarded-for: {n}{'x' * 20_000}"), b" 200 "),
        ("models", lambda n: chat(good, model=f"model-{n}"), b" 404 "),
        ("bad tokens", lambda n: chat(f"authorization: Bearer ati_{n:08d}_{'x' * 48}"), b" 401 "),
        ("paths", lambda n: _request("GET", f"/v{n}/{'y' * 200}", (good,), b""), b" 404 "),
    ]


def _request(method: str, path: str, headers: tuple[str, ...], body: bytes) -> bytes:
    lines = (
        f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json",
        f"content-length: {len(body)}", *headers,
    )  # fmt: skip
    return "\r\n".join(lines).encode() + HEADER_END + body


def _sent(servers: Servers, name: str, count: int, send: Send, wanted: bytes) -> dict[str, Any]:
    asyncio.run(_send_all(servers.gateway.port, range(count // 10), send, wanted))
    tenth = _worker_mb(servers.gateway.pid)
    asyncio.run(_send_all(servers.gateway.port, range(count // 10, count), send, wanted))
    return {"kind": name, "count": count, "tenth_mb": tenth, "after_mb": _worker_mb(servers.gateway.pid)}


def _worker_mb(pid: int) -> float:
    """Of the largest process of the server, once it has nothing to do."""
    time.sleep(SETTLE_S)
    return round(largest_mb(pid), 1)


async def _send_all(port: int, numbers: range, send: Send, wanted: bytes) -> None:
    await asyncio.gather(
        *[_send_some(port, numbers[place::CONNECTIONS], send, wanted) for place in range(CONNECTIONS)]
    )


async def _send_some(port: int, numbers: range, send: Send, wanted: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number in numbers:
            writer.write(send(number))
            head = await reader.readuntil(HEADER_END)
            if wanted not in head[:16]:
                raise RuntimeError(f"the gateway answered {head[:80]!r}, not{wanted.decode()}")
            start = head.lower().find(b"content-length:") + len(b"content-length:")
            await reader.readexactly(int(head[start:].split(b"\r\n", 1)[0]))
    finally:
        writer.close()
