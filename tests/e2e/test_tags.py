"""Tags over the wire: in metadata and in the header, on every door, in budgets, rules, refusals and reports."""

import json
from typing import Any
from urllib.parse import quote

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from metering.models import UsageLog
from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server
from tests.factories import BudgetFactory, RuleFactory

pytestmark = pytest.mark.slow
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
APOLLO = {"scope": "tag", "scope_id": "project=apollo"}


def chat(server: Server, token: str, header: bytes | None = None, tags: Any = None) -> Reply:
    body: dict[str, Any] = {"model": "sandbox-small", "messages": HELLO}
    if tags is not None:
        body["metadata"] = {"tags": tags}
    headers: dict[str, str | bytes] = {"x-api-key": token}
    if header is not None:
        headers["x-gateway-tags"] = header
    return ask(server, "POST", "/v1/chat/completions", json.dumps(body).encode(), headers)


def usage(server: Server, token: str, query: str) -> list[dict[str, Any]]:
    answer = ask(server, "GET", f"/api/usage?{query}", headers={"x-api-key": token})
    assert answer.status == 200, answer.body
    rows: list[dict[str, Any]] = answer.json["results"]
    return rows


def test_an_sdk_sends_them_as_text_in_metadata_and_more_in_the_header(client: openai.OpenAI) -> None:
    client.chat.completions.create(
        model="sandbox-small",
        messages=HELLO,
        metadata={"tags": "project=apollo", "agent_id": "helper"},
        extra_headers={"x-gateway-tags": "cost-centre=7,project=apollo"},
    )
    row = UsageLog.objects.get()
    assert (row.tags, row.agent_id) == (["cost-centre=7", "project=apollo"], "helper")


def test_every_form_is_the_same_tags(server: Server, token: str) -> None:
    for tags in ({"place": "Büro"}, ["place=Büro"], "place=Bu\u0308ro"):
        assert chat(server, token, tags=tags).status == 200
    for header in ("place=Büro".encode(), "place=Bu\u0308ro".encode(), "place=Büro".encode("latin-1")):
        assert chat(server, token, header).status == 200
    assert list(UsageLog.objects.values_list("tags", flat=True)) == [["place=Büro"]] * 6


@pytest.mark.parametrize(
    ("header", "tags", "param"),
    [
        (b"project", None, "x-gateway-tags"),
        (b"Project=apollo", None, "x-gateway-tags"),
        (b"project=a\tb", None, "x-gateway-tags"),
        (None, {"project": 7}, "metadata.tags"),
        (None, 7, "metadata.tags"),
        (None, [["project", "apollo"]], "metadata.tags"),
        (b"project=gemini", {"project": "apollo"}, "x-gateway-tags"),
    ],
)
def test_what_is_no_tag_is_refused_by_the_name_of_its_place(
    server: Server, token: str, header: bytes | None, tags: Any, param: str
) -> None:
    answer = chat(server, token, header, tags)
    assert (*answer.told, answer.error["param"]) == (400, "invalid_request", param)
    assert not UsageLog.objects.exists()


def test_a_tags_budget_stops_its_calls_alone_and_is_named(server: Server, token: str) -> None:
    BudgetFactory(**APOLLO, dimension="requests", amount=1)
    assert chat(server, token, b"project=apollo").status == 200
    assert chat(server, token, b"project=gemini").status == 200
    assert chat(server, token).status == 200
    refused = chat(server, token, b"cost-centre=7,project=apollo")
    assert refused.told == (429, "budget_exceeded")
    assert "tag project=apollo requests/day" in refused.error["message"]
    assert (refused.error["usage"]["scope"], refused.error["usage"]["current"]) == ("tag", 1)


def test_a_conversations_budget_and_rule_count_for_its_calls_alone(server: Server, token: str) -> None:
    BudgetFactory(scope="conversation", scope_id="talk-7", dimension="requests", amount=1)
    RuleFactory(scope="conversation", scope_id="talk-7", key="max_tokens_out", value=4)

    def say(talk: str) -> Reply:
        body = {"model": "sandbox-small", "messages": HELLO, "metadata": {"conversation_id": talk}}
        return ask(server, "POST", "/v1/chat/completions", json.dumps(body).encode(), {"x-api-key": token})

    assert say("talk-7").json["usage"]["completion_tokens"] == 4
    assert say("talk-8").json["usage"]["completion_tokens"] > 4
    refused = say("talk-7")
    assert refused.told == (429, "budget_exceeded")
    assert (refused.error["usage"]["scope"], refused.error["usage"]["current"]) == ("conversation", 1)


