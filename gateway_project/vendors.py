"""Joins metering's vendor port to the providers: neither knows the other (ADR 0010)."""

from collections.abc import AsyncGenerator, Awaitable, Hashable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from gateway_project.telemetry import metrics
from gateway_project.vendor_clients import VendorClient, VendorClients
from gateway_project.vendor_configs import load_configs, load_own_configs
from gateway_project.vendor_room import VendorRoom
from metering.errors import MeteringUnavailable
from metering.ports import AttemptFailed, Candidate, VendorAnswer, VendorCall, VendorChunk
from metering.snapshots import Changes, Snapshots
from metering.types import Outcome, WireProtocol
from providers.any_protocol import complete_in, stream_in
from providers.keys import Keys
from providers.port import Failure, LLMProvider, ProviderError
from providers.registry import ProviderConfig, make_provider
from providers.routing.router import Router
from providers.routing.watch import Watch

SILENT_S = 2.0
"""How long a silent database is waited for where a vendor is known from before, and reached as it was."""
REREAD_AFTER = timedelta(seconds=10)
"""How soon a new key is used without a restart."""
MAX_OWN_CLIENTS = 1_000
"""With tenants' own keys; beyond that the oldest is built again at its next call."""
OUTCOMES = {
    Failure.UNREACHABLE: Outcome.ERROR,
    Failure.REFUSED: Outcome.ERROR,
    Failure.TIMEOUT: Outcome.TIMEOUT,
    Failure.CUT: Outcome.CUT,
}


