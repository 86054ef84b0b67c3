"""What an answer costs that another model gave than the one that was asked for, or in which other models took part.

Each model is priced by its own row, where the catalog has one at the same provider, by the vendor's name of it. Where
it has none for the model that gave the answer, what the vendor itself says counts: OpenRouter's figure is what it
bills. What is left then is priced as the model that was asked for, and the row says that not all is known.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from metering.catalog.served import ServedModel
from metering.ports import ModelUsage, Usage
from metering.price import OTHER_MODELS, TIER_LENGTH, Price, Used
from metering.reservation.bounded_call import BoundedCall

DEAREST_TOKEN_NANO_USD = 1_000_000
"""A thousand dollars for a million tokens, more than any model costs. What a vendor says beyond that is no price."""
DEAREST_FEES_NANO_USD = 1_000_000_000
"""A dollar for searches and pictures of one answer."""


class Costed(NamedTuple):
    """What an answer costs before markups."""

    nano_usd: int
    partly_priced: bool = False


def had_others(usage: Usage, model: ServedModel) -> bool:
    """Whether another model than the one that was asked for answered, or took part."""
    asked = model.physical_name
    return usage.answered_by not in ("", asked) or any(part.model != asked for part in usage.parts)


def with_mark(tier: str) -> str:
    """The tier of a row that is not charged by the price of its model alone: no report prices it by that again."""
    return f"{(tier or 'standard')[: TIER_LENGTH - len(OTHER_MODELS) - 1]}+{OTHER_MODELS}"


def cost_by_models(
    usage: Usage, used: Used, call: BoundedCall, cost_at: Callable[[Price, Used], int]
) -> Costed:
    """The cost of all that was used. `cost_at` says what a part of it costs at a price."""
    model = call.model
    giver = _priced(model, usage.answered_by) if usage.answered_by else model
    if giver is None and (stated := _stated(usage)) is not None:
        return Costed(stated)
    parts = [(_priced(model, part.model), _used_by(part, used.service_tier)) for part in usage.parts]
    total, partly_priced = 0, call.partly_priced_anyway
    for found, piece in [*parts, (giver, _rest(used, usage.parts))]:
        if found is model and not model.price.is_known and _is_nothing(piece):
            continue  # nothing is left for the model that was asked for
        price, own = (found.price, piece) if found else (model.price, _marked(piece))
        total += cost_at(price, own)
        partly_priced = partly_priced or not price.knows(own)
    return Costed(total, partly_priced)


def most_tokens(usage: Usage, call: BoundedCall) -> int:
    """The most tokens of one kind that all models can have had together: each its context and its largest outputs. One
    that the catalog does not know is taken for as large as the one that was asked for.
    """
    asked = call.model

    def most_of(name: str) -> int:
        model = asked.others.get(name, asked)
        return model.context_tokens * call.inputs + model.max_output_tokens * call.choices

    own = asked.context_tokens * call.inputs + asked.max_output_tokens * call.choices
    return max(own, most_of(usage.answered_by)) + sum([most_of(part.model) for part in usage.parts])


def _priced(model: ServedModel, name: str) -> ServedModel | None:
    """The model of the same provider that the vendor calls so, if its price is known."""
    if name == model.physical_name:
        return model
    found = model.others.get(name)
    return found if found is not None and found.price.is_known else None


def _stated(usage: Usage) -> int | None:
    """What the vendor says that it cost. Nothing is no price: with a key of its user's it states its own fee alone."""
    cost, tokens = usage.vendor_cost_nano_usd, (usage.input_tokens or 0) + (usage.output_tokens or 0)
    if not cost or cost > DEAREST_FEES_NANO_USD + DEAREST_TOKEN_NANO_USD * tokens:
        return None
    return cost


def _used_by(part: ModelUsage, tier: str) -> Used:
    return Used(
        input_tokens=part.input_tokens,
        output_tokens=part.output_tokens,
        cached_input_tokens=part.cached_input_tokens,
        cache_write_tokens=part.cache_write_tokens,
        cache_write_1h_tokens=part.cache_write_1h_tokens,
        cache_write_12h_tokens=part.cache_write_12h_tokens,
        reasoning_tokens=part.reasoning_tokens,
        service_tier=tier,
    )


def _rest(used: Used, parts: Iterable[ModelUsage]) -> Used:
    """What none of the parts used. Pictures and tools are in it: nobody says which model had them."""
    left = {
        name: max(0, getattr(used, name) - sum([getattr(part, name) for part in parts])) for name in _TOKENS
    }
    return replace(used, **left)


def _marked(used: Used) -> Used:
    return replace(used, service_tier=with_mark(used.service_tier))


def _is_nothing(used: Used) -> bool:
    return not (used.input_tokens or used.output_tokens or used.images or any(used.tool_calls.values()))


_TOKENS = tuple([name for name in Used.__struct_fields__ if name.endswith("_tokens")])
