"""Compare a provider's models with those that its vendor lists, and enter what is new and can be priced."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from gateway_project.api.catalog.load_document import load_document
from gateway_project.vendor_catalogs.classes import class_of
from gateway_project.vendor_catalogs.enter_prices import enter_prices
from gateway_project.vendor_catalogs.known import KnownVendor, vendor_of
from gateway_project.vendor_catalogs.price_list import listed_model
from metering.models import LLMModel, ModelClass, Provider
from providers.port import VendorModel

CLASS_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """What becomes of one model."""

    model: str
    """The vendor's name of it."""
    state: str
    """`added`, `left out`, or `gone`: stored and active, but no longer listed; nothing is changed for that."""
    name: str = ""
    """Its name here."""
    reason: str = ""


def import_models(
    *, provider: Provider, listed: Iterable[VendorModel], actor: str, now: datetime, dry_run: bool = False
) -> list[ModelLine]:
    """Every model that is new or gone. A new one is entered, active, if its limits and its price are known.

    What it costs decides its class, and its class which plans may use it.
    """
    offered = {model.name: model for model in listed}
    stored = {row.physical_name: row for row in LLMModel.objects.filter(provider=provider)}
    vendor = vendor_of(provider)
    lines, documents = [], {}
    for model in offered.values():
        if model.name in stored:
            continue
        fields = _fields(vendor, model, now)
        if isinstance(fields, str):
            lines.append(ModelLine(model=model.name, state="left out", reason=fields))
            continue
        name = free_name(fields.pop("name"), provider.name)
        documents[name] = {"provider": provider.name, "physical_name": model.name, **fields}
        lines.append(ModelLine(model=model.name, state="added", name=name, reason=fields["class"]))
    for physical, row in stored.items():
        if row.is_active and offered and physical not in offered:
            sentence = "the vendor does not list it; it may answer the name all the same"
            lines.append(ModelLine(model=physical, state="gone", name=row.name, reason=sentence))
    if documents and not dry_run:
        with transaction.atomic():
            load_document({"models": documents}, actor=actor, now=now)
            enter_prices(models=documents, actor=actor, now=now)
    return lines


def _fields(vendor: KnownVendor | None, model: VendorModel, now: datetime) -> dict[str, Any] | str:
    """The model as a catalog has it, without its price; or why it cannot be entered."""
    if vendor is None:
        return "no price list is known for this provider; name the model in a catalog file"
    listed = listed_model(vendor, model.name, now)
    if listed is None:
        return "the price list does not name it; name it with its price in a catalog file"
    known_name, known = vendor.called(model.name) or (model.name, None)
    if known is not None and known.retired:
        return f"the vendor has retired it: {known.retired}"
    others = vendor.others
    context = known.context if known else model.context_tokens or listed.context_tokens
    output = known.output if known else model.max_output_tokens
    if others is not None:
        context, output = context or others.context, output or others.output
    if context is None or output is None:
        missing = "context" if context is None else "output limit"
        return f"neither the vendor nor the shipped catalog says its {missing}; name it in a catalog file"
    own_class = known.model_class if known else others.model_class if others else ""
    fields: dict[str, Any] = {
        "name": known_name,
        "label": listed.label or model.label,
        "class": own_class or class_of(listed.price),
        "context_tokens": context,
        "max_output_tokens": min(output, context),
    }
    if known is not None:
        fields |= {"aliases": list(known.aliases), "capabilities": list(known.can), "traits": known.traits}
    return fields


def own_name(name: str, provider: str) -> str:
    """The name with the provider's before it."""
    return f"{provider}/{name}"


def free_name(name: str, provider: str) -> str:
    """The name, or the provider's own one where another model, an alias or a class is called so."""
    taken = (
        LLMModel.objects.filter(name__iexact=name).exists()
        or LLMModel.objects.filter(aliases__contains=[name]).exists()
        or (len(name) <= CLASS_LENGTH and ModelClass.objects.filter(pk=name).exists())
    )
    return own_name(name, provider) if taken else name
