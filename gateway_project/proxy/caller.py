"""The caller of a request: who it is, what it says of the call in headers and metadata, and whether it has gone."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from starlette.requests import ClientDisconnect, Request

from gateway_project.http.request_headers import (
    LOOKUPS,
    address_of,
    check_network,
    credential_of,
    header,
    headers_of,
)
from gateway_project.http.request_id import REQUEST_ID
from gateway_project.telemetry import metrics
from gateway_project.telemetry.access import note_caller
from gateway_project.wiring import Runtime
from metering.answer_cache.wish import HEADER as CACHE
from metering.answer_cache.wish import CacheWish, read_wish
from metering.calls.abandoning import Departure
from metering.errors import InvalidRequest, MeteringError, MeteringUnavailable
from metering.gateway import LLMGateway
from metering.idempotency.key import idempotency_key
from metering.identity.principal import Principal
from metering.labels import CALLER_LABELS
from metering.network import counted_address
from metering.reservation.reserve import IdempotencyKey
from metering.tags import HEADER as TAGS
from metering.tags import merge_tags, read_tags
from metering.text import checked_label
from metering.time_limits import coarse_timers

WATCH_AFTER_S = 0.5
"""A watcher costs a call some 30 microseconds, so those that are answered sooner do without one."""
LABEL_HEADERS = {name: f"x-{name.replace('_', '-')}".encode() for name in CALLER_LABELS}
CACHE_HEADER = CACHE.encode()
TAGS_HEADER = TAGS.encode()
_LABEL_NAMES = frozenset((*LABEL_HEADERS.values(), TAGS_HEADER))


def runtime_of(request: Request) -> Runtime:
    """The server's runtime. Raises MeteringUnavailable while it starts or stops."""
    runtime: Runtime | None = getattr(request.app.state, "runtime", None)
    if runtime is None:
        raise MeteringUnavailable("The gateway is starting or stopping.")
    return runtime


def gateway_of(request: Request) -> LLMGateway:
    """The server's gateway. Raises MeteringUnavailable while it starts or stops."""
    return runtime_of(request).gateway


async def principal_of(request: Request, gateway: LLMGateway) -> Principal:
    """The holder of the credential, working for the team that X-Team-ID names.

    Raises InvalidCredential, TokenExpired, TenantSuspended, and NotFound for the team.
    """
    secret = credential_of(request)
    team = header(request, b"x-team-id") or None
    if team is not None:
        team = checked_label(team, "X-Team-ID")
    request_id = request.scope[REQUEST_ID]
    principal = gateway.directory.kept_principal(secret)
    if principal is None:
        async with LOOKUPS.place(counted_address(address_of(request) or "")):
            principal = await gateway.authenticate(secret, team=team, request_id=request_id)
    elif team is not None:
        principal = await gateway.authenticate(secret, team=team, request_id=request_id)
    note_caller(principal.tenant_slug, principal.token_id)
    if principal.allowed_networks:
        with RefusalsNoted(gateway, principal, request_id):
            check_network(address_of(request), principal.allowed_networks)
    return principal


class RefusalsNoted:
    """A block in which a refusal is noted, so that it can be found by the request's id."""

    def __init__(self, gateway: LLMGateway, caller: Principal, request_id: str) -> None:
        self._gateway = gateway
        self._caller = caller
        self._request_id = request_id

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, MeteringError):
            self._gateway.note_refused(self._caller, error, request_id=self._request_id)


def labels_of(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own labels from the body's `metadata`, else from headers; tags from both. Raises InvalidRequest."""
    metadata = body.get("metadata")
    if metadata is None:
        if _LABEL_NAMES.isdisjoint(headers_of(request)):
            return {}
        metadata = {}
    elif not isinstance(metadata, dict):
        raise InvalidRequest("metadata must be an object.", param="metadata")
    found: dict[str, Any] = {}
    for name, header_name in LABEL_HEADERS.items():
        value = metadata.get(name)
        if value is not None:
            found[name] = checked_label(value, f"metadata.{name}")
        elif (text := header(request, header_name)) is not None:
            found[name] = checked_label(text, header_name.decode())
    tags = read_tags(said, "metadata.tags") if (said := metadata.get("tags")) is not None else ()
    if (text := header(request, TAGS_HEADER)) is not None:
        tags = merge_tags(tags, read_tags(text, TAGS), TAGS)
    if tags:
        found["tags"] = tags
    return found


def idempotency_of(request: Request, caller: Principal, body: bytes) -> IdempotencyKey | None:
    """Returns the key that the ledger stores, or None without the header. Raises InvalidRequest."""
    text = header(request, b"idempotency-key")
    if text is None:
        return None
    return idempotency_key(caller=caller, text=text, route=request.scope["path"], body=body)


def cache_wish_of(request: Request) -> CacheWish | None:
    """What the caller says of the cache. Raises InvalidRequest."""
    text = header(request, CACHE_HEADER)
    return None if text is None else read_wish(text)


class UnlessDisconnected:
    """A block that ends with ClientDisconnect if the caller disconnects meanwhile: its task is cancelled, unless a call
    says what else is to become of it.

    For use once the body was read: what the server has to say after that is that the caller has gone.
    """

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Departure:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a caller is answered by a task")
        self._departure = Departure(task)
        self._timers = coarse_timers()
        self._timer = self._timers.start(WATCH_AFTER_S, self._watch)
        return self._departure

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timers.cancel(self._timer)
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None  # its traceback leads back here: a circle would be left to the collector
        departure = self._departure
        if departure.has_come and (not departure.has_cancelled or departure.task.uncancel() == 0):
            raise ClientDisconnect from error

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(self._until_gone(), name="request.watch")

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        metrics.callers_gone.add()
        self._departure.come()
