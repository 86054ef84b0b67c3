"""Answers to embeddings that lack vectors or say little of what they cost."""

import json
from typing import Any

import pytest

from providers.gemini.embeddings import embeddings_of
from providers.openai_compatible.answer import whole_answer
from providers.port import Completion, EstimateReason, ProviderError
from tests.unit.providers.translating import a_call, run

VECTOR = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
CALL = a_call("small", input=["one", "two"])


def answered(**fields: Any) -> Completion:
    return run(whole_answer(json.dumps({"object": "list", **fields}).encode(), CALL, "key"))


@pytest.mark.parametrize(
    "figures", [{"total_tokens": 8}, {"prompt_tokens": 0, "total_tokens": 8}, {"prompt_tokens": 8}]
)
def test_the_total_alone_is_input(figures: dict[str, int]) -> None:
    usage = answered(data=[VECTOR], usage=figures).usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimate_reason) == (8, 0, EstimateReason.NONE)


@pytest.mark.parametrize("data", ["[]", "[ ]", "[\n]"])
def test_an_answer_without_vectors_is_an_error_and_costs_what_is_reported(data: str) -> None:
    body = f'{{"data": {data}, "usage": {{"prompt_tokens": 8, "total_tokens": 8}}}}'
    with pytest.raises(ProviderError, match="no embeddings") as caught:
        run(whole_answer(body.encode(), CALL, "key"))
    assert caught.value.usage is not None
    assert (caught.value.usage.input_tokens, caught.value.usage.output_tokens) == (8, 0)


def test_of_gemini_an_answer_with_too_few_vectors_is_an_error() -> None:
    given = {"embeddings": [{"values": [0.1]}], "usageMetadata": {"promptTokenCount": 8}}
    with pytest.raises(ProviderError, match="1 embeddings of 2") as caught:
        run(embeddings_of(given, CALL))
    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens == 8
