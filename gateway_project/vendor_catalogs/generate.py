"""The text of a shipped catalog: what is known of a vendor's models, with what they cost on a day."""

from datetime import datetime
from textwrap import indent
from typing import Any

from gateway_project.vendor_catalogs.classes import class_of
from gateway_project.vendor_catalogs.known import KnownModel, KnownVendor
from gateway_project.vendor_catalogs.price_list import list_version, listed_model
from metering.catalog.dump_catalog import as_yaml

HEADER = """\
# {name}: its models and their prices on {day}, by the price list of {list}.
# Made by `manage.py make_catalogs`: a change belongs into gateway_project/vendor_catalogs/known.yaml.
# `manage.py add_vendor {key}` enters it, and `manage.py load_catalog` of this file does so without asking the vendor.

"""


class NoPrice(LookupError):
    """Nothing says what a model costs; the argument is its name."""


def catalog_text(key: str, vendor: KnownVendor, at: datetime) -> str:
    """A whole file. Raises NoPrice: an unknown price is never taken for zero."""
    head = HEADER.format(key=key, name=vendor.name, day=f"{at:%Y-%m-%d}", list=list_version())
    models = (_model_text(vendor, name, known, at) for name, known in vendor.models.items())
    providers = as_yaml({"providers": {vendor.provider: provider_fields(vendor)}})
    return f"{head}{providers}models:\n{''.join(models)}"


def provider_fields(vendor: KnownVendor) -> dict[str, Any]:
    """The provider as a catalog has it."""
    fields = {"kind": vendor.kind, "base_url": vendor.base_url}
    if vendor.keys:
        fields["api_key"] = f"${{{vendor.keys[0]}}}"
    fields["vendor"] = vendor.vendor
    return {key: value for key, value in fields.items() if value}


def model_fields(vendor: KnownVendor, name: str, known: KnownModel, at: datetime) -> dict[str, Any]:
    """A model as a catalog has it. Raises NoPrice."""
    physical = known.physical or name
    listed = listed_model(vendor, physical, at)
    if listed is None:
        raise NoPrice(name)
    fields: dict[str, Any] = {
        "provider": vendor.provider,
        "physical_name": known.physical,
        "label": listed.label,
        "class": known.model_class or class_of(listed.price),
        "aliases": list(known.aliases),
        "context_tokens": known.context,
        "max_output_tokens": known.output,
        "capabilities": list(known.can),
        "traits": known.traits,
        "price": listed.price,
    }
    fields = {key: value for key, value in fields.items() if value not in ("", [], {})}
    return {**fields, "active": False} if known.retired else fields


def _model_text(vendor: KnownVendor, name: str, known: KnownModel, at: datetime) -> str:
    physical = known.physical or name
    comments = [f"# Retired by the vendor: {known.retired}."] if known.retired else []
    listed = listed_model(vendor, physical, at)
    for moment, price in listed.coming if listed else ():
        comments.append(
            f"# From {moment:%Y-%m-%d} on: {price['input']} for input, {price['output']} for output."
        )
    text = as_yaml({name: model_fields(vendor, name, known, at)})
    return indent("".join(f"{line}\n" for line in comments) + text, "  ")
