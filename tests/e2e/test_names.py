"""One name is one agent, one team, one model, whichever bytes it was sent as."""

import json
import unicodedata
from typing import Any
from urllib.parse import quote

import pytest
from redis import Redis

from metering.models import PolicyRule, UsageLog
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import find_target
from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server
from tests.factories import alder
from tests.served import serve_model

pytestmark = pytest.mark.slow
CHAT = "/v1/chat/completions"
COMPOSED = "Büro Łódź"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
UTF8 = (COMPOSED.encode(), DECOMPOSED.encode())
LABELS = {
    "agent_id": "x-agent-id",
    "microdao_id": "x-microdao-id",
    "channel_id": "x-channel-id",
    "conversation_id": "x-conversation-id",
    "trace_id": "x-trace-id",
}


def chat(server: Server, token: str, headers: dict[str, bytes] | None = None, **fields: Any) -> Reply:
    body = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}], **fields}
    given: dict[str, str | bytes] = {"x-api-key": token, **(headers or {})}
    return ask(server, "POST", CHAT, json.dumps(body).encode(), given)


def test_a_label_is_one_name_in_header_and_body(server: Server, token: str) -> None:
    for sent in UTF8:
        assert chat(server, token, dict.fromkeys(LABELS.values(), sent)).status == 200
        assert chat(server, token, metadata=dict.fromkeys(LABELS, sent.decode())).status == 200
    assert chat(server, token, dict.fromkeys(LABELS.values(), "Büro".encode("latin-1"))).status == 200
    for column in LABELS:
        assert sorted(UsageLog.objects.values_list(column, flat=True)) == ["Büro", *[COMPOSED] * 4], column


def test_an_agents_rate_is_one_bucket(server: Server, token: str, redis_keys: Any) -> None:
    target = find_target(tenant=alder().slug, agent=DECOMPOSED)
    set_rule(target=target, key="requests_per_minute", value=2, actor="a test", now=alder().created_at)
    assert PolicyRule.objects.get(scope="agent").scope_id == COMPOSED
    asked = [
        chat(server, token, {"x-agent-id": UTF8[0]}),
        chat(server, token, {"x-agent-id": UTF8[1]}),
        chat(server, token, metadata={"agent_id": DECOMPOSED}),
        chat(server, token, metadata={"agent_id": COMPOSED}),
    ]
    assert [answer.status for answer in asked] == [200, 200, 429, 429]
    assert len([key for key in redis_keys() if "agent" in key]) == 1


@pytest.fixture
def redis_keys(settings: Any) -> Any:
    def keys() -> list[str]:
        with Redis.from_url(settings.REDIS_URL) as redis:
            return [key.decode() for key in redis.scan_iter("rate:*", count=10_000)]

    return keys


def test_a_model_is_found_by_either_form(server: Server, token: str) -> None:
    serve_model(COMPOSED)
    serve_model("模型")
    for name in (COMPOSED, DECOMPOSED):
        for stream in (False, True):
            answer = chat(server, token, model=name, stream=stream)
            assert answer.status == 200
            assert answer.headers["x-gateway-model"].encode("latin-1").decode() == COMPOSED
        path = f"/v1/models/{quote(name)}"
        assert ask(server, "GET", path, headers={"x-api-key": token}).json["id"] == COMPOSED
    assert chat(server, token, model="模型", stream=True).status == 200


def test_reports_find_a_name_by_either_form(server: Server, token: str) -> None:
    chat(server, token, {"x-agent-id": UTF8[1], "x-conversation-id": UTF8[0]})
    for filter_ in ("agent", "conversation"):
        for name in (COMPOSED, DECOMPOSED):
            path = f"/api/usage?by={filter_}&{filter_}={quote(name)}"
            [row] = ask(server, "GET", path, headers={"x-api-key": token}).json["results"]
            assert (row[filter_], row["requests"]) == (COMPOSED, 1)


UNSEEN = (b"a\tb", b"a\x7fb", "a\u200bb".encode(), "a\u202eb".encode(), "a\x85b".encode(), b"a\x85b", b"")


def test_what_cannot_be_seen_is_no_name(server: Server, token: str) -> None:
    for sent in UNSEEN:
        for name in LABELS.values():
            assert chat(server, token, {name: sent}).told == (400, "invalid_request"), (name, sent)
    for sent in UNSEEN[:-1]:
        assert chat(server, token, {"x-team-id": sent}).told == (400, "invalid_request"), sent
