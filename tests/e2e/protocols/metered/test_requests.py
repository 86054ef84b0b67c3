"""What a request may hold in each protocol: labels, unknown fields, mistakes; and who sends it."""

import json
from typing import Any

import pytest

from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import MESSAGES, WAYS, Way

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NATIVE = [name for name, way in WAYS.items() if way.is_native]
USER = {"role": "user", "content": "hello"}
MISTAKES: dict[str, list[tuple[dict[str, Any], str | None]]] = {
    "messages by chat": [
        ({"max_tokens": "absent"}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "50"}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": "absent"}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [USER | {"role": 7}]}, "messages[0].role"),
        ({"system": 7}, "system"),
        ({"stream": "yes"}, "stream"),
        ({"tools": "all"}, "tools"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"tags": 7}}, "metadata.tags"),
        ({"model": 7}, "model"),
    ],
    "responses by chat": [
        ({"input": "absent"}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": [7]}, "input[0]"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"max_output_tokens": "50"}, "max_output_tokens"),
        ({"instructions": 7}, "instructions"),
        ({"stream": "yes"}, "stream"),
        ({"tools": "all"}, "tools"),
        ({"metadata": {"agent_id": 7}}, "metadata.agent_id"),
        ({"model": 7}, "model"),
    ],
    "teams": [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].toolCallId"),
        ({"messages": [USER | {"toolCalls": [{"id": "a", "name": "b"}]}]}, "messages[0].toolCalls"),
        ({"messages": [USER | {"name": "x"}]}, "messages[0].name"),
        ({"maxTokens": 0}, "maxTokens"),
        ({"max_tokens": 9}, "max_tokens"),
        ({"tools": [{"description": "x"}]}, "tools[0].name"),
        ({"metadata": {"tags": 7}}, "metadata.tags"),
        ({"model": 7}, "model"),
    ],
    "embeddings": [
        ({"input": "absent"}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [""]}, "input"),
        ({"input": [[]]}, "input"),
        ({"input": ["a", 7]}, "input"),
        ({"input": {"text": "a"}}, "input"),
        ({"input": ["a"] * 2_049}, "input"),
        ({"dimensions": 0}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"stream": True}, "stream"),
        ({"metadata": "x"}, "metadata"),
    ],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_by_its_fields_name_in_the_protocols_shape(
    gateway: GatewayAndVendors, name: str
) -> None:
    for fields, param in MISTAKES[name]:
        told = gateway.ask(name, **fields)
        assert told.refusal == (400, "invalid_request", param), (fields, told.text)
        assert told.reservation is None


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_json_object_is_refused(gateway: GatewayAndVendors, name: str) -> None:
    for raw in (b"", b"{", b"[1]", b"\xff", b'{"model": NaN}', b"[" * 100_000):
        told = gateway.ask(name, raw=raw)
        assert told.refusal[:2] == (400, "invalid_request")


@pytest.mark.parametrize("name", WAYS)
def test_labels_and_tags_are_the_gateways_own(gateway: GatewayAndVendors, name: str) -> None:
    metadata = {"agent_id": "helper", "trace_id": "t-1", "tags": {"project": "apollo"}, "user_id": "u-1"}
    told = gateway.ask(name, metadata=metadata, as_="capped")
    assert told.status == 200, told.text
    assert (told.row.agent_id, told.row.trace_id, told.row.tags) == ("helper", "t-1", ["project=apollo"])
    sent = told.sent.body.get("metadata") or {}
    if name == "responses by OpenAI":  # which keeps what it is told, and takes texts alone
        assert sent == metadata | {"tags": "project=apollo"}
    else:
        assert sent == ({"user_id": "u-1"} if name == "messages by Anthropic" else {})
        assert "metadata" not in gateway.ask(name, metadata={"agent_id": "helper"}).sent.body


@pytest.mark.parametrize("name", WAYS)
def test_an_unknown_field_reaches_a_vendor_that_speaks_the_protocol_and_no_other(
    gateway: GatewayAndVendors, name: str
) -> None:
    told = gateway.ask(name, brand_new={"a": [1, None]})
    if name in NATIVE:
        assert told.sent.body["brand_new"] == {"a": [1, None]}
    else:
        assert told.refusal == (400, "invalid_request", "brand_new")
        assert told.seen == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_credential_comes_in_either_header(gateway: GatewayAndVendors, name: str) -> None:
    key = gateway.tokens["free"]
    assert gateway.ask(name, headers={"authorization": None, "x-api-key": key}).status == 200
    for wrong in ({"authorization": None}, {"authorization": None, "x-api-key": f"{key}x"}):
        assert gateway.ask(name, headers=wrong).refusal == (401, "invalid_credential", None)


def test_nowhere_below_messages_is_told_in_its_shape(gateway: GatewayAndVendors) -> None:
    for path in ("/v1/messages/", "/v1/messages/batches", "/v1/messages/count_tokens/"):
        told = gateway.ask(Way(MESSAGES, "small", MESSAGES), path=path)
        assert told.refusal == (404, "not_found", None)
        assert told.error["type"] == "not_found_error"


def test_the_version_and_the_betas_reach_anthropic(gateway: GatewayAndVendors) -> None:
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "a-2025-01-01,b-2026-01-01"}
    told = gateway.ask("messages by Anthropic", headers=headers)
    assert told.sent.headers.items() >= headers.items()
    assert told.sent.body == json.loads(
        json.dumps(
            told.way.body("hello")
            | {
                "model": "claude-sonnet-5",
                "service_tier": "standard_only",
                "inference_geo": "global",
            }
        )
    )


def test_betas_in_several_lines_are_one_list(gateway: GatewayAndVendors) -> None:
    headers = {"anthropic-beta": "a-2025-01-01", "Anthropic-Beta": "b-2026-01-01"}
    told = gateway.ask("messages by Anthropic", headers=headers)
    assert told.sent.headers["anthropic-beta"] == "a-2025-01-01,b-2026-01-01"
