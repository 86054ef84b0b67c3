"""What is known of vendors and their models by hand: `known.yaml` as values."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import yaml
from msgspec import Struct

from metering.errors import InvalidRequest
from metering.models import Provider

FILE = Path(__file__).with_name("known.yaml")
CATALOGS = Path(__file__).parents[2] / "fixtures" / "catalogs"


class KnownModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model. Empty: what the vendor or the price list says."""

    context: int
    output: int
    can: tuple[str, ...] = ()
    physical: str = ""
    listed: str = ""
    """Its name on the price list, if not the physical one."""
    label: str = ""
    model_class: str = msgspec.field(name="class", default="")
    aliases: tuple[str, ...] = ()
    traits: dict[str, Any] = {}
    days: tuple[str, ...] = ()
    """On which its prices by the hour count; the price list has no days."""
    service_tiers: dict[str, Any] = {}
    retired: str = ""
    price: dict[str, Any] = {}
    """Instead of the price list's."""


class OtherModels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model of a server of one's own is entered that has no entry."""

    context: int
    output: int
    model_class: str = msgspec.field(name="class")
    price: dict[str, Any]


class KnownVendor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vendor, with what its shipped catalog holds."""

    name: str
    provider: str
    """The name of its row."""
    kind: str = "openai_compatible"
    base_url: str = ""
    """Empty: the kind's own."""
    also: tuple[str, ...] = ()
    """What people call it besides."""
    keys: tuple[str, ...] = ()
    """Variables that may hold its key, the usual one first. None: it needs no key."""
    key_page: str = ""
    vendor: str = ""
    price_list: str = ""
    """Its name in the price list; empty: it is not there."""
    cache_write_12h_of_input: float = 0
    """How many times the input price entries cost that the cache keeps for 12 hours."""
    service_tiers: dict[str, Any] = {}
    """Factors of all its models by the service tier."""
    example: str
    """A model for a first call."""
    others: OtherModels | None = None
    billed_elsewhere: str = ""
    """The end of the names of models that do not run on the server itself."""
    models: dict[str, KnownModel]

    def called(self, physical_name: str) -> tuple[str, KnownModel] | None:
        """The entry of the model that the vendor calls so."""
        found = ((name, model) for name, model in self.models.items())
        return next((pair for pair in found if (pair[1].physical or pair[0]) == physical_name), None)


@cache
def known_vendors() -> Mapping[str, KnownVendor]:
    """Every vendor by the name of its file in `fixtures/catalogs`."""
    return msgspec.convert(yaml.safe_load(FILE.read_text()), dict[str, KnownVendor])


def vendor_named(name: str) -> tuple[str, KnownVendor]:
    """The vendor, by the name of its file or another one. Raises InvalidRequest."""
    wanted = name.lower()
    for key, vendor in known_vendors().items():
        if wanted in (key, vendor.provider, *vendor.also):
            return key, vendor
    known = ", ".join(known_vendors())
    raise InvalidRequest(f"There is no shipped catalog of {name!r}; there are {known}.", param="name")


def vendor_of(provider: Provider) -> KnownVendor | None:
    """Whose endpoint a provider is: by its kind, by the host, and by the vendor that its row names."""
    if provider.kind != Provider.Kind.OPENAI_COMPATIBLE:
        same_kind = [vendor for vendor in known_vendors().values() if vendor.kind == provider.kind]
        return same_kind[0] if same_kind else None
    compatible = [vendor for vendor in known_vendors().values() if vendor.base_url]
    server, name = _server(provider.base_url), provider.vendor
    of_server = [
        each for each in compatible if _server(each.base_url) == server and name in ("", each.vendor)
    ]
    of_vendor = [each for each in compatible if name and each.vendor == name]
    of_vendor.sort(key=lambda each: each.provider != provider.name)
    return next(iter(of_server + of_vendor), None)


def _server(url: str) -> str:
    """Host and port."""
    return urlsplit(url).netloc.lower()
