"""Ask the configured vendors whether they answer: what `manage.py check_providers` plugs in (PROVIDER_PROBE)."""

import asyncio
from collections.abc import Collection

from gateway_project.vendor_configs import load_configs
from providers.port import ProviderError
from providers.registry import ProviderConfig, make_provider

TIMEOUT_S = 10.0
"""How many seconds each vendor has to answer. All are asked at the same time."""


def probe_providers(names: Collection[str]) -> dict[str, str | None]:
    """What is wrong with each of these active providers, without any part of a key; None: it answers."""
    configs = load_configs()
    return asyncio.run(_ask_all([configs[name] for name in names if name in configs]))


async def _ask_all(configs: list[ProviderConfig]) -> dict[str, str | None]:
    problems = await asyncio.gather(*[_ask(config) for config in configs])
    return {config.name: problem for config, problem in zip(configs, problems, strict=True)}


async def _ask(config: ProviderConfig) -> str | None:
    try:
        client = make_provider(config)
    except LookupError as error:
        return str(error)
    try:
        await client.probe(TIMEOUT_S)
    except ProviderError as error:
        return error.message
    finally:
        await client.close()
    return None
