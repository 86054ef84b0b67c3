"""What tools found and what vendors want back as it is stands in answers too. Nobody generated it, so the vendor's
figures are believed beside it.
"""

import json
from typing import Any

import pytest

from providers.anthropic.passed_answer import PassedStream, passed_completion
from providers.port import EstimateReason, Usage
from tests.unit.providers.reading import streamed, whole
from tests.unit.providers.test_anthropic_passed import passed
from tests.unit.providers.translating import ANTHROPIC, GEMINI, framed, read, run
from tests.vendors.raw import events

LONG = "found on a page " * 3_000
SEAL = "q8Zx" * 1_000
FOUND = {
    "type": "web_fetch_tool_result",
    "tool_use_id": "s",
    "content": {"type": "web_fetch", "content": LONG},
}
PAGES = {
    "type": "web_search_tool_result",
    "content": [{"type": "web_search_result", "title": LONG, "encrypted_content": SEAL}] * 3,
}
MESSAGES: dict[str, dict[str, Any]] = {
    "what Groq's tools found": {"executed_tools": [{"type": "search", "output": LONG}]},
    "a signature of Google's": {
        "tool_calls": [
            {
                "index": 0,
                "id": "c",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": SEAL}},
            }
        ]
    },
    "an encrypted thought": {"reasoning_details": [{"type": "reasoning.encrypted", "data": SEAL}]},
    "the signature of a thought": {
        "reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": SEAL}]
    },
    "a proxy's copies": {"provider_specific_fields": {"web_search_results": [LONG], "signature": SEAL}},
    "blocks of results": {"content": [{"type": "text", "text": "Yes."}, FOUND, PAGES]},
}
BLOCKS = {"a page": FOUND, "pages": PAGES, "a thought": {"type": "redacted_thinking", "data": SEAL}}
PARTS: dict[str, dict[str, Any]] = {
    "the output of code": {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": LONG}},
    "a signature alone": {"thoughtSignature": SEAL},
    "the result of a tool": {"toolResponse": {"toolType": "GOOGLE_SEARCH", "response": {"text": LONG}}},
}


def check(usage: Usage | None) -> None:
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (100, 60)
    assert usage.estimate_reason == EstimateReason.NONE


@pytest.mark.parametrize("what", MESSAGES)
def test_in_openais_shape_the_figures_are_believed_beside_it(what: str) -> None:
    message = {"role": "assistant", "content": "Yes.", **MESSAGES[what]}
    figures = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160}
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": figures}
    completion = whole(json.dumps(answer).encode())
    assert not isinstance(completion, Exception)
    check(completion.usage)
    chunk = {"choices": [{"index": 0, "delta": message, "finish_reason": "stop"}]}
    check(streamed([events(chunk, {"choices": [], "usage": figures}).body]).usage)


@pytest.mark.parametrize("what", BLOCKS)
def test_of_anthropic_the_figures_are_believed_beside_it(what: str) -> None:
    figures, text = {"input_tokens": 100, "output_tokens": 60}, {"type": "text", "text": "Yes."}
    answer = {"content": [BLOCKS[what], text], "stop_reason": "end_turn", "usage": figures}
    blocks = [
        {"type": "content_block_start", "index": 0, "content_block": BLOCKS[what]},
        {"type": "content_block_stop", "index": 0},
    ]
    stream = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 100, "output_tokens": 1}}},
        *blocks,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": figures},
        {"type": "message_stop"},
    ]
    check(ANTHROPIC.whole_of(answer)[1])
    check(ANTHROPIC.streamed(stream)[-1].usage)
    check(run(passed_completion(json.dumps(answer).encode(), passed(), "key")).usage)
    reader = PassedStream(passed(), "key")
    list(reader.feed(framed(stream)))
    check(run(reader.end())[-2].usage)


@pytest.mark.parametrize("what", PARTS)
def test_of_gemini_the_figures_are_believed_beside_it(what: str) -> None:
    figures = {"promptTokenCount": 100, "candidatesTokenCount": 60, "totalTokenCount": 160}
    parts = [PARTS[what], {"text": "Yes."}]
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    answer = {"candidates": [candidate], "usageMetadata": figures}
    check(GEMINI.whole_of(answer)[1])
    check(read(GEMINI.reader(), [framed([answer])])[-1].usage)


@pytest.mark.parametrize("what", BLOCKS)
def test_an_encrypted_thought_without_figures_is_charged_as_held_and_results_are_not(what: str) -> None:
    usage = ANTHROPIC.whole_of({"content": [BLOCKS[what]], "stop_reason": "end_turn"})[1]
    assert usage.output_tokens == (None if what == "a thought" else 0)
