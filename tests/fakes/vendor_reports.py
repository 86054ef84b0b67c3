"""Vendors' usage and cost reports as they document them, over real HTTP; what goes wrong is a test's to say.

OpenAI (organization usage and costs), Anthropic (usage_report/messages and cost_report), Google (BigQuery's REST API on
a Cloud Billing export), xAI (Management API) and OpenRouter (activity). All tell the same facts, each in its way.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-admin-3f9c1f0e7d"
BUCKETS_A_PAGE = 2
Answer = tuple[int, bytes, dict[str, str]]
Oddity = Callable[["Asked"], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a model used on a day with a key."""

    day: date
    model: str
    key: str = "key_ours"
    requests: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, and what the vendor would answer."""

    path: str
    query: dict[str, list[str]]
    body: Any
    usual: Callable[[], Answer]


@dataclass(slots=True)
class ReportServer:
    facts: list[Fact] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    oddities: list[Oddity | None] = field(default_factory=list)
    """Of the next requests, in order."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Fields that no document names, in every row."""
    base_url: str = ""

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        self.asked.append(target)

        def usual() -> Answer:
            found = self._answer(method, parts.path, query, headers, json.loads(body) if body else None)
            return found if isinstance(found, tuple) else (200, json.dumps(found).encode(), {})

        oddity = self.oddities.pop(0) if self.oddities else None
        if oddity is not None:
            return oddity(Asked(path=parts.path, query=query, body=body, usual=usual))
        return usual()

    def _answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> Any:
        given = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if given != KEY:
            return 401, b'{"error":{"message":"Incorrect API key provided"}}', {}
        match (method, path):
            case ("GET", "/v1/organization/usage/completions"):
                return self._openai(query, self._openai_usage)
            case ("GET", "/v1/organization/usage/embeddings"):
                return self._openai(query, lambda day: [])
            case ("GET", "/v1/organization/costs"):
                return self._openai(query, self._openai_costs)
            case ("GET", "/v1/organizations/usage_report/messages"):
                return self._anthropic(query, self._anthropic_usage)
            case ("GET", "/v1/organizations/cost_report"):
                return self._anthropic(query, self._anthropic_costs)
            case ("POST", "/v1/billing/teams/team-1/usage"):
                return self._xai(body["analyticsRequest"])
            case ("GET", "/api/v1/activity"):
                return {
                    "data": [self._activity(fact) for fact in self._of(date.fromisoformat(query["date"][0]))]
                }
            case ("POST", "/bigquery/v2/projects/acme/queries"):
                assert body["useLegacySql"] is False
                assert "`acme.billing.gcp_billing_export_v1_01`" in body["query"]
                reference = {"projectId": "acme", "jobId": "job_1", "location": "EU"}
                return {"kind": "bigquery#queryResponse", "jobReference": reference, "jobComplete": False}
            case ("GET", "/bigquery/v2/projects/acme/queries/job_1"):
                assert query["location"] == ["EU"]
                return self._bigquery(query)
        return 404, b"{}", {}

    def _of(self, day: date) -> list[Fact]:
        return [fact for fact in self.facts if fact.day == day]

    def _openai(self, query: dict[str, list[str]], results: Callable[[date], list[Any]]) -> Any:
        assert query["bucket_width"] == ["1d"]
        first, end = (
            datetime.fromtimestamp(int(query[name][0]), UTC).date() for name in ("start_time", "end_time")
        )
        days, start, more = _page(first, end, query.get("page"))
        buckets = [
            {
                "object": "bucket",
                "start_time": _unix(day),
                "end_time": _unix(day + timedelta(days=1)),
                "results": results(day),
            }
            for day in days
        ]
        return {
            "object": "page",
            "data": buckets,
            "has_more": more,
            "next_page": f"page_{start}" if more else None,
        }

    def _openai_usage(self, day: date) -> list[Any]:
        return [
            {
                "object": "organization.usage.completions.result",
                "input_tokens": fact.input,
                "output_tokens": fact.output,
                "input_cached_tokens": fact.cached,
                "input_audio_tokens": 0,
                "output_audio_tokens": 0,
                "num_model_requests": fact.requests,
                "project_id": None,
                "user_id": None,
                "api_key_id": fact.key,
                "model": f"{fact.model}-2026-08-06",
                "batch": None,
                "service_tier": None,
                **self.extra,
            }
            for fact in self._of(day)
        ]

    def _openai_costs(self, day: date) -> list[Any]:
        """Halves by line item: one as a float, the other as a text."""
        halves = [
            (f"{fact.model}-2026-08-06, {kind}", fact.usd / 2)
            for fact in self._of(day)
            for kind in ("input", "output")
        ]
        return [
            {
                "object": "organization.costs.result",
                "amount": {"value": float(usd) if place % 2 else str(usd), "currency": "usd"},
                "line_item": item,
                "project_id": None,
                **self.extra,
            }
            for place, (item, usd) in enumerate(halves)
        ]

    def _anthropic(self, query: dict[str, list[str]], results: Callable[[date], list[Any]]) -> Any:
        first, end = (date.fromisoformat(query[name][0][:10]) for name in ("starting_at", "ending_at"))
        days, start, more = _page(first, end, query.get("page"))
        buckets = [
            {
                "starting_at": f"{day}T00:00:00Z",
                "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
                "results": results(day),
            }
            for day in days
        ]
        return {"data": buckets, "has_more": more, "next_page": f"page_{start}" if more else None}

    def _anthropic_usage(self, day: date) -> list[Any]:
        return [
            {
                "uncached_input_tokens": fact.input - fact.cached,
                "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
                "cache_read_input_tokens": fact.cached,
                "output_tokens": fact.output,
                "server_tool_use": {"web_search_requests": 0},
                "api_key_id": fact.key,
                "workspace_id": None,
                "model": f"{fact.model}-20260806",
                "service_tier": None,
                "context_window": None,
                **self.extra,
            }
            for fact in self._of(day)
        ]

    def _anthropic_costs(self, day: date) -> list[Any]:
        return [
            {
                "currency": "USD",
                "amount": str(fact.usd * 100),
                "workspace_id": None,
                "description": f"{fact.model} Usage - Tokens",
                "cost_type": "tokens",
                "context_window": "0-200k",
                "model": f"{fact.model}-20260806",
                "service_tier": "standard",
                "token_type": "output_tokens",
                **self.extra,
            }
            for fact in self._of(day)
        ]

    def _xai(self, asked: Any) -> Any:
        assert (asked["timeUnit"], asked["timeRange"]["timezone"]) == ("TIME_UNIT_DAY", "Etc/GMT")
        first, last = (date.fromisoformat(asked["timeRange"][name][:10]) for name in ("startTime", "endTime"))
        return {
            "timeSeries": [
                {
                    "group": [f"{fact.model} output tokens"],
                    "groupLabels": [f"{fact.model} output tokens"],
                    "dataPoints": [{"timestamp": f"{fact.day}T00:00:00Z", "values": [float(fact.usd)]}],
                    **self.extra,
                }
                for fact in self.facts
                if first <= fact.day <= last
            ],
            "limitReached": False,
        }

    def _activity(self, fact: Fact) -> Any:
        return {
            "date": str(fact.day),
            "model": fact.model,
            "model_permaslug": f"{fact.model}-2026-08-06",
            "endpoint_id": "550e8400-e29b-41d4-a716-446655440000",
            "provider_name": "OpenAI",
            "usage": float(fact.usd),
            "byok_usage_inference": 0.5,
            "requests": fact.requests,
            "prompt_tokens": fact.input,
            "completion_tokens": fact.output,
            "reasoning_tokens": 0,
            **self.extra,
        }

    def _bigquery(self, query: dict[str, list[str]]) -> Any:
        names = ("usage_start_time", "sku", "model", "amount", "cost", "currency", "currency_conversion_rate")
        rows = [row for fact in self.facts for row in _skus(fact)]
        start = int(query.get("pageToken", ["0"])[0])
        page = rows[start : start + BUCKETS_A_PAGE]
        found: dict[str, Any] = {
            "jobComplete": True,
            "jobReference": {"projectId": "acme", "jobId": "job_1", "location": "EU"},
            "schema": {"fields": [{"name": name, "type": "STRING", "mode": "NULLABLE"} for name in names]},
            "totalRows": str(len(rows)),
            "rows": [{"f": [{"v": value} for value in row]} for row in page],
            **self.extra,
        }
        if start + BUCKETS_A_PAGE < len(rows):
            found["pageToken"] = str(start + BUCKETS_A_PAGE)
        return found


def _skus(fact: Fact) -> list[tuple[str | None, ...]]:
    """In euros; the model as the label has it, or in the SKU alone."""
    label = "".join(filter(str.isalnum, fact.model))
    words = fact.model.replace("-", " ")
    kinds = (("input", fact.input - fact.cached), ("cached input", fact.cached), ("output", fact.output))
    cost = str(fact.usd / 3 * Decimal("0.8"))
    return [
        (
            str(fact.day),
            f"Generate content {kind} token count {words} text",
            label if kind == "input" else None,
            str(amount),
            cost,
            "EUR",
            "0.8",
        )
        for kind, amount in kinds
    ]


def _page(first: date, end: date, cursor: list[str] | None) -> tuple[list[date], int, bool]:
    start = int(cursor[0].removeprefix("page_")) if cursor else 0
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    return days[start : start + BUCKETS_A_PAGE], start + BUCKETS_A_PAGE, start + BUCKETS_A_PAGE < len(days)


def _unix(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@contextmanager
def served_reports() -> Iterator[ReportServer]:
    system = ReportServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, content, headers = system.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _handle

        def log_message(self, *_: Any) -> None:
            """In silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    system.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
