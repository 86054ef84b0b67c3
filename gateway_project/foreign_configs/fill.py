"""A model of a foreign file with what the file does not say: by the shipped catalogs, or a default that is told."""

from dataclasses import dataclass, field
from decimal import Decimal

from gateway_project.foreign_configs.draft import Draft, Fields
from gateway_project.foreign_configs.endpoints import Endpoint
from gateway_project.foreign_configs.reader import ForeignReader
from gateway_project.vendor_catalogs.classes import class_of
from gateway_project.vendor_catalogs.known import KnownModel
from gateway_project.vendor_catalogs.price_list import Listed, listed_model
from metering.types import ModelClass

DEFAULT_CONTEXT = 32_768
DEFAULT_OUTPUT = 4_096
DEFAULT_CLASS = ModelClass.PRO_M
"""Of a model whose price nobody knows: neither everybody's nor only the dearest plans'."""
EMPTY: tuple[object, ...] = ("", [], {}, (), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a file itself says of a model."""

    name: str
    provider: str
    physical_name: str = ""
    label: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    price: dict[str, Decimal] | None = None
    traits: Fields = field(default_factory=dict)


def known_entry(of: Endpoint, wanted: str) -> tuple[str, KnownModel] | None:
    """The vendor's model of this name, ours or the vendor's own."""
    if of.vendor is None:
        return None
    entry = of.vendor.models.get(wanted)
    return (wanted, entry) if entry else of.vendor.called(wanted)


def physical_name(of: Endpoint, wanted: str) -> str:
    """What the vendor calls the model."""
    entry = known_entry(of, wanted)
    return (entry[1].physical or entry[0]) if entry else wanted


def filled(draft: Draft, given: Given, at: ForeignReader) -> Fields:
    """The model as a catalog has it. What comes from elsewhere than the file is told."""
    of = draft.endpoints[given.provider]
    wanted = given.physical_name or given.name
    entry, physical = known_entry(of, wanted), physical_name(of, wanted)
    known = entry[1] if entry else None
    listed = listed_model(of.vendor, physical, draft.at) if of.vendor else None
    fields: Fields = {
        "provider": given.provider,
        "physical_name": physical,
        "label": given.label or (listed.label if listed else ""),
        "class": _class(of, known, listed, given),
        **_limits(of, known, listed, given),
        "capabilities": list(known.can) if known else [],
        "traits": {**_known_traits(of, known), **given.traits},
        "price": given.price or (listed.price if listed else None),
    }
    _tell(at, given, fields, known, listed, of)
    if physical == given.name:
        del fields["physical_name"]
    return {key: value for key, value in fields.items() if value not in EMPTY}


def _limits(of: Endpoint, known: KnownModel | None, listed: Listed | None, given: Given) -> dict[str, int]:
    others = of.vendor.others if of.vendor else None
    output = (
        given.max_output_tokens or (known.output if known else None) or (others.output if others else None)
    )
    output = output or DEFAULT_OUTPUT
    context = given.context_tokens or (known.context if known else None)
    context = context or (listed.context_tokens if listed else None) or (others.context if others else None)
    context = context or max(DEFAULT_CONTEXT, 2 * output)
    return {"context_tokens": context, "max_output_tokens": min(output, context)}


def _class(of: Endpoint, known: KnownModel | None, listed: Listed | None, given: Given) -> str:
    if known is not None and known.model_class:
        return known.model_class
    if given.price is not None:
        return class_of(given.price)
    if of.vendor is not None and of.vendor.others is not None:
        return of.vendor.others.model_class
    return class_of(listed.price) if listed else DEFAULT_CLASS.value


def _known_traits(of: Endpoint, known: KnownModel | None) -> Fields:
    """Elsewhere than at the vendor's own address nobody knows how it counts."""
    traits = dict(known.traits) if known else {}
    if not of.is_own_address:
        traits.pop("tokenizer", None)
    return traits


def _tell(
    at: ForeignReader,
    given: Given,
    fields: Fields,
    known: KnownModel | None,
    listed: Listed | None,
    of: Endpoint,
) -> None:
    limits = f"context {fields['context_tokens']:,}, output {fields['max_output_tokens']:,} tokens"
    is_said = given.max_output_tokens is not None and given.context_tokens is not None
    if known is not None or (of.vendor is not None and of.vendor.others is not None):
        source = "as the shipped catalog says"
    else:
        source = (
            "as the file says"
            if is_said
            else "a guess where the file says nothing, since nobody knows the model"
        )
    costs = ", price of the file" if given.price else ", price of the price list" if listed else ""
    at.note(f"class {fields['class']}; {limits}, {source}{costs}.")
    if given.max_output_tokens is not None and given.max_output_tokens > fields["max_output_tokens"]:
        at.note(f"an output of {given.max_output_tokens:,} tokens is more than its context.")
    if known is not None and known.retired:
        at.note(f"its vendor has retired it ({known.retired}), so that its calls may fail.")