def test_a_tags_rule_tightens_and_does_not_loosen(server: Server, token: str) -> None:
    RuleFactory(key="max_tokens_out", value=9)
    RuleFactory(**APOLLO, key="max_tokens_out", value=4)
    RuleFactory(scope="tag", scope_id="project=gemini", key="max_tokens_out", value=100)

    def output(header: bytes | None) -> int:
        return int(chat(server, token, header).json["usage"]["completion_tokens"])

    assert [output(None), output(b"project=apollo"), output(b"project=gemini")] == [9, 4, 9]
    assert output(b"project=apollo,cost-centre=7") == 4


def test_a_tags_rate_is_one_bucket_of_its_own(server: Server, token: str) -> None:
    RuleFactory(**APOLLO, key="requests_per_minute", value=1)
    assert chat(server, token, b"project=apollo").status == 200
    refused = chat(server, token, tags={"project": "apollo"})
    assert refused.told == (429, "rate_limited")
    assert "tag project=apollo requests/minute" in refused.error["message"]
    assert chat(server, token, b"project=gemini").status == 200


def test_reports_group_and_filter_by_tag_microdao_channel_class_and_feature(
    server: Server, token: str
) -> None:
    body = {"model": "sandbox-small", "messages": HELLO}
    labels = {"x-microdao-id": "dao", "x-channel-id": "mail"}
    headers: dict[str, str | bytes] = {"x-api-key": token, **labels}
    headers["x-gateway-tags"] = "project=apollo,cost-centre=7"
    assert ask(server, "POST", "/v1/chat/completions", json.dumps(body).encode(), headers).status == 200
    assert chat(server, token, b"project=apollo").status == 200
    assert chat(server, token).status == 200

    counted = {row["tag"]: row["requests"] for row in usage(server, token, "by=tag")}
    assert counted == {"cost-centre=7": 1, "project=apollo": 2, None: 1}, "in each of its groups"
    for query in (
        f"tag={quote('project=apollo')}",
        "class=BASE_S",
        "feature=CHAT",
        "microdao=dao",
        "channel=mail",
    ):
        by = query.partition("=")[0]
        rows = usage(server, token, f"by={by}&{query}")
        expected = {"tag": 2, "class": 3, "feature": 3}.get(by, 1)
        assert max(row["requests"] for row in rows) == expected, query
        assert [row["requests"] for row in usage(server, token, f"by=task&{query}")] == [expected], query
    assert usage(server, token, "by=task&tag=project%3Dgemini") == []
    wrong = ask(server, "GET", "/api/usage?tag=project", headers={"x-api-key": token})
    assert (*wrong.told, wrong.error["param"]) == (400, "invalid_request", "tag")


def test_the_export_has_the_tags_of_every_attempt(server: Server, token: str) -> None:
    chat(server, token, b"project=apollo,cost-centre=7")
    chat(server, token)
    path = "/api/usage/export?by=attempt"
    lines = ask(server, "GET", path, headers={"x-api-key": token}).body.decode().splitlines()
    place = lines[0].split(",").index("tags")
    assert '"cost-centre=7,project=apollo"' in lines[1]
    assert lines[2].split(",")[place] == ""


def test_a_plan_may_require_tags_and_the_refusal_says_how_to_send_them(server: Server, token: str) -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="required_tags", value="project")
    RuleFactory(key="required_tags", value="cost-centre,project")
    assert chat(server, token, b"project=apollo", {"cost-centre": "7"}).status == 200

    refused = chat(server, token, b"project=apollo")
    assert (*refused.told, refused.error["param"]) == (400, "tag_required", "metadata.tags")
    assert "x-gateway-tags: cost-centre=…" in refused.error["message"]
    assert "cost-centre, project" in chat(server, token).error["message"]
    assert chat(server, token, tags="place=here").told == (400, "tag_required")
    assert ask(server, "GET", "/v1/models", headers={"x-api-key": token}).status == 200
