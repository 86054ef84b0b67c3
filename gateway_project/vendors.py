"""Joins metering's vendor port to the providers: neither knows the other (ADR 0010)."""

import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from django.conf import settings

from gateway_project import env
from gateway_project.vendor_clients import VendorClient, VendorClients
from metering.api_key import read_key
from metering.base_url import base_url_problem
from metering.catalog.traits import traits_text
from metering.models import Provider
from metering.ports import AttemptFailed, VendorAnswer, VendorCall, VendorChunk
from metering.snapshots import Changes, Snapshots
from metering.types import Outcome
from providers.port import Failure, ProviderError
from providers.registry import ProviderConfig

logger = logging.getLogger(__name__)
REREAD_AFTER = timedelta(seconds=10)
"""How soon a new key is used without a restart."""
OUTCOMES = {
    Failure.UNREACHABLE: Outcome.ERROR,
    Failure.REFUSED: Outcome.ERROR,
    Failure.TIMEOUT: Outcome.TIMEOUT,
    Failure.CUT: Outcome.CUT,
}


class ConfiguredVendors:
    """The catalog's active providers, each built once and again when its row changes."""

    def __init__(self, changes: Changes | None = None) -> None:
        self._configs = Snapshots(load_configs, changes=changes, until_of=_until, max_entries=1)
        self._known: Mapping[str, ProviderConfig] = {}
        self._clients = VendorClients()

    async def complete(self, call: VendorCall) -> VendorAnswer:
        """One whole answer. Raises AttemptFailed."""
        with await self._client(call.provider_name) as client:
            try:
                return await client.complete(call)
            except ProviderError as error:
                raise _failed(error) from error

    async def stream(self, call: VendorCall) -> AsyncGenerator[VendorChunk, None]:
        """The answer in chunks. Raises AttemptFailed."""
        with await self._client(call.provider_name) as client:
            try:
                async with aclosing(client.stream(call)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except ProviderError as error:
                raise _failed(error) from error

    async def close(self) -> None:
        """Let go of every vendor's connections."""
        await self._clients.close()

    async def _client(self, name: str) -> VendorClient:
        configs = await self._configs.get(())
        if configs is not self._known:  # read anew, so perhaps changed
            self._known = configs
            self._clients.keep_only(configs.values())
        config = configs.get(name)
        if config is None:
            sentence = f"The provider {name} is not active, or cannot be used as it is configured."
            raise AttemptFailed(sentence, outcome=Outcome.ERROR, sent=False)
        try:
            return self._clients.of(config)
        except LookupError as error:
            raise AttemptFailed(str(error), outcome=Outcome.ERROR, sent=False) from error


def load_configs() -> dict[str, ProviderConfig]:
    """Every active provider with its key from the environment, from the `.env` file as it is now, or from a key's file.

    One without the key that it names, and one that every door refuses, so that it was written past them or its key
    changed since, is logged and left out: its calls fail before anything is sent, and cost nothing.
    """
    env.read_dotenv(settings.BASE_DIR / ".env")
    configs = {}
    for row in Provider.objects.filter(is_active=True):
        try:
            configs[row.name] = _config(row)
        except ValueError as error:
            logger.error("provider.unusable", extra={"provider": row.name, "problem": str(error)})
    return configs


def _config(row: Provider) -> ProviderConfig:
    """Raises ValueError with a sentence that has no part of the key or the URL."""
    if row.base_url and (problem := base_url_problem(row.base_url)):
        raise ValueError(f"The base URL {problem}.")
    key = read_key(row.api_key_env, os.environ) if row.api_key_env else ""
    if row.api_key_env and not key:
        raise ValueError(f"{row.api_key_env} is not set.")
    return ProviderConfig(
        name=row.name,
        kind=row.kind,
        base_url=row.base_url,
        api_key=key,
        vendor=row.vendor,
        traits=traits_text(row),
    )


def _until(configs: Mapping[str, ProviderConfig]) -> datetime:
    """Returns when configurations are read again. No notice tells of a new key in the environment or its file."""
    return datetime.now(UTC) + REREAD_AFTER


def _failed(error: ProviderError) -> AttemptFailed:
    return AttemptFailed(
        error.message,
        outcome=OUTCOMES[error.failure],
        sent=error.failure is not Failure.UNREACHABLE,
        retryable=error.retryable,
        status=error.status,
        retry_after_s=error.retry_after_s,
        param=error.param,
        code=error.code,
        usage=error.usage,
        resend=error.resend,
    )
