"""The only place that chooses real collaborators. One gateway and one ledger writer for each process."""

import asyncio
import atexit
import os
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings

from adapters.chat.adapter import ChatAdapter
from adapters.diagram.adapter import DiagramAdapter
from adapters.diagram.rendering.renderer import Renderer
from adapters.diagram.types import Language, Style
from adapters.drafting.adapter import DraftingAdapter
from adapters.prior_art.adapter import PriorArtAdapter
from adapters.prior_art.sources.source import Source
from gateway_project.answer_forms import FORMS
from gateway_project.ledger_process import PROGRAM
from gateway_project.private_things import private_things_finder
from gateway_project.search_services import make_sources
from gateway_project.telemetry import metrics
from gateway_project.telemetry.exchange import Exchange
from gateway_project.telemetry.observe import answer_kept, call_ended, call_replayed, wait_ended
from gateway_project.telemetry.tracing import spans
from gateway_project.vendor_room import VendorRoom
from gateway_project.vendors import ConfiguredVendors
from metering.admission.waiting_room import WaitingRoom
from metering.answer_cache.cache import AnswerCache
from metering.answer_cache.store import RedisAnswers
from metering.bridge import bridge, run_sync
from metering.calls.cached_directory import CachedDirectory
from metering.calls.unseen import Away
from metering.content.log import ContentLog
from metering.decisions.log import DecisionLog
from metering.errors import Holder, MeteringError
from metering.gateway import LLMGateway
from metering.ledger.apart.client import LedgerProcess
from metering.ledger.spool.spool import Spool
from metering.ledger.writer import LedgerWriter
from metering.rates.shared_buckets import RedisBuckets, SharedBuckets
from metering.snapshots import Changes
from metering.snapshots.listener import ChangeListener
from providers.pictures import picture_tokens
from providers.routing.ranks import Weights
from providers.routing.router import Router
from providers.routing.sharing import Sharing
from providers.token_ceiling import text_ceiling
from providers.token_counting import count_tokens

CLOSE_S = 10.0
Writer = LedgerWriter | LedgerProcess


def writer_here() -> LedgerWriter:
    """A ledger's writer in this process: for commands, jobs and whoever makes few calls."""
    return LedgerWriter(settings.LEDGER_DATABASE_URL, on_batch=metrics.ledger_batch.observe)


