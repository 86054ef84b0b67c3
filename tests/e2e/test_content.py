"""What calls say, over HTTP: nowhere in plain text, kept where a rule wants it, and guarded in every protocol."""

import json
import time
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings

from metering.content.sealed import Content, opened
from metering.models import CallContent, PolicyDecision, UsageLog
from tests.e2e.canary import everything_logged, tables_with
from tests.e2e.content_kit import ask, files_with
from tests.e2e.server import Server
from tests.factories import RuleFactory
from tests.served import serve_model

CARD = "4111 1111 1111 1111"
GENERATING = ("/v1/chat/completions", "/v1/messages", "/v1/responses")
EMBEDDINGS = "/v1/embeddings"
WAIT_S = 10.0


def rule(value: str, key: str) -> None:
    RuleFactory(key=key, value=value, scope="global", scope_id="", tenant=None)


def kept(count: int) -> list[Content]:
    """What is kept, once so many calls are."""
    deadline = time.monotonic() + WAIT_S
    while CallContent.objects.count() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    rows = CallContent.objects.order_by("created_at")
    return [opened(bytes(row.content), reservation_id=row.pk, tenant_id=row.tenant_id) for row in rows]


def checkpoint() -> None:
    """Everything that the database has in memory is in its files."""
    with psycopg.connect(settings.LEDGER_DATABASE_URL, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


@pytest.fixture
def embeds(server: Server) -> str:
    return str(serve_model("sandbox-embeddings", capabilities=["embeddings"]).name)


@pytest.mark.parametrize("mode", ["off", "redacted", "full"])
def test_nothing_of_a_prompt_or_an_answer_reaches_a_disk_in_plain_text(
    server: Server, token: str, mode: str
) -> None:
    canary = f"canary{uuid4().hex}"
    rule(mode, "log_content")
    with everything_logged() as logged:
        for path in GENERATING:
            for stream in (False, True):
                status, _, told = ask(server, token, path, f"sandbox:say {canary}", stream=stream)
                assert status == 200, told
        assert len(kept(0 if mode == "off" else 6)) == (0 if mode == "off" else 6)
    checkpoint()
    assert canary not in logged.getvalue()
    assert tables_with(canary) == []
    assert files_with(canary) == []


def test_the_search_of_files_finds_what_is_there(server: Server) -> None:
    canary = f"canary{uuid4().hex}"
    rule_ = RuleFactory(key="required_tags", value=canary[:20], scope="global", scope_id="", tenant=None)
    checkpoint()
    assert rule_.pk
    assert files_with(canary[:20]) != []


def test_in_redacted_mode_no_private_thing_is_kept_even_sealed(server: Server, token: str) -> None:
    rule("redacted", "log_content")
    for path in GENERATING:
        for stream in (False, True):
            ask(server, token, path, f"my card is {CARD}, ann@alder.example", stream=stream)
    found = kept(6)
    assert len(found) == 6
    for said in found:
        assert "4111" not in said.request + said.answer
        assert "ann@alder" not in said.request + said.answer
        assert "[CARD], [EMAIL]" in said.request


@pytest.mark.parametrize("path", GENERATING)
def test_block_names_what_and_where_in_every_protocol(server: Server, token: str, path: str) -> None:
    rule("block", "guard_content")
    status, _, told = ask(server, token, path, f"card {CARD}")
    error = json.loads(told)["error"]
    assert (status, error["code"]) == (400, "content_blocked")
    assert "a card number in" in error["message"]
    assert "4111" not in told
    assert not UsageLog.objects.exists()


def test_a_blocked_request_is_found_among_the_decisions(server: Server, token: str) -> None:
    rule("block", "guard_content")
    ask(server, token, GENERATING[0], f"card {CARD}")
    deadline = time.monotonic() + WAIT_S
    while not PolicyDecision.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    [decision] = PolicyDecision.objects.all()
    assert (decision.verdict, decision.code, decision.rule) == (
        "denied",
        "content_blocked",
        "global guard_content",
    )
    assert "4111" not in decision.message


def test_tokens_of_a_blocked_message_are_not_counted(server: Server, token: str) -> None:
    rule("block", "guard_content")
    status, _, _ = ask(server, token, "/v1/messages/count_tokens", CARD)
    assert status == 400


@pytest.mark.parametrize("path", GENERATING)
@pytest.mark.parametrize("stream", [False, True])
def test_flag_answers_and_says_what_it_saw(server: Server, token: str, path: str, stream: bool) -> None:
    rule("flag", "guard_content")
    status, headers, _ = ask(server, token, path, f"{CARD}, ann@alder.example", stream=stream)
    assert status == 200
    assert headers["x-gateway-content"] == "flagged; kinds=card,email"


@pytest.mark.parametrize("path", GENERATING)
def test_redact_sends_words_instead(server: Server, token: str, path: str) -> None:
    rule("redact", "guard_content")
    rule("full", "log_content")
    status, headers, _ = ask(server, token, path, f"card {CARD}")
    assert status == 200
    assert headers["x-gateway-content"] == "redacted; kinds=card"
    [said] = kept(1)
    assert "card [CARD]" in said.request
    assert "4111" not in said.request + said.answer


def test_an_answer_without_a_find_says_nothing(server: Server, token: str) -> None:
    rule("flag", "guard_content")
    _, headers, _ = ask(server, token, GENERATING[0], "hello")
    assert "x-gateway-content" not in headers


@pytest.mark.parametrize(("mode", "status"), [("block", 400), ("flag", 200), ("redact", 200)])
def test_embeddings_are_guarded(server: Server, token: str, embeds: str, mode: str, status: int) -> None:
    rule(mode, "guard_content")
    got, headers, told = ask(server, token, EMBEDDINGS, f"card {CARD}", model=embeds)
    assert got == status, told
    assert ("x-gateway-content" in headers) == (status == 200)
