"""An HTTP server of ours that answers as it is told, in turn, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer; `cut`: the connection is closed instead of it; `slow_s`: it comes so much later."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    slow_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: Any


def good(text: str = "hello") -> Answer:
    """A chat completion."""
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": choices,
        "usage": usage,
    }
    return Answer(body=body)


def refusal(status: int, code: str, *, retry_after: int | None = None, retry: str | None = None) -> Answer:
    """An error in the gateway's one shape."""
    headers = {"retry-after": str(retry_after)} if retry_after is not None else {}
    headers |= {"x-should-retry": retry} if retry else {}
    error = {"type": "t", "code": code, "message": f"It was {code}.", "param": None, "request_id": "r-1"}
    return Answer(status=status, body={"error": error}, headers=headers)


def stream(*chunks: dict[str, Any], done: bool = True) -> Answer:
    """Server-sent events; without `done` they end in good order, but too early."""
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + (["data: [DONE]\n\n"] if done else [])
    return Answer(body="".join(lines), headers={"content-type": "text/event-stream"})


class Scripted:
    """Answers in turn; when none is left, the last one again."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        self.url = ""

    def answer_to(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    script = Scripted(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = script.answer_to(
                Asked(path=self.path, headers=headers, body=json.loads(content) if content else None)
            )
            time.sleep(answer.slow_s)
            if answer.cut:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have gone
                self.wfile.write(body.encode())

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