def writer_apart() -> LedgerProcess:
    """One in a process of its own: for a server, which has other things to do (ADR 39)."""
    return LedgerProcess(
        PROGRAM,
        settings.LEDGER_DATABASE_URL,
        environment=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        on_batch=metrics.ledger_batch.observe,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What runs in this process. Belongs to the event loop that started it."""

    gateway: LLMGateway
    writer: Writer
    vendors: ConfiguredVendors
    changes: Changes
    listener: ChangeListener
    redis: RedisBuckets
    buckets: SharedBuckets
    sharing: Sharing
    decisions: DecisionLog
    content: ContentLog
    waiting: WaitingRoom
    answers: RedisAnswers
    exchange: Exchange
    sources: tuple[Source, ...]
    renderer: Renderer
    spool: Spool | None
    """None: this process makes few calls, and none while the database is away."""
    loop: asyncio.AbstractEventLoop


_runtime: Runtime | None = None


async def start(
    make_writer: Callable[[], Writer] = writer_here, *, spool_folder: Path | None = None
) -> Runtime:
    """Start the ledger's writer and build the gateway, or return those that run on this loop already. With
    `spool_folder` it goes on while the database is away, as far as it may (metering/ledger/spool).

    What runs on is nobody's request, so that its log lines have no request's id, whoever was the first to ask.
    """
    return await asyncio.create_task(
        _start(make_writer, spool_folder), name="wiring.start", context=Context()
    )


async def _start(make_writer: Callable[[], Writer], spool_folder: Path | None) -> Runtime:
    global _runtime
    loop = asyncio.get_running_loop()
    if _runtime is None or _runtime.loop is not loop:
        _runtime = _assembled(make_writer(), spool_folder, loop)
        await _runtime.writer.start()
        if _runtime.spool is not None:
            await _runtime.spool.start()
        _runtime.decisions.start()
        _runtime.content.start()
        _runtime.sharing.start()
        await asyncio.gather(_runtime.listener.start(), _runtime.redis.start())
    return _runtime


def _assembled(writer: Writer, spool_folder: Path | None, loop: asyncio.AbstractEventLoop) -> Runtime:
    """The gateway and all that it works with, chosen and put together; nothing of it has started yet."""
    changes = Changes()
    redis = RedisBuckets(settings.REDIS_URL, call_limit_s=settings.RATE_LIMIT_TIMEOUT_S)
    buckets = SharedBuckets(redis, on_fallback=metrics.rate_fallbacks.add)
    router = _router()
    vendors = ConfiguredVendors(changes, router=router, room=VendorRoom(buckets))
    sources, renderer, tracing = make_sources(), Renderer(), spans()
    content = ContentLog(
        more=private_things_finder(), on_lost=lambda count: metrics.content_lost.add(by=count)
    )
    decisions = DecisionLog(on_lost=lambda count: metrics.decisions_lost.add(by=count))
    waiting = WaitingRoom(observe=wait_ended)
    answers = RedisAnswers(settings.REDIS_URL, call_limit_s=settings.ANSWER_CACHE_TIMEOUT_S)
    spool = Spool(spool_folder, writer) if spool_folder is not None else None
    gateway = LLMGateway(
        ledger=writer,
        vendors=vendors if tracing is None else tracing.of_attempts(vendors),
        adapters=(ChatAdapter(), PriorArtAdapter(sources), DraftingAdapter(), DiagramAdapter(renderer)),
        count_tokens=count_tokens,
        count_picture=picture_tokens,
        text_ceiling=text_ceiling,
        lease_s=settings.RESERVATION_LEASE_S,
        directory=CachedDirectory(changes),
        buckets=buckets,
        decisions=decisions,
        content=content,
        waiting=waiting,
        answers=AnswerCache(store=answers, forms=FORMS, on_away=metrics.cache_away.add, on_kept=answer_kept),
        observe=call_ended,
        on_replay=call_replayed,
        away=_away(spool, writer, changes) if spool is not None else None,
    )
    return Runtime(
        gateway=gateway,
        writer=writer,
        vendors=vendors,
        changes=changes,
        listener=ChangeListener(settings.LEDGER_DATABASE_URL, changes),
        redis=redis,
        buckets=buckets,
        sharing=Sharing(settings.REDIS_URL, router.board, router.conversations),
        decisions=decisions,
        content=content,
        waiting=waiting,
        answers=answers,
        exchange=Exchange(metrics.EVERYTHING, settings.METRICS_DIR),
        sources=sources,
        renderer=renderer,
        spool=spool,
        loop=loop,
    )


def _router() -> Router:
    weights = Weights(
        cost=settings.ROUTING_COST_WEIGHT,
        performance=settings.ROUTING_PERFORMANCE_WEIGHT,
        availability=settings.ROUTING_AVAILABILITY_WEIGHT,
    )
    return Router(weights=weights, on_transition=metrics.circuit_transitions.add)


def _away(spool: Spool, writer: Writer, changes: Changes) -> Away:
    """Two connections tell of the database: the listener's, and the ledger's."""
    return Away(
        spool=spool,
        is_deaf=lambda: not changes.is_listening,
        is_away=lambda: not (changes.is_listening or writer.is_reachable),
    )


async def stop(deadline_s: float = CLOSE_S) -> None:
    """End calls and settlements within the deadline, then close what they used."""
    global _runtime
    if _runtime is None or _runtime.loop is not asyncio.get_running_loop():
        return
    runtime, _runtime = _runtime, None
    await runtime.gateway.close(deadline_s)
    if runtime.spool is not None:
        await runtime.spool.close()
    await runtime.writer.close(CLOSE_S)
    await asyncio.gather(
        runtime.listener.close(), runtime.redis.close(), runtime.decisions.close(), runtime.answers.close()
    )
    await runtime.content.close()
    await runtime.sharing.close()
    await asyncio.gather(runtime.vendors.close(), *[source.close() for source in runtime.sources])
    await asyncio.to_thread(runtime.renderer.close)
    tracing = spans()
    if tracing is not None:
        await asyncio.to_thread(tracing.flush)


def note_refused(holder: Holder, refusal: MeteringError, request_id: str) -> None:
    """From any thread: tell the decision log, if a gateway runs here. Never waits and never fails."""
    runtime = _runtime
    if runtime is not None and not runtime.loop.is_closed():
        note = partial(runtime.gateway.note_refused, holder, refusal, request_id=request_id)
        with suppress(RuntimeError):  # the loop has just been closed
            runtime.loop.call_soon_threadsafe(note)


def gateway() -> LLMGateway:
    """The process's gateway, for sync callers: use it through `metering.bridge.run_sync`."""
    return run_sync(start()).gateway


def close() -> None:
    """For sync callers: end what runs, so that nothing is left to the sweeper. Also done when the process ends."""
    if _runtime is not None and not _runtime.loop.is_closed():
        run_sync(stop())


# Registered after the bridge's own, so it runs before the bridge stops its loop.
atexit.register(close)


def serve_sync_callers_from(loop: asyncio.AbstractEventLoop | None) -> None:
    """Let sync callers of this process use the server's own loop; None: it ends."""
    bridge.adopt(loop)


def gateway_loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process's gateway."""
    return run_sync(start()).loop


def draw(language: Language, source: str, style: Style) -> str:
    """The picture of a diagram's source, as SVG. Raises RenderFailed and Overloaded."""
    return asyncio.run(run_sync(start()).renderer.render(language, source, style=style))
