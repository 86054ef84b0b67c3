"""The Teams surface, as its client asks it (docs/teams.md)."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest

from metering.models import UsageLog
from tests.e2e.server import Server
from tests.factories import BudgetFactory, TeamFactory, UserFactory, alder, make_token
from tests.served import serve_model

pytestmark = pytest.mark.slow
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def teams(server: Server, token: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


def events_of(response: httpx.Response) -> list[dict[str, Any]]:
    """As the document's client reads them: every line that begins with `data: ` is JSON."""
    lines = [line for line in response.text.split("\n") if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_a_chat_answers_in_the_documents_words(teams: httpx.Client) -> None:
    answer = teams.post(
        "/llm/chat",
        json={"messages": HELLO, "model": "sandbox-small", "temperature": 0.7, "maxTokens": 9},
    )
    row, said = UsageLog.objects.get(), answer.json()
    assert answer.status_code == 200
    assert (said["role"], said["toolCalls"], said["model"]) == ("assistant", [], "sandbox/sandbox-small")
    assert said["content"].startswith("[sandbox]")
    assert said["usage"] == {
        "inputTokens": row.input_tokens,
        "outputTokens": 9,
        "totalTokens": row.input_tokens + 9,
        "cost": row.cost_nano_usd / 10**9,
    }


def test_a_field_that_is_null_is_as_if_it_were_left_out(teams: httpx.Client) -> None:
    nothing = dict.fromkeys(
        ("model", "tools", "toolChoice", "temperature", "topP", "maxTokens", "stop", "metadata")
    )
    answer = teams.post("/llm/chat", json={"messages": HELLO, **nothing})
    assert (answer.status_code, answer.json()["model"]) == (200, "sandbox/sandbox-small")


def test_a_stream_brings_chunks_and_ends_with_the_usage(teams: httpx.Client) -> None:
    answer = teams.post(
        "/llm/stream", json={"messages": HELLO, "model": "sandbox-small", "maxTokens": 9, "stream": True}
    )
    *chunks, usage = events_of(answer)
    row = UsageLog.objects.get()
    whole = teams.post("/llm/chat", json={"messages": HELLO, "model": "sandbox-small", "maxTokens": 9}).json()
    assert {chunk["type"] for chunk in chunks} == {"chunk"}
    assert "".join(chunk["delta"] for chunk in chunks) == whole["content"]
    assert (usage["type"], usage["usage"]) == ("usage", whole["usage"])
    assert usage["usage"]["cost"] == row.cost_nano_usd / 10**9 > 0


def test_a_stream_that_fails_ends_with_an_error(teams: httpx.Client) -> None:
    cut = [{"role": "user", "content": "sandbox:cut=3"}]
    *_, last = events_of(teams.post("/llm/stream", json={"messages": cut, "model": "sandbox-small"}))
    assert last["type"] == "error"
    assert "cut its answer off" in last["error"]["message"]
    assert UsageLog.objects.get().outcome == "cut"


def test_tools_are_called_and_their_results_come_back(teams: httpx.Client) -> None:
    tools = [{"name": "read", "description": "Reads.", "parameters": {"type": "object"}}]
    asked = [{"role": "user", "content": 'sandbox:tool=read {"path": "a"}'}]
    first = teams.post("/llm/chat", json={"messages": asked, "tools": tools, "model": "sandbox-small"}).json()
    [call] = first["toolCalls"]
    assert (call["name"], call["arguments"]) == ("read", {"path": "a"})
    *_, told, _ = events_of(
        teams.post("/llm/stream", json={"messages": asked, "tools": tools, "model": "sandbox-small"})
    )
    assert (told["toolCall"]["name"], told["toolCall"]["arguments"]) == ("read", {"path": "a"})
    result = {"role": "tool", "toolCallId": call["id"], "content": "apples"}
    said = {"role": "assistant", "content": first["content"], "toolCalls": [call]}
    second = teams.post(
        "/llm/chat", json={"messages": [*asked, said, result], "tools": tools, "model": "sandbox-small"}
    )
    assert "apples" in second.json()["content"]


def test_a_used_up_budget_is_told_at_the_top_level_too(teams: httpx.Client) -> None:
    BudgetFactory(dimension="cost", window="day", amount=1)
    refused = teams.post("/llm/chat", json={"messages": HELLO, "model": "sandbox-small"})
    body = refused.json()
    assert refused.status_code == 429
    assert body["message"] == body["error"]["message"]
    assert body["usage"] == {"current": 0.0, "limit": 1e-9, "period": "daily"}
    assert body["limit"] == 1e-9
    assert body["resetAt"] > 1_700_000_000_000


def test_an_unknown_field_is_refused_by_name(teams: httpx.Client) -> None:
    refused = teams.post("/llm/chat", json={"messages": HELLO, "model": "sandbox-small", "max_tokens": 9})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "max_tokens")


def test_the_budget_told_is_the_tightest_of_user_and_team(server: Server) -> None:
    tenant = alder()
    user, team = UserFactory(tenant=tenant), TeamFactory(tenant=tenant)
    user.teams.add(team)
    own = make_token(tenant=tenant, user=user)
    BudgetFactory(
        tenant=tenant,
        scope="user",
        scope_id=str(user.pk),
        dimension="cost",
        window="day",
        amount=5 * 10**9,
    )
    BudgetFactory(
        tenant=tenant,
        scope="team",
        scope_id=str(team.pk),
        dimension="cost",
        window="month",
        amount=10**9,
    )
    headers = {"authorization": f"Bearer {own.secret}"}
    alone = httpx.get(f"{server.url}/llm/budget", headers=headers).json()
    with_team = httpx.get(f"{server.url}/llm/budget", headers=headers | {"x-team-id": str(team.pk)}).json()
    assert (alone["limit"], alone["period"], alone["percentUsed"]) == (5.0, "daily", 0.0)
    assert (with_team["limit"], with_team["period"], with_team["remaining"]) == (1.0, "monthly", 1.0)


def test_the_usage_of_some_days_adds_up(teams: httpx.Client) -> None:
    cost = teams.post("/llm/chat", json={"messages": HELLO, "model": "sandbox-small"}).json()["usage"]
    told = teams.get("/llm/usage", params={"days": 7, "by": "model"}).json()
    assert [item["key"] for item in told["items"]] == ["sandbox-small"]
    assert told["total"] == {"requests": 1, **cost}


def test_models_are_listed_with_labels(teams: httpx.Client) -> None:
    [model] = teams.get("/llm/models").json()
    assert model == {"id": "sandbox-small", "label": model["label"], "provider": "sandbox", "available": True}


def test_a_model_of_embeddings_is_not_offered_for_chats(teams: httpx.Client) -> None:
    serve_model("vectors", capabilities=["embeddings"], aliases=["vectors-default"])
    told = [model["id"] for model in teams.get("/llm/models").json()]
    assert told == ["sandbox-small"]
    assert "vectors" in [model["id"] for model in teams.get("/v1/models").json()["data"]]
