import math
from array import array
from base64 import b64decode
from typing import Any

import msgspec
import pytest

from providers.port import Capability, Failure, ProviderError
from providers.sandbox.provider import SandboxProvider
from tests.unit.providers.test_sandbox import call


async def embedded(given: Any, **fields: Any) -> dict[str, Any]:
    completion = await SandboxProvider().embed(call(input=given, **fields))
    decoded: dict[str, Any] = msgspec.json.decode(completion.body)
    return decoded


async def vector_of(given: Any, **fields: Any) -> Any:
    return (await embedded(given, **fields))["data"][0]["embedding"]


def test_it_says_that_it_embeds() -> None:
    assert Capability.EMBED in SandboxProvider.capabilities


async def test_equal_texts_get_equal_vectors_of_length_one() -> None:
    first, again, other = await vector_of("one"), await vector_of("one"), await vector_of("two")
    assert first == again != other
    assert len(first) == 256
    assert math.hypot(*first) == pytest.approx(1)


async def test_there_are_as_many_dimensions_as_asked_for() -> None:
    assert len(await vector_of("one", dimensions=8)) == 8


async def test_base64_holds_the_same_floats() -> None:
    packed = array("f", b64decode(await vector_of("one", encoding_format="base64")))
    assert packed.tolist() == await vector_of("one")


@pytest.mark.parametrize(
    ("given", "vectors", "tokens"),
    [("a b", 1, 2), (["a b", "c"], 2, 3), ([5, 6, 7], 1, 3), ([[5, 6], [7]], 2, 3), ("", 1, 0)],
    ids=["text", "texts", "tokens", "lists of tokens", "nothing"],
)
async def test_every_form_of_input(given: Any, vectors: int, tokens: int) -> None:
    answer = await embedded(given)
    assert [entry["index"] for entry in answer["data"]] == list(range(vectors))
    assert answer["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    assert (answer["object"], answer["model"]) == ("list", "sandbox/small")


async def test_the_usage_is_the_inputs_tokens() -> None:
    usage = (await SandboxProvider().embed(call(input="one two"))).usage
    assert (usage.input_tokens, usage.output_tokens) == (2, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input", None),
        ("input", []),
        ("input", [1, "a"]),
        ("input", [[]]),
        ("input", [True]),
        ("dimensions", 4_097),
        ("dimensions", -1),
        ("encoding_format", "int8"),
    ],
)
async def test_what_it_cannot_read_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ProviderError, match=f"cannot read {field}") as caught:
        await embedded(**{"given": "x", **({"given": value} if field == "input" else {field: value})})
    assert (caught.value.status, caught.value.param) == (400, field)


async def test_it_misbehaves_on_request() -> None:
    with pytest.raises(ProviderError) as caught:
        await embedded(["sandbox:slow=1", "sandbox:error=503"])
    assert (caught.value.failure, caught.value.status, caught.value.retryable) == (Failure.REFUSED, 503, True)
    with pytest.raises(ProviderError) as caught:
        await embedded("sandbox:cut=0")
    assert caught.value.failure is Failure.CUT
    assert "usage" not in await embedded("sandbox:no-usage")
