"""Bring a vendor's shipped catalog into the database, with the key that is at hand."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from gateway_project.api.catalog.load_document import load_document
from gateway_project.probe import models_of, probe_vendor
from gateway_project.vendor_catalogs.enter_prices import enter_prices
from gateway_project.vendor_catalogs.import_models import ModelLine, free_name, import_models, own_name
from gateway_project.vendor_catalogs.known import CATALOGS, KnownVendor, vendor_named
from metering.api_key import UnusableKey, read_keys
from metering.catalog.changes import Change, decimal_text
from metering.catalog.price_lines import PriceLine
from metering.errors import InvalidRequest
from metering.models import LLMModel, PlanLLMAccess, Provider
from metering.types import Task
from providers.registry import ProviderConfig

URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedVendor:
    """What was done, and what can be called now."""

    provider: str
    name: str
    key_variable: str
    models: list[str]
    """Active ones with a price."""
    changes: list[Change] = field(default_factory=list)
    prices: list[PriceLine] = field(default_factory=list)
    imported: list[ModelLine] = field(default_factory=list)
    plans: dict[str, int] = field(default_factory=dict)
    """How many of the models each plan may use for chats."""
    example: str = ""
    """A model for a first call; empty: there is none yet."""


def add_vendor(
    *, name: str, base_url: str | None, environment: Mapping[str, str], actor: str, now: datetime
) -> AddedVendor:
    """Ask the vendor whether it accepts the key, then enter its provider, models and prices.

    Models that are there stay as they are, and so do a provider's markup, its traits and (without `base_url`) its
    address: doing it again changes nothing. Raises InvalidRequest for an unknown vendor, a missing key, and a vendor
    that does not answer or does not accept the key; then nothing is changed.
    """
    key, vendor = vendor_named(name)
    variable, secrets = _key(vendor, environment)
    row = Provider.objects.filter(pk=vendor.provider).first()
    url = base_url or (row.base_url if row else "") or vendor.base_url
    config = ProviderConfig(
        name=vendor.provider, kind=vendor.kind, base_url=url, api_keys=secrets, vendor=vendor.vendor
    )
    if problem := probe_vendor(config):
        raise InvalidRequest(_refusal(vendor, variable, url, problem))
    # A server of one's own has the models that somebody put there, and not those of the catalog.
    listed = models_of(config) if vendor.others else ()
    with transaction.atomic():
        document = {"providers": {vendor.provider: _provider(vendor, row, variable, url)}}
        changes = load_document(document, actor=actor, now=now)
        changes += load_document({"models": _new_models(key, vendor)}, actor=actor, now=now)
        prices = enter_prices(provider=vendor.provider, actor=actor, now=now)
        provider = Provider.objects.get(pk=vendor.provider)
        imported = import_models(provider=provider, listed=listed, actor=actor, now=now) if listed else []
    served = _served(vendor.provider, now)
    offered = {model.name for model in listed}
    return AddedVendor(
        provider=vendor.provider,
        name=vendor.name,
        key_variable=variable,
        models=[row.name for row in served],
        changes=changes,
        prices=[line for line in prices if line.state == "changed"],
        imported=[line for line in imported if line.state == "added"],
        plans=_plans(served),
        example=_example(
            vendor, [row for row in served if not vendor.others or row.physical_name in offered]
        ),
    )


def curl_line(model: str, state_dir: str = "") -> str:
    """A call that can be pasted as it is where the demo runs; elsewhere its token has to be filled in."""
    url, token = _demo(state_dir)
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Say hello."}]})
    return (
        f"curl {url}/v1/chat/completions -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' \\\n    -d '{body}'"
    )


def _demo(state_dir: str) -> tuple[str, str]:
    try:
        access = json.loads((Path(state_dir) / "demo.json").read_text()) if state_dir else {}
        return access["base_url"], access["ati_token"]
    except (OSError, ValueError, KeyError):
        return os.environ.get("PUBLIC_URL") or URL, "$TOKEN"


def _key(vendor: KnownVendor, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The first variable that holds a key, and all keys in it. Raises InvalidRequest, which says what to set."""
    for variable in vendor.keys:
        try:
            if secrets := read_keys(variable, environment):
                return variable, secrets
        except UnusableKey as error:
            raise InvalidRequest(f"{error}.") from error
    if not vendor.keys:
        return "", ()
    usual, *others = vendor.keys
    besides = f" ({' or '.join(others)} will do too)" if others else ""
    raise InvalidRequest(
        f"{usual} is not set{besides}. Get a key at {vendor.key_page}, put the line {usual}=... into .env or set the "
        "variable for this command and for the gateway, and run this again. Nothing was changed."
    )


def _refusal(vendor: KnownVendor, variable: str, url: str, problem: str) -> str:
    key = f" with the key in {variable}" if variable else ""
    return f"{vendor.name} was asked{key}{f' at {url}' if url else ''}: {problem}. Nothing was changed."


def _provider(vendor: KnownVendor, row: Provider | None, variable: str, url: str) -> dict[str, Any]:
    """The provider as a catalog has it."""
    fields: dict[str, Any] = {"kind": vendor.kind, "base_url": url, "vendor": vendor.vendor}
    if variable:
        fields["api_key_env"] = variable
    if row is not None:
        fields |= {"traits": row.traits, "markup_percent": decimal_text(row.markup_percent)}
    return {name: value for name, value in fields.items() if value}


def _new_models(key: str, vendor: KnownVendor) -> dict[str, Any]:
    """The shipped models that are not there, without prices: those come from the list as it is now."""
    shipped: dict[str, dict[str, Any]] = yaml.safe_load((CATALOGS / f"{key}.yaml").read_text())["models"]
    stored = set(LLMModel.objects.filter(provider=vendor.provider).values_list("name", flat=True))
    models = {}
    for name, fields in shipped.items():
        own = free_name(name, vendor.provider) if name not in stored else name
        if own not in stored and own_name(name, vendor.provider) not in stored:
            del fields["price"]
            models[own] = {"physical_name": name, **fields}
    return models


def _served(provider: str, now: datetime) -> list[LLMModel]:
    rows = LLMModel.objects.filter(provider=provider, is_active=True, prices__effective_from__lte=now)
    return list(rows.distinct().order_by("name"))


def _plans(served: list[LLMModel]) -> dict[str, int]:
    access = PlanLLMAccess.objects.filter(task=Task.CHAT, plan__is_active=True).order_by("plan")
    usable = {}
    for row in access.prefetch_related("allowed_classes"):
        classes = {model_class.code for model_class in row.allowed_classes.all()}
        usable[row.plan_id] = sum(model.model_class_id in classes for model in served)
    return usable


def _example(vendor: KnownVendor, served: list[LLMModel]) -> str:
    names = [row.name for row in served]
    wanted = (vendor.example, own_name(vendor.example, vendor.provider), *names)
    return next((name for name in wanted if name in names), "")
