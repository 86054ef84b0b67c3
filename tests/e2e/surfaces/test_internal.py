"""The internal surface, as an agent runtime asks it (docs/internal.md)."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest

from metering.models import UsageLog
from tests.e2e.server import Server
from tests.factories import BudgetFactory
from tests.served import serve_model

pytestmark = pytest.mark.slow
OLD, NEW = "old-secret", "dev-secret-token"
ASKED = {
    "model": "sandbox-small",
    "messages": [{"role": "user", "content": "Say hello!"}],
    "max_tokens": 9,
    "metadata": {"agent_id": "agent:sofia", "microdao_id": "microdao:7", "channel_id": "channel-uuid"},
}


@pytest.fixture
def agents(server: Server, token: str, settings: object) -> Iterator[httpx.Client]:
    settings.LLM_PROXY_SECRETS = [OLD, NEW]  # type: ignore[attr-defined]
    settings.INTERNAL_TENANT = "alder"  # type: ignore[attr-defined]
    with httpx.Client(base_url=server.url, headers={"x-internal-secret": NEW}, timeout=30) as client:
        yield client


def test_a_call_answers_in_the_documents_words_and_is_the_agents(agents: httpx.Client) -> None:
    answer = agents.post("/internal/llm/proxy", json=ASKED)
    row, said = UsageLog.objects.get(), answer.json()
    assert answer.status_code == 200, answer.text
    assert set(said) == {"content", "usage", "provider", "model_resolved", "latency_ms"}
    assert (said["provider"], said["model_resolved"]) == ("sandbox", "sandbox-small")
    assert said["usage"]["completion_tokens"] == row.output_tokens == 9
    assert said["latency_ms"] > 0
    assert (row.agent_id, row.microdao_id, row.channel_id) == ("agent:sofia", "microdao:7", "channel-uuid")


@pytest.mark.parametrize("secret", [None, "", "dev-secret-toke", "dev-secret-token2"])
def test_without_a_good_secret_nothing_is_reached(
    agents: httpx.Client, token: str, secret: str | None
) -> None:
    headers = {"authorization": f"Bearer {token}", "x-api-key": token}
    agents.headers.pop("x-internal-secret")
    if secret is not None:
        headers["x-internal-secret"] = secret
    for method, path in (("POST", "proxy"), ("GET", "models"), ("GET", "usage")):
        refused = agents.request(method, f"/internal/llm/{path}", headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_credential")


def test_each_of_several_secrets_is_good(agents: httpx.Client) -> None:
    assert agents.get("/internal/llm/models", headers={"x-internal-secret": OLD}).status_code == 200


def test_without_a_secret_configured_there_is_no_such_surface(agents: httpx.Client, settings: object) -> None:
    settings.LLM_PROXY_SECRETS = []  # type: ignore[attr-defined]
    assert agents.post("/internal/llm/proxy", json=ASKED).status_code == 404


def test_models_are_listed_with_the_vendors_names(agents: httpx.Client) -> None:
    [model] = agents.get("/internal/llm/models").json()["models"]
    assert (model["name"], model["provider"], model["physical_name"]) == (
        "sandbox-small",
        "sandbox",
        "sandbox-small",
    )
    assert model["max_tokens"] > 0


def test_a_model_of_embeddings_is_not_offered_to_agents(agents: httpx.Client) -> None:
    serve_model("vectors", capabilities=["embeddings"])
    assert [model["name"] for model in agents.get("/internal/llm/models").json()["models"]] == [
        "sandbox-small"
    ]


def test_an_agents_usage_and_what_its_limits_have_left(agents: httpx.Client) -> None:
    BudgetFactory(
        scope="agent", scope_id="agent:sofia", per="agent", dimension="requests", window="day", amount=5
    )
    for agent in ("agent:sofia", "agent:other"):
        agents.post("/internal/llm/proxy", json=ASKED | {"metadata": {"agent_id": agent}})
    told = agents.get("/internal/llm/usage", params={"agent_id": "agent:sofia"}).json()
    assert (told["total_requests"], told["success_rate"]) == (1, 1.0)
    assert told["total_tokens"] > 0
    assert told["avg_latency_ms"] is not None
    left = {(limit["dimension"], limit["window"]): limit["remaining"] for limit in told["limits"]}
    assert left == {("requests", "minute"): 9, ("requests", "day"): 4}


def test_an_agent_may_call_ten_times_a_minute_where_no_rule_says_otherwise(agents: httpx.Client) -> None:
    codes = [agents.post("/internal/llm/proxy", json=ASKED).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_model_that_is_null_is_the_plans_default(agents: httpx.Client) -> None:
    answer = agents.post("/internal/llm/proxy", json=ASKED | {"model": None, "max_tokens": None})
    assert (answer.status_code, answer.json()["model_resolved"]) == (200, "sandbox-small")


def test_usage_is_told_by_agent(agents: httpx.Client) -> None:
    agents.post("/internal/llm/proxy", json=ASKED)
    [item] = agents.get("/internal/llm/usage", params={"by": "agent"}).json()["items"]
    assert (item["agent_id"], item["total_requests"]) == ("agent:sofia", 1)
