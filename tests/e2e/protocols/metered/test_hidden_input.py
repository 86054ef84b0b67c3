"""Fields that hide billed input: refused by name under a hard budget, and without one sent on or refused by name."""

from typing import Any

import pytest

from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import WAYS

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Fields = list[tuple[str, Any]]
ANTHROPICS: Fields = [
    ("container", "container_1"),
    ("mcp_servers", [{"type": "url", "url": "https://tools.example", "name": "tools"}]),
    ("fallbacks", [{"model": "claude-opus-4-8"}]),
    ("speed", "fast"),
    ("inference_geo", "us"),
    ("service_tier", "priority"),
    ("tools", [{"type": "web_search_20260209", "name": "web_search"}]),
    ("tools", [{"type": "code_execution_20260120", "name": "code_execution"}]),
    ("tools", [{"type": "mcp_toolset", "mcp_server_name": "tools"}]),
    ("context_management", {"edits": [{"type": "compact_20260112"}]}),
]
OPENAIS: Fields = [
    ("previous_response_id", "resp_1"),
    ("conversation", "conv_1"),
    ("prompt", {"id": "pmpt_1"}),
    ("background", True),
    ("input", [{"type": "item_reference", "id": "msg_1"}]),
    ("input", [{"id": "msg_1"}]),
    ("context_management", [{"type": "compaction"}]),
    ("reasoning", {"mode": "pro"}),
    ("service_tier", "priority"),
    *(
        ("tools", [{"type": kind}])
        for kind in ("web_search", "file_search", "code_interpreter", "image_generation", "mcp", "shell")
    ),
    ("tool_choice", {"type": "web_search"}),
]
HIDING = {
    "messages by chat": ANTHROPICS,
    "messages by Anthropic": ANTHROPICS,
    "responses by chat": OPENAIS,
    "responses by OpenAI": OPENAIS,
    "embeddings": [("brand_new", 1)],
}


@pytest.mark.parametrize("name", HIDING)
def test_a_hard_budget_refuses_them_by_name(gateway: GatewayAndVendors, name: str) -> None:
    before = len(gateway.calls())
    for field, value in HIDING[name]:
        told = gateway.ask(name, as_="capped", **{field: value})
        assert told.refusal == (400, "unpriceable_request", field), (field, value)
        assert told.reservation is None
    assert len(gateway.calls()) == before


@pytest.mark.parametrize("name", HIDING)
def test_without_one_they_are_sent_on_or_refused_by_name(gateway: GatewayAndVendors, name: str) -> None:
    for field, value in HIDING[name]:
        told = gateway.ask(name, **{field: value})
        if told.seen:
            assert WAYS[name].is_native or field == "service_tier", (field, value)
            assert told.sent.body[field] == value
        else:
            assert told.refusal[:2] == (400, "invalid_request"), (field, told.text)
            assert str(told.refusal[2]).startswith(field)
