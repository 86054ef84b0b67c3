"""Somebody who uses the tasks over HTTP."""

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2

TIMEOUT_S = 240.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Gateways speak plain HTTP here: a client need not read the list of authorities, which takes it 20 ms."""
ENDED = ("succeeded", "failed", "cancelled")
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One of a job's or a route's stream."""

    name: str
    data: Json
    number: int = 0


@dataclass(kw_only=True)
class TaskCaller:
    """One token at one gateway."""

    url: str
    token: str
    tenant: str = ""
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=TIMEOUT_S, verify=NO_TLS))

    def at(self, url: str) -> Self:
        """The same caller at another gateway."""
        return type(self)(url=url, token=self.token, tenant=self.tenant)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self._ask("GET", path, headers=headers)

    def delete(self, path: str) -> httpx2.Response:
        return self._ask("DELETE", path)

    def post(self, path: str, body: Json | None = None, **headers: str) -> httpx2.Response:
        """Headers are given with `_` for `-`."""
        return self._ask("POST", path, body={} if body is None else body, headers=headers)

    def begin(self, task: str, content: Json, **headers: str) -> str:
        """A new job's id."""
        answer = self.post("/api/jobs", {"task": task, "input": content}, **headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> Json:
        answer = self.get(f"/api/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def ended(self, job_id: str, *, within_s: float = 120.0) -> Json:
        """The job, once it has ended."""
        deadline = time.monotonic() + within_s
        while (job := self.job(job_id))["status"] not in ENDED:
            assert time.monotonic() < deadline, f"the job has not ended: {job}"
            time.sleep(0.05)
        return job

    def events(self, path: str, *, after: int = 0, most: int = 0, body: Json | None = None) -> list[Event]:
        """The events of a stream, to its end or so many."""
        headers = {"accept": "text/event-stream", **({"last-event-id": str(after)} if after else {})}
        method = "GET" if body is None else "POST"
        found: list[Event] = []
        with self.client.stream(method, self.url + path, headers=self._headers(headers), json=body) as answer:
            assert answer.status_code == 200, answer.read()
            for event in _events(answer.iter_lines()):
                found.append(event)
                if len(found) == most:
                    break
        return found

    def _ask(
        self, method: str, path: str, *, body: Json | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        return self.client.request(method, self.url + path, json=body, headers=self._headers(headers or {}))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): text for name, text in more.items()}
        return {"authorization": f"Bearer {self.token}", **named}


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if fields:
            yield Event(
                name=fields["event"], data=json.loads(fields["data"]), number=int(fields.get("id", "0"))
            )
            fields = {}
