"""The `models` section of a catalog file."""

from collections.abc import Collection, Iterator
from typing import Any

from metering.catalog.document import ModelEntry, Vocabulary
from metering.catalog.read_traits import read_traits
from metering.catalog.yaml_reader import YamlReader, is_code
from metering.catalog.yaml_source import plain_value
from metering.price import TOKEN_PRICES, Price
from metering.price_modifiers import KEYS as KEYS_OF_MODIFIERS
from metering.price_modifiers import read_modifiers

KEYS = (
    "provider",
    "physical_name",
    "label",
    "class",
    "aliases",
    "context_tokens",
    "max_output_tokens",
    "capabilities",
    "traits",
    "price",
    "cost_per_1k_prompt",
    "cost_per_1k_completion",
    "active",
)
PRICE_KEYS = (*TOKEN_PRICES, *KEYS_OF_MODIFIERS)
PER_1K_KEYS = ("cost_per_1k_prompt", "cost_per_1k_completion")
PRICE_PLACES = 6
MAX_PRICE = 1_000_000
MAX_TOKENS = 2**31 - 1


def read_models(
    reader: YamlReader, vocabulary: Vocabulary, providers: Collection[str]
) -> Iterator[ModelEntry]:
    """Each model of the section. `providers` are those of the file and those that exist already."""
    for name, fields in reader.mappings(KEYS):
        if not is_code(name, max_length=128):
            fields.problem("a model's name has no spaces and at most 128 characters")
        if name in vocabulary.classes:
            fields.problem(f"{name!r} is a model class and cannot be a model's name")
        context_tokens = fields.integer("context_tokens", low=1, high=MAX_TOKENS)
        max_output_tokens = fields.integer("max_output_tokens", low=1, high=MAX_TOKENS)
        if fields.is_readable("context_tokens") and max_output_tokens > context_tokens:
            fields.problem("is larger than context_tokens", key="max_output_tokens")
        label = fields.text("label", max_length=100)
        if not label.isprintable():
            fields.problem("must be one line of printable characters", key="label")
        yield ModelEntry(
            line=fields.line,
            name=name,
            provider=fields.choice("provider", sorted(providers)),
            physical_name=fields.text("physical_name", name, max_length=200),
            label=label,
            model_class=fields.choice("class", vocabulary.classes),
            aliases=fields.names("aliases"),
            context_tokens=context_tokens,
            max_output_tokens=max_output_tokens,
            capabilities=fields.names("capabilities"),
            traits=read_traits(fields),
            price=_price(fields),
            is_active=fields.flag("active", True),
        )


def check_aliases(reader: YamlReader, models: tuple[ModelEntry, ...], vocabulary: Vocabulary) -> None:
    """Note aliases that are names already. Several models may share an alias: they stand in for one another."""
    names = {model.name for model in models} | vocabulary.model_names
    for model in models:
        for alias in model.aliases:
            if alias in names or alias in vocabulary.classes:
                what = "a model" if alias in names else "a model class"
                reader.problem(f"the alias {alias!r} of {model.name!r} names {what} already", line=model.line)
        holder = vocabulary.model_of_alias.get(model.name)
        if holder is not None and holder not in {entry.name for entry in models}:
            reader.problem(f"{model.name!r} is an alias of the model {holder!r} already", line=model.line)


def _price(fields: YamlReader) -> Price | None:
    price = fields.mapping("price", PRICE_KEYS)
    per_1k = [key for key in PER_1K_KEYS if fields.node(key) is not None]
    if price is not None and per_1k:
        fields.problem(f"give 'price' or {per_1k[0]!r}, not both", key=per_1k[0])
    if price is not None:
        return _price_per_million(price)
    return _price_per_1k(fields) if per_1k else None


def _price_per_million(price: YamlReader) -> Price:
    amounts: dict[str, Any] = {
        name: price.decimal(name, places=PRICE_PLACES, high=MAX_PRICE)
        for name in TOKEN_PRICES
        if name in ("input", "output") or price.node(name) is not None
    }
    as_input = {"cached_input": amounts["input"], "cache_write": amounts["input"]}
    return Price(**(as_input | amounts), **_modifiers(price))


def _modifiers(price: YamlReader) -> dict[str, Any]:
    """Each is read by itself, so that its problem is told at its own line."""
    found: dict[str, Any] = {}
    for key in KEYS_OF_MODIFIERS:
        node = price.node(key)
        if node is None:
            continue
        try:
            found |= read_modifiers({key: plain_value(node)})
        except ValueError as error:
            price.problem(str(error), key=key)
    return found


def _price_per_1k(fields: YamlReader) -> Price:
    # A thousand times smaller, so three more decimals are exact.
    prompt, completion = (
        1000 * fields.decimal(key, places=PRICE_PLACES + 3, high=MAX_PRICE // 1000) for key in PER_1K_KEYS
    )
    return Price(input=prompt, output=completion, cached_input=prompt, cache_write=prompt)
