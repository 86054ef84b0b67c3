"""What the lines cost at reporting time: at the price in force when the call was made, or at today's.

Only what a vendor reported is priced again. Of estimates, provisional charges, corrections, calls without tokens
and models without a price the charge stands. Rounding is up, once for each attempt, as it was when it was charged.
"""

from enum import StrEnum

from metering.usage.lines import MOMENT


class Prices(StrEnum):
    """Which prices a report uses."""

    THEN = "then"
    """Those dated to be in force when the call was made: the charge, unless a price was corrected since."""
    NOW = "now"
    """Those in force today."""


_THEN = f"""LEFT JOIN (
    SELECT *, lead(effective_from) OVER (PARTITION BY model_id ORDER BY effective_from) AS until
    FROM metering_modelprice
) price ON price.model_id = line.request_model AND price.effective_from <= {MOMENT}
    AND (price.until IS NULL OR price.until > {MOMENT})"""  # noqa: S608 - constants of this package

_NOW = """LEFT JOIN (
    SELECT DISTINCT ON (model_id) * FROM metering_modelprice WHERE effective_from <= %(now)s
    ORDER BY model_id, effective_from DESC
) price ON price.model_id = line.request_model"""

JOIN = {Prices.THEN: _THEN, Prices.NOW: _NOW}
"""Gives each line its `price`; `now` is a parameter."""

IS_PRICED = """(price.id IS NOT NULL AND line.attempts = 1 AND NOT line.estimated AND NOT line.provisional
    AND line.input_tokens + line.output_tokens > 0)"""

COST = f"""CASE WHEN {IS_PRICED} THEN ceil(1000 * (
    price.input * greatest(line.input_tokens - line.cached_input_tokens - line.cache_write_tokens, 0)
    + price.cached_input * line.cached_input_tokens + price.cache_write * line.cache_write_tokens
    + price.output * line.output_tokens)) ELSE line.cost_nano_usd END"""
"""Nano-USD: a price of one dollar per million tokens is 1,000 nano-USD for each."""

UNPRICED = f"count(*) FILTER (WHERE line.attempts = 1 AND line.cost_nano_usd <> 0 AND NOT {IS_PRICED})"
"""Attempts whose charge stands."""
