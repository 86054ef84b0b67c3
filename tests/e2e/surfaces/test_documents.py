"""Every request that the source documents write out, as it is written there, against a running gateway.

Their vendors are the sandbox under the documents' model names; docs/documents.md has the table of all examples, and
says which cannot be run here.
"""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import openai
import pytest

from tests.e2e.server import Server
from tests.factories import BudgetFactory, TeamFactory, alder, make_token
from tests.served import serve_model

pytestmark = pytest.mark.slow


@pytest.fixture
def documented(server: Server, token: str, settings: Any) -> Iterator[httpx.Client]:
    """The models that the documents ask for, their secret and a caller."""
    settings.LLM_PROXY_SECRETS = ["dev-secret-token"]
    settings.INTERNAL_TENANT = "alder"
    serve_model(
        "gpt-4.1-mini", physical_name="gpt-4-1106-preview", aliases=["chat-default"], label="GPT-4o Mini"
    )
    serve_model("dagi-local-8b")
    serve_model("deepseek-chat")
    with httpx.Client(
        base_url=server.url, headers={"authorization": f"Bearer {token}"}, timeout=30
    ) as client:
        yield client


def curl(client: httpx.Client, *arguments: str) -> Any:
    """What the document's line prints, with the gateway's address in place of the document's."""
    words = [each.replace("http://localhost:7007", str(client.base_url).rstrip("/")) for each in arguments]
    done = subprocess.run(["curl", "-s", *words], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_the_teams_clients_chat(documented: httpx.Client) -> None:
    """Document 0, ProxiedLLMProvider.chat."""
    team = TeamFactory(tenant=alder())
    own = make_token(tenant=alder(), team=team)
    data = documented.post(
        "/llm/chat",
        headers={"authorization": f"Bearer {own.secret}", "x-team-id": str(team.pk)},
        json={
            "messages": [{"role": "user", "content": "hello"}],
            "tools": [{"name": "read", "description": "Reads.", "parameters": {"type": "object"}}],
            "model": "deepseek-chat",
            "temperature": 0.7,
            "maxTokens": 50,
        },
    ).json()
    assert set(data) >= {"content", "toolCalls", "usage", "model"}
    assert set(data["usage"]) == {"inputTokens", "outputTokens", "totalTokens", "cost"}


def test_the_teams_clients_stream(documented: httpx.Client) -> None:
    """Document 0, streamChat: split at line ends, `data: ` cut off, the rest parsed, by `type`."""
    body = {"messages": [{"role": "user", "content": "hello"}], "model": "deepseek-chat", "stream": True}
    text = documented.post("/llm/stream", json=body).text
    seen = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: ")]
    assert [event["type"] for event in seen] == ["chunk"] * (len(seen) - 1) + ["usage"]


def test_the_teams_clients_errors(documented: httpx.Client) -> None:
    """Document 0, handleError and displayMessage: numbers to be shown with two digits, a time in milliseconds."""
    BudgetFactory(dimension="cost", window="day", amount=1)
    error = documented.post("/llm/chat", json={"messages": [{"role": "user", "content": "hello"}]})
    data = error.json()
    assert error.status_code == 429
    assert f"${data['usage']['current']:.2f} of ${data['usage']['limit']:.2f}" == "$0.00 of $0.00"
    assert data["usage"]["period"] == "daily"
    assert isinstance(data["resetAt"], int)
    documented.headers["authorization"] = "Bearer nobody"
    refused = documented.post("/llm/chat", json={"messages": [{"role": "user", "content": "hello"}]})
    assert (refused.status_code, bool(refused.json()["message"])) == (401, True)


def test_the_proxys_endpoints(documented: httpx.Client) -> None:
    """Document 1, LP-7."""
    answer = documented.post(
        "/v1/chat/completions",
        json={"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Hello"}]},
    )
    assert answer.json()["object"] == "chat.completion"
    names = {model["id"] for model in documented.get("/v1/models").json()["data"]}
    assert {"gpt-4.1-mini", "chat-default", "deepseek-chat"} <= names
    assert documented.get("/health").status_code == 200


def test_the_model_list_of_the_unified_plan(documented: httpx.Client) -> None:
    """Document 2, section 6, and section 3's client with LLM_BASE_URL and an alias."""
    [found] = [model for model in documented.get("/llm/models").json() if model["id"] == "chat-default"]
    assert (found["label"], found["provider"]) == ("GPT-4o Mini", "sandbox")
    key = documented.headers["authorization"].removeprefix("Bearer ")
    with openai.OpenAI(base_url=f"{documented.base_url}/v1".replace("//v1", "/v1"), api_key=key) as client:
        stream = client.chat.completions.create(
            model="chat-default",
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        assert [*stream][-1].usage is not None


def test_the_services_first_example(documented: httpx.Client) -> None:
    """Document 3, POST /internal/llm/proxy."""
    body = {
        "model": "gpt-4.1-mini",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant"},
            {"role": "user", "content": "Hello!"},
        ],
        "max_tokens": 100,
        "temperature": 0.7,
        "metadata": {
            "agent_id": "agent:sofia",
            "microdao_id": "microdao:7",
            "channel_id": "channel-uuid",
        },
    }
    headers = {"x-internal-secret": "dev-secret-token"}
    said = documented.post("/internal/llm/proxy", json=body, headers=headers).json()
    assert set(said) == {"content", "usage", "provider", "model_resolved", "latency_ms"}
    assert said["model_resolved"] == "gpt-4-1106-preview"
    assert set(said["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}


@pytest.mark.parametrize(
    "body",
    [
        '{"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Say hello!"}],'
        ' "metadata": {"agent_id": "agent:test"}}',
        '{"model": "dagi-local-8b", "messages": [{"role": "user", "content": "Test"}]}',
    ],
)
def test_the_services_curl_lines(documented: httpx.Client, body: str) -> None:
    """Document 3, Testing."""
    said = curl(
        documented,
        *("-X", "POST", "http://localhost:7007/internal/llm/proxy"),
        *("-H", "Content-Type: application/json"),
        *("-H", "X-Internal-Secret: dev-secret-token"),
        *("-d", body),
    )
    assert said["content"].startswith("[sandbox]")


def test_the_services_usage_line(documented: httpx.Client) -> None:
    """Document 3, Troubleshooting, and GET /internal/llm/usage."""
    said = curl(
        documented,
        "http://localhost:7007/internal/llm/usage?agent_id=agent:sofia",
        *("-H", "X-Internal-Secret: dev-secret-token"),
    )
    assert {"total_requests", "total_tokens", "avg_latency_ms", "success_rate"} <= set(said)


def test_the_services_model_list(documented: httpx.Client) -> None:
    """Document 3, GET /internal/llm/models."""
    said = documented.get("/internal/llm/models", headers={"x-internal-secret": "dev-secret-token"}).json()
    [model] = [each for each in said["models"] if each["name"] == "gpt-4.1-mini"]
    assert set(model) == {"name", "provider", "physical_name", "max_tokens"}
    assert model["physical_name"] == "gpt-4-1106-preview"
