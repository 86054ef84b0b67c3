"""The keys of a model that both the proxy service and the proxy mode write."""

from decimal import Decimal

from gateway_project.foreign_configs.draft import Draft
from gateway_project.foreign_configs.fill import Given, filled
from gateway_project.foreign_configs.reader import ForeignReader
from metering.catalog.read_models import MAX_PRICE, MAX_TOKENS, PER_1K_KEYS, PRICE_PLACES


def add_model(draft: Draft, name: str, provider: str, fields: ForeignReader) -> str:
    """Read the model, fill in what is missing, and add it. The name that it got."""
    label = fields.text("label", max_length=100)
    if not label.isprintable():
        fields.problem("must be one line of printable characters", key="label")
    given = Given(
        name=name,
        provider=provider,
        physical_name=fields.text("physical_name", max_length=200),
        label=label,
        max_output_tokens=optional_tokens(fields, "max_tokens"),
        context_tokens=optional_tokens(fields, "context_tokens"),
        price=_price(fields),
    )
    return draft.add_model(name, filled(draft, given, fields), fields)


def optional_tokens(fields: ForeignReader, *keys: str) -> int | None:
    """The first of the keys that is there, a number of tokens."""
    key = fields.has(keys)
    return None if key is None else fields.integer(key, low=1, high=MAX_TOKENS)


def _price(fields: ForeignReader) -> dict[str, Decimal] | None:
    given = [key for key in PER_1K_KEYS if fields.node(key) is not None]
    if not given:
        return None
    prompt, completion = (
        1000 * fields.decimal(key, places=PRICE_PLACES + 3, high=MAX_PRICE // 1000) for key in PER_1K_KEYS
    )
    return {"input": prompt, "output": completion}
