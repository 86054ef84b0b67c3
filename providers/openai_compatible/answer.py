"""A vendor's whole answer: bounded, checked to be one, its usage read or estimated."""

from providers.openai_compatible.errors import CONNECTION_ERRORS, broken, error_within
from providers.openai_compatible.events import BYTE_ORDER_MARK
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.finish import failure_in, has_own_finish, with_known_finish
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import NotJson, as_object, decode_object
from providers.openai_compatible.model_names import answering_model
from providers.openai_compatible.named_object import WHOLE, with_object
from providers.openai_compatible.timed_reader import TimedReader
from providers.openai_compatible.traits import NO_TRAITS, Traits
from providers.openai_compatible.usage import ReportedUsage
from providers.openai_compatible.usage_fields import INPUTS, count_of
from providers.openai_compatible.wire import read_answer
from providers.port import Completion, ProviderCall, ProviderError

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Of a whole answer, all of which is in memory."""
MAX_EMBEDDINGS_BYTES = 64 * 1024 * 1024
"""Of embeddings: 2,048 of 3,072 numbers in base64 are 32 MiB."""
EVENT_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")


async def read_whole(
    response: VendorResponse,
    *,
    ends_at_s: float,
    gap_s: float,
    begun: bytes = b"",
    most: int = MAX_ANSWER_BYTES,
) -> bytes:
    """The body, of which `begun` was read already, up to so many bytes.

    Raises ProviderError for one that is too large, before it is in memory. One that breaks off although it says more is
    to come is handed over: it may be complete all the same.
    """
    if response.content.is_eof() and not begun:
        return response.content.read_nowait()
    reader = TimedReader(response, ends_at_s=ends_at_s, gap_s=gap_s)
    parts, length = [begun], len(begun)
    try:
        while part := await reader.read():
            length += len(part)
            if length > most:
                raise broken(f"its answer is longer than {most:,} bytes")
            parts.append(part)
    except CONNECTION_ERRORS:
        body = b"".join(parts)
        if not is_json_object(body) and not is_event_stream(body):
            raise
        return body
    finally:
        reader.stop()
    return b"".join(parts)


def is_json_object(body: bytes) -> bool:
    """Whether nothing is missing of it."""
    try:
        decode_object(body)
    except NotJson:
        return False
    return True


def is_event_stream(start: bytes) -> bool | None:
    """Whether an answer that begins like this is one, whatever its label says; None: it has hardly begun."""
    if BYTE_ORDER_MARK.startswith(start):
        return None
    start = start.removeprefix(BYTE_ORDER_MARK).lstrip()
    if not start or (len(start) < 6 and any(each.startswith(start) for each in EVENT_STARTS)):
        return None
    return start.startswith(EVENT_STARTS)


async def without_choices(call: ProviderCall, reported: ReportedUsage, tier: str) -> ProviderError:
    """The error for an answer that ended in good order and says nothing: it costs what the vendor reports."""
    error = broken(f"its answer holds no {'embeddings' if 'input' in call.body else 'choices'}")
    if not reported.is_empty:
        error.usage = await usage_of_answer(call, reported, Generated(), tier)
    return error


def _all_input(usage: object) -> object:
    """The usage of embeddings, of which nothing is generated: some vendors report the total alone."""
    if not isinstance(usage, dict) or any(count_of(usage.get(name)) for name in INPUTS):
        return usage
    return {**usage, "prompt_tokens": usage.get("total_tokens")}


async def whole_answer(
    body: bytes, call: ProviderCall, api_key: str, traits: Traits = NO_TRAITS
) -> Completion:
    """The answer as it came, and what metering needs of it. Raises ProviderError."""
    try:
        answer = read_answer(body)
    except NotJson:
        raise broken("its answer is not valid JSON") from None
    generated, reported = Generated(), ReportedUsage()
    for choice in answer.choices or ():
        generated.add(choice.said)
        if isinstance(choice.said, dict):
            reported.extras.said(choice.said)
    if answer.output:
        reported.extras.output(answer.output)
    is_embedding = answer.data is not None and "input" in call.body
    for usage in answer.usages():
        reported.add(_all_input(usage) if is_embedding else usage)
    if traits.serves_others and answer.model_name:
        reported.extras.answered_by = answering_model(call.model, answer.model_name)
    problem = answer.problem
    has_own_words = bool(traits.finish_reasons) and has_own_finish(answer.choices or (), traits)
    if has_own_words:
        problem = problem or failure_in(answer.choices or (), traits)
    if problem and generated.is_empty:
        error = error_within(problem, api_key, began=reported.has_output, words=traits.error_words)
        if reported.has_output:
            error.usage = await usage_of_answer(call, reported, generated, answer.tier)
        raise error
    if answer.holds_nothing or not (answer.choices or is_embedding or answer.output):
        raise await without_choices(call, reported, answer.tier)
    usage = await usage_of_answer(call, reported, generated, answer.tier)
    try:
        body = as_object(body)
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None
    if has_own_words:
        body = with_known_finish(body, traits)
    if not traits.names_object:
        body = with_object(body, WHOLE)
    return Completion(body=body, model=answer.model_name, usage=usage)
