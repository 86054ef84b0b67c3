"""A vendor's whole Responses answer: checked to be one, its usage read or estimated, and passed on as it came."""

from providers.openai_compatible.error_body import is_error
from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.extras import TIER_LENGTH
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import NotJson, as_object, decode_object
from providers.openai_compatible.usage import ReportedUsage
from providers.openai_compatible.wire import MODEL_LENGTH
from providers.port import Completion, ProviderCall
from providers.responses.native_items import add_items, response_from

UNFINISHED = ("queued", "in_progress")
"""Of an answer that is made in the background."""
FAILED = "failed"


async def whole_response(body: bytes, call: ProviderCall, api_key: str) -> Completion:
    """The answer as it came, and what metering needs of it. Raises ProviderError."""
    try:
        given = decode_object(body)
    except NotJson:
        raise broken("its answer is not valid JSON") from None
    answer = response_from(given)
    generated, reported = Generated(), ReportedUsage()
    add_items(generated, answer.output)
    reported.extras.output(answer.output)
    reported.add(answer.usage)
    tier = tier_of(answer.service_tier)
    problem = answer.error or (FAILED if answer.status == FAILED else None)
    if not isinstance(answer.output, list) and is_error(given):
        problem = given
    if problem and generated.is_empty:
        error = error_within(problem, api_key, began=not reported.is_empty)
        if not reported.is_empty:
            error.usage = await usage_of_answer(call, reported, generated, tier)
        raise error
    if answer.status in UNFINISHED or (not isinstance(answer.output, list) and reported.is_empty):
        raise broken("its answer holds no output")
    usage = await usage_of_answer(call, reported, generated, tier)
    try:
        return Completion(body=as_object(body), model=name_of(answer.model), usage=usage)
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None


def name_of(model: object) -> str:
    """What the vendor says it ran."""
    return model[:MODEL_LENGTH].encode("utf-8", "replace").decode() if isinstance(model, str) else ""


def tier_of(tier: object) -> str:
    """The tier that was served, if the vendor says so."""
    return tier[:TIER_LENGTH] if isinstance(tier, str) and tier.isprintable() else ""
