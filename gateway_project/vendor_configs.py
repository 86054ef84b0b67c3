"""How to reach each provider, with which keys: from the catalog, the environment and the keys in the database."""

import logging
import os
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from msgspec import Struct

from gateway_project.dotenv import read_dotenv
from metering.api_key import MAX_KEYS, read_keys
from metering.base_url import base_url_problem
from metering.catalog.provider_keys.read_keys import keys_of
from metering.catalog.traits import traits_text
from metering.models import Provider, ProviderKey
from metering.seal import CannotOpen, unseal
from providers.registry import ProviderConfig

logger = logging.getLogger(__name__)
DOTENV = ".env"
Told = tuple[UUID | None, str]
"""Whose keys (None: the gateway's), and the provider or the file."""
told: dict[Told, str] = {}
"""What was logged last of each: every process looks again every ten seconds, and says nothing twice."""
MOST_TOLD = 1_000


class OwnConfigs(Struct, frozen=True, kw_only=True):
    """The providers that one tenant's calls reach with keys of its own."""

    tenant_id: UUID
    by_name: dict[str, ProviderConfig]


def load_configs() -> dict[str, ProviderConfig]:
    """Every active provider with the gateway's keys: from the environment, from the `.env` file as it is now or from a
    key's file, and from the database.

    One without any key that names a variable for it, and one that every door refuses, so that it was written past them
    or its key changed since, is logged and left out: its calls fail before anything is sent, and cost nothing.
    """
    try:
        read_dotenv(settings.BASE_DIR / DOTENV)
        told.pop((None, DOTENV), None)
    except ImproperlyConfigured as error:  # somebody is at it: who serves goes on with what was there
        if _is_news((None, DOTENV), str(error)):
            logger.error("dotenv.unreadable", extra={"problem": str(error)})
    configs, stored = {}, keys_of(None)
    for row in Provider.objects.filter(is_active=True):
        try:
            configs[row.name] = _with_gateways_keys(row, stored.get(row.name, ()))
            told.pop((None, row.name), None)
        except ValueError as error:
            _log_unusable(None, row, error)
    return configs


def load_own_configs(tenant_id: UUID) -> OwnConfigs:
    """The active providers for which the tenant has keys of its own. One that cannot be used is logged and left out."""
    stored, configs = keys_of(tenant_id), {}
    for row in Provider.objects.filter(is_active=True, name__in=stored):
        try:
            configs[row.name] = _config(row, stored[row.name])
            told.pop((tenant_id, row.name), None)
        except ValueError as error:
            _log_unusable(tenant_id, row, error)
    return OwnConfigs(tenant_id=tenant_id, by_name=configs)


def load_key_config(key_id: UUID) -> ProviderConfig:
    """The vendor of one stored key, with that key alone.

    Raises ValueError, with a sentence that has no part of a key, for one that is gone or that no configured key opens.
    """
    row = ProviderKey.objects.select_related("provider").filter(pk=key_id).first()
    if row is None:
        raise ValueError("The key is gone.")
    try:
        key = unseal(bytes(row.sealed)).decode()
    except CannotOpen as error:
        raise ValueError("The key cannot be opened any more; set it anew.") from error
    return _config(row.provider, (key,))


def _with_gateways_keys(row: Provider, stored: tuple[str, ...]) -> ProviderConfig:
    """Raises ValueError."""
    given = read_keys(row.api_key_env, os.environ) if row.api_key_env else ()
    keys = tuple(dict.fromkeys((*given, *stored)))
    if row.api_key_env and not keys:
        raise ValueError(f"{row.api_key_env} is not set.")
    return _config(row, keys)


def _config(row: Provider, keys: tuple[str, ...]) -> ProviderConfig:
    """Raises ValueError with a sentence that has no part of a key or the URL."""
    if row.base_url and (problem := base_url_problem(row.base_url)):
        raise ValueError(f"The base URL {problem}.")
    if len(keys) > MAX_KEYS:
        raise ValueError(f"It has {len(keys)} keys; {MAX_KEYS} are the most.")
    return ProviderConfig(
        name=row.name,
        kind=row.kind,
        base_url=row.base_url,
        api_keys=keys,
        vendor=row.vendor,
        traits=traits_text(row),
    )


def _log_unusable(tenant_id: UUID | None, row: Provider, error: ValueError) -> None:
    if _is_news((tenant_id, row.name), str(error)):
        logger.error("provider.unusable", extra={"provider": row.name, "problem": str(error)})


def _is_news(of: Told, problem: str) -> bool:
    is_news = told.get(of) != problem
    if of not in told and len(told) >= MOST_TOLD:
        del told[next(iter(told))]
    told[of] = problem
    return is_news
