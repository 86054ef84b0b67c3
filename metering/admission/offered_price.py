"""What a model costs its caller, for clients that estimate a call beforehand."""

from dataclasses import dataclass
from decimal import Decimal

from metering.catalog.served import PAID_BY_TENANT, ServedModel
from metering.policy.values import EffectivePolicy
from metering.price import NO_MARKUP


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPrice:
    """US dollars per million tokens of each kind, after the markups of vendor and tenant."""

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write: Decimal
    only_tokens: bool
    """False: more than tokens moves the price, such as long contexts, the hour, or a fee for each call."""


def offered_price(model: ServedModel, policy: EffectivePolicy) -> OfferedPrice | None:
    """The price in force for a caller under the policy; None where nobody knows what the model costs.

    A model that is called with the tenant's own key costs nothing here.
    """
    price = model.price
    if not price.is_known:
        return None
    markup = PAID_BY_TENANT if model.provider_name in policy.own_keys else model.markup
    factor = Decimal(markup) * policy.markup / NO_MARKUP**2
    return OfferedPrice(
        input=price.input * factor,
        output=price.output * factor,
        cached_input=price.cached_input * factor,
        cache_write=price.cache_write * factor,
        only_tokens=price.only_tokens,
    )
