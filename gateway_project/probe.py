"""Ask vendors whether they answer, which metering plugs in (PROVIDER_PROBE, KEY_PROBE), and what they serve."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from gateway_project.vendor_configs import load_configs, load_key_config
from providers.port import ProviderError, VendorModel
from providers.registry import ProviderConfig, make_provider

TIMEOUT_S = 10.0
"""How many seconds each vendor has to answer. All are asked at the same time."""
REFUSED = (401, 403)
LIST_TIMEOUT_S = 60.0
"""How many seconds a whole list of models may take."""


def probe_providers(names: Collection[str]) -> dict[str, str | None]:
    """What is wrong with each of these active providers, without any part of a key; None: it answers."""
    configs = load_configs()
    return asyncio.run(_ask_all([configs[name] for name in names if name in configs]))


def probe_vendor(config: ProviderConfig) -> str | None:
    """What is wrong with one endpoint, which need not be stored; None: it answers and accepts the key."""
    return asyncio.run(_ask(config))


def probe_key(key_id: UUID) -> str | None:
    """What is wrong with one key that is stored, switched off or not; None: its vendor accepts it."""
    try:
        config = load_key_config(key_id)
    except ValueError as error:
        return str(error)
    return asyncio.run(_ask(config, refusal=f"{config.name} does not accept this key"))


def models_of(config: ProviderConfig) -> tuple[VendorModel, ...]:
    """The models that it lists. Raises ProviderError, and LookupError for a kind that this version does not speak."""
    return asyncio.run(_list(config))


async def _list(config: ProviderConfig) -> tuple[VendorModel, ...]:
    client = make_provider(config)
    try:
        return await client.models(LIST_TIMEOUT_S)
    finally:
        await client.close()


async def _ask_all(configs: list[ProviderConfig]) -> dict[str, str | None]:
    problems = await asyncio.gather(*[_ask(config) for config in configs])
    return {config.name: problem for config, problem in zip(configs, problems, strict=True)}


async def _ask(config: ProviderConfig, *, refusal: str = "") -> str | None:
    """`refusal` is said in the place of the general words where the vendor refuses the key."""
    try:
        client = make_provider(config)
    except LookupError as error:
        return str(error)
    try:
        await client.probe(TIMEOUT_S)
    except ProviderError as error:
        refused = refusal and error.status in REFUSED
        return f"{refusal} (status {error.status})." if refused else error.message
    finally:
        await client.close()
    return None