class ConfiguredVendors:
    """The catalog's active providers, each built once and again when its row changes."""

    def __init__(
        self, changes: Changes | None = None, *, router: Router | None = None, room: VendorRoom | None = None
    ) -> None:
        """`router` is what is known of vendors, `room` their own limits; without one none is kept."""
        self._configs = Snapshots(
            load_configs, changes=changes, until_of=_until, max_entries=1, silent_s=SILENT_S
        )
        self._own_configs = Snapshots(
            load_own_configs,
            changes=changes,
            tenant_of=lambda own: own.tenant_id,
            max_entries=MAX_OWN_CLIENTS,
            silent_s=SILENT_S,
        )
        self._known: Mapping[str, ProviderConfig] = {}
        self.router = router or Router()
        self._room = room
        self.unanswered: set[str] = set()
        """Providers neither reached by a probe nor called since this server began (vendor_readiness.py)."""
        self._clients = VendorClients(self._make)
        self._own_clients = VendorClients(self._make, most=MAX_OWN_CLIENTS)

    def order(
        self, candidates: Sequence[Candidate], costs: Sequence[int], conversation: str | None
    ) -> Sequence[int]:
        """The places of all candidates, in the order in which they are to be tried (docs/routing.md)."""
        return self.router.order(candidates, costs, conversation)

    async def complete(self, call: VendorCall) -> VendorAnswer:
        """One whole answer. Raises AttemptFailed."""
        with await self._client(call.provider_name, call.key_of) as client:
            watch = self._watch(call)
            asking: Awaitable[VendorAnswer] = (
                client.complete(call) if call.protocol is WireProtocol.CHAT else complete_in(client, call)
            )
            try:
                if self._room is not None and call.traits:
                    answer = await self._room.within(call, asking)
                else:
                    answer = await asking
            except ProviderError as error:
                raise _failed(watch, call, error) from error
            except BaseException:
                watch.left()
                raise
            watch.answered(answer.usage.output_tokens)
            return answer

    async def stream(self, call: VendorCall) -> AsyncGenerator[VendorChunk, None]:
        """The answer in chunks. Raises AttemptFailed."""
        with await self._client(call.provider_name, call.key_of) as client:
            watch = self._watch(call)
            chunks: AsyncGenerator[VendorChunk, None] = (
                client.stream(call) if call.protocol is WireProtocol.CHAT else stream_in(client, call)
            )
            if self._room is not None and call.traits:
                chunks = self._room.until_ended(call, chunks)
            try:
                async with aclosing(chunks):
                    async for chunk in chunks:
                        watch.first_byte()
                        yield chunk
                        break
                    async for chunk in chunks:
                        yield chunk
            except ProviderError as error:
                raise _failed(watch, call, error) from error
            except BaseException:
                watch.left()
                raise
            watch.streamed()

    async def count_input(self, call: VendorCall) -> int | None:
        """The vendor's own count of a request's input; None: it has none. Raises AttemptFailed."""
        with await self._client(call.provider_name, call.key_of) as client:
            try:
                return await client.count_input(call)
            except ProviderError as error:
                raise AttemptFailed(error.message, outcome=Outcome.ERROR) from error

    def is_available(self, candidate: Candidate) -> bool:
        """Whether a call of this model is likely to be answered: its vendor has answered once, and nothing is known
        against it.
        """
        return candidate.provider_name not in self.unanswered and self.router.is_available(candidate)

    async def providers(self) -> tuple[str, ...]:
        """The names of the active providers that can be used."""
        return tuple(await self._configs.get(()))

    async def probe(self, name: str, timeout_s: float) -> None:
        """Ask a provider whether it answers, which costs nothing. Raises ProviderError, and AttemptFailed where it is
        not active any more.
        """
        with await self._client(name, None) as client:
            await client.probe(timeout_s)

    def _watch(self, call: VendorCall) -> Watch:
        self.unanswered.discard(call.provider_name)  # what becomes of calls says more than a probe
        return self.router.begin(
            call.provider_name, call.key_of, call.model, call.progress, call.conversation
        )

    def _make(self, name: Hashable, config: ProviderConfig) -> LLMProvider:
        """`name` is the provider's, with the tenant before it whose keys these are."""
        key_of = name[0] if isinstance(name, tuple) else None
        keys = Keys(
            config.api_keys, endpoint=partial(self.router.endpoint, config.name, key_of), room=self._room
        )
        return make_provider(config, keys)

    async def close(self) -> None:
        """Let go of every vendor's connections."""
        await self._clients.close()
        await self._own_clients.close()

    async def _client(self, name: str, key_of: UUID | None) -> VendorClient:
        """Raises AttemptFailed. A tenant that had a key of its own when the call was admitted never gets the gateway's:
        the call is metered as one that costs nothing.
        """
        config = await (self._config(name) if key_of is None else self._own_config(name, key_of))
        try:
            if key_of is None:
                return self._clients.of(name, config)
            return self._own_clients.of((key_of, name), config)
        except LookupError as error:
            raise AttemptFailed(str(error), outcome=Outcome.ERROR, sent=False) from error

    async def _config(self, name: str) -> ProviderConfig:
        configs: Mapping[str, ProviderConfig]
        try:
            configs = await self._configs.get(())
        except MeteringUnavailable:
            if not self._known:
                raise
            configs = self._known  # a call that was let in goes on, as its vendor was last known
        if configs is not self._known:  # read anew, so perhaps changed
            self._known = configs
            self._clients.keep_only(configs)
        config = configs.get(name)
        if config is None:
            sentence = f"The provider {name} is not active, or cannot be used as it is configured."
            raise AttemptFailed(sentence, outcome=Outcome.ERROR, sent=False)
        return config

    async def _own_config(self, name: str, tenant_id: UUID) -> ProviderConfig:
        try:
            own = await self._own_configs.get(tenant_id, tenant_id)
        except MeteringUnavailable:
            last = self._own_configs.last_known(tenant_id)
            if last is None:
                raise
            own = last
        config = own.by_name.get(name)
        if config is None:
            self._own_clients.forget((tenant_id, name))
            sentence = f"Your own key for the provider {name} cannot be used any more."
            # If it has just been switched off, the next call goes out with the gateway's.
            raise AttemptFailed(sentence, outcome=Outcome.ERROR, sent=False, retryable=True)
        return config


def _until(configs: Mapping[str, ProviderConfig]) -> datetime:
    """Returns when configurations are read again. No notice tells of a new key in the environment or its file."""
    return datetime.now(UTC) + REREAD_AFTER


def _failed(watch: Watch, call: VendorCall, error: ProviderError) -> AttemptFailed:
    metrics.vendor_failures.add(call.provider_name, watch.failed(error).value)
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
