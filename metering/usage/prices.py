"""What the lines cost at reporting time: at the price in force when the call was made, at today's, or by the vendor's
own word.

Only what a vendor reported is priced again. Of estimates, provisional charges, corrections, calls without tokens,
models without a price, and answers that other models gave or took part in, the charge stands. The sums and their
rounding are those of metering/price.py, in SQL.
"""

from enum import StrEnum

from metering.price import OTHER_MODELS
from metering.usage.lines import MOMENT


class Prices(StrEnum):
    """Which prices a report uses."""

    THEN = "then"
    """Those dated to be in force when the call was made: the charge, unless a price was corrected since."""
    NOW = "now"
    """Those in force today."""
    VENDOR = "vendor"
    """What the vendors themselves said that calls cost, where they said it."""


_THEN = f"""LEFT JOIN (
    SELECT *, lead(effective_from) OVER (PARTITION BY model_id ORDER BY effective_from) AS until
    FROM metering_modelprice
) price ON price.model_id = line.request_model AND price.effective_from <= {MOMENT}
    AND (price.until IS NULL OR price.until > {MOMENT})"""  # noqa: S608 - constants of this package

_NOW = """LEFT JOIN (
    SELECT DISTINCT ON (model_id) * FROM metering_modelprice WHERE effective_from <= %(now)s
    ORDER BY model_id, effective_from DESC
) price ON price.model_id = line.request_model"""

_CONTEXT = """LEFT JOIN LATERAL (
    SELECT context FROM jsonb_array_elements(price.modifiers->'tiers') context
    WHERE line.input_tokens > (context->>'from_tokens')::bigint ORDER BY (context->>'from_tokens')::bigint DESC LIMIT 1
) tier ON true"""
_HAS_PRICE = f"""(price.id IS NOT NULL AND line.attempts = 1 AND NOT line.estimated AND NOT line.provisional
    AND line.input_tokens + line.output_tokens > 0 AND strpos(line.service_tier, '{OTHER_MODELS}') = 0)"""
IS_PRICED = {
    Prices.THEN: _HAS_PRICE,
    Prices.NOW: _HAS_PRICE,
    Prices.VENDOR: "line.vendor_cost_nano_usd IS NOT NULL",
}


def _of(kind: str, *otherwise: str) -> str:
    """The price of a kind of token in the line's context, or of the first other kind that has one."""
    names = (kind, *otherwise)
    dearer = ", ".join(f"(tier.context->>'{name}')::numeric" for name in names)
    plain = ", ".join(f"price.{name}" for name in names)
    return f"CASE WHEN tier.context IS NULL THEN coalesce({plain}) ELSE coalesce({dearer}) END"


_LONG = "line.cache_write_1h_tokens + line.cache_write_12h_tokens"
_TOKENS = f"""(
    {_of("input")} * greatest(line.input_tokens - line.cached_input_tokens - line.cache_write_tokens, 0)
    + {_of("cached_input", "input")} * line.cached_input_tokens
    + {_of("cache_write", "input")} * greatest(line.cache_write_tokens - ({_LONG}), 0)
    + {_of("cache_write_1h", "cache_write", "input")} * line.cache_write_1h_tokens
    + {_of("cache_write_12h", "cache_write_1h", "cache_write", "input")} * line.cache_write_12h_tokens
    + {_of("output")} * greatest(line.output_tokens - line.reasoning_tokens, 0)
    + {_of("reasoning", "output")} * least(line.reasoning_tokens, line.output_tokens))"""
_TIERS = "price.modifiers->'service_tiers'"
_PARTS = " * ".join(
    f"coalesce(({_TIERS}->>split_part(line.service_tier, '+', {part}))::numeric, 1)" for part in range(1, 5)
)
_TIER = f"coalesce(({_TIERS}->>line.service_tier)::numeric, {_PARTS})"
_CLOCK = "to_char(line.started_at AT TIME ZONE 'UTC', 'HH24:MI')"
_DAY = "to_char(line.started_at AT TIME ZONE 'UTC', 'dy')"
_YESTERDAY = "to_char((line.started_at AT TIME ZONE 'UTC') - interval '1 day', 'dy')"
_HOUR = f"""coalesce((
    SELECT (hours->>'factor')::numeric
    FROM jsonb_array_elements(price.modifiers->'hours') WITH ORDINALITY AS each_of (hours, place)
    WHERE CASE WHEN hours->>'from' < hours->>'to'
        THEN hours->'days' ? {_DAY} AND {_CLOCK} >= hours->>'from' AND {_CLOCK} < hours->>'to'
        ELSE hours->'days' ? {_DAY} AND {_CLOCK} >= hours->>'from'
            OR hours->'days' ? {_YESTERDAY} AND {_CLOCK} < hours->>'to' END
    ORDER BY place LIMIT 1), 1)"""  # noqa: S608 - constants of this file
_FEES = """(coalesce((price.modifiers->>'per_call')::numeric, 0) + coalesce((
    SELECT sum(units.value::numeric * CASE units.key WHEN 'images' THEN (price.modifiers->>'per_image')::numeric
        ELSE (price.modifiers->'tools'->>units.key)::numeric END)
    FROM jsonb_each_text(nullif(line.fee_units, '')::jsonb) units), 0))"""
_LISTED = f"ceil(1000 * {_TOKENS} * {_TIER} * {_HOUR} + 1000000000 * {_FEES})"
"""Nano-USD: a price of one dollar per million tokens is 1,000 nano-USD for each."""
_COSTED = f"LEFT JOIN LATERAL (SELECT {_LISTED} AS nano_usd) listed ON true"
JOIN = {
    Prices.THEN: f"{_THEN} {_CONTEXT} {_COSTED}",
    Prices.NOW: f"{_NOW} {_CONTEXT} {_COSTED}",
    Prices.VENDOR: "",
}
"""Gives each line its `price`, and what it costs at that before a markup; `now` is a parameter."""
_MARKED_UP = """CASE WHEN line.list_cost_nano_usd IS NULL OR line.list_cost_nano_usd = 0 THEN listed.nano_usd
    WHEN line.list_cost_nano_usd = listed.nano_usd THEN line.cost_nano_usd
    ELSE ceil(listed.nano_usd * line.cost_nano_usd / line.list_cost_nano_usd) END"""
"""With the markup that the line was charged with."""
_STATED = (
    "line.cost_nano_usd + line.vendor_cost_nano_usd - coalesce(line.list_cost_nano_usd, line.cost_nano_usd)"
)
_BY_PRICES = {Prices.THEN: _MARKED_UP, Prices.NOW: _MARKED_UP, Prices.VENDOR: _STATED}

COST = {
    prices: f"CASE WHEN {IS_PRICED[prices]} THEN {cost} ELSE line.cost_nano_usd END"
    for prices, cost in _BY_PRICES.items()
}
"""Nano-USD of a line."""
UNPRICED = {
    prices: f"count(*) FILTER (WHERE line.attempts = 1 AND line.cost_nano_usd <> 0 AND NOT {is_priced})"
    for prices, is_priced in IS_PRICED.items()
}
"""Attempts whose charge stands."""
