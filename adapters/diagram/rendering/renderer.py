"""Sources made pictures: checked, drawn in a process apart, sanitised, and in patent style if so wanted.

A few are drawn at once and a bounded number waits. A renderer that hangs, crashes or swells is killed, its caller
gets a RenderFailed, and the next source gets a new process. Processes that behaved serve again.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from adapters.diagram.rendering.errors import RendererMissing, RenderFailed, RenderStopped
from adapters.diagram.rendering.programs import PROGRAMS, Program
from adapters.diagram.rendering.source import MERMAID_KINDS, check_source, mermaid_kind
from adapters.diagram.rendering.worker import Worker
from adapters.diagram.svg.patent import in_patent_style
from adapters.diagram.svg.sanitise import sanitise
from adapters.diagram.svg.tree import MAX_BYTES, UnsafeSvg
from adapters.diagram.types import Kind, Language, Style
from metering.errors import Overloaded, VendorError

LIMIT_S = 5.0
AT_ONCE = 2
WAITING = 32
SERVED = 200
"""A process is replaced after so many pictures, whatever it may have kept of them."""
MERMAID_BLOCKS = frozenset({Kind.BLOCK, Kind.FLOWCHART})
"""Mermaid's flowcharts are blocks and lines too, and have more ways to arrange them."""
logger = logging.getLogger(__name__)


class CannotDraw(VendorError):
    """This server has no program that draws the language: no other source and no other moment would mend it."""

    def __init__(self, language: Language) -> None:
        super().__init__(
            f"This server cannot draw {language}: its program does not start. Ask for the other language.",
            retryable=False,
        )


class Renderer:
    """For any thread and event loop. Its first process starts with its first picture, so a fork before does no harm."""

    def __init__(
        self,
        *,
        programs: Mapping[Language, Program] = PROGRAMS,
        limit_s: float = LIMIT_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self._programs = programs
        self._limit_s = limit_s
        self._at_once = at_once
        self._lock = threading.Lock()
        self._idle: dict[Language, list[Worker]] = {language: [] for language in programs}
        self._waiting = 0
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="diagrams")

    async def render(
        self, language: Language, source: str, *, kind: Kind | None = None, style: Style = Style.DEFAULT
    ) -> str:
        """The picture as a sanitised SVG. Raises RenderFailed; Overloaded if too many wait; CannotDraw.

        A source of another kind than `kind` fails too.
        """
        check_source(language, source)
        with self._lock:
            if self._waiting >= self._at_once + WAITING:
                raise Overloaded("Too many diagrams wait to be drawn.")
            self._waiting += 1
        work = self._threads.submit(self._draw, language, source, kind, style)
        work.add_done_callback(self._leave)
        return await asyncio.wrap_future(work)

    def close(self) -> None:
        """Ends its processes; it can still be used, and starts new ones."""
        with self._lock:
            idle = [worker for workers in self._idle.values() for worker in workers]
            for workers in self._idle.values():
                workers.clear()
        for worker in idle:
            worker.end()

    def _leave(self, _: object) -> None:
        with self._lock:
            self._waiting -= 1

    def _draw(self, language: Language, source: str, kind: Kind | None, style: Style) -> str:
        try:
            worker = self._take(language)
        except RendererMissing as error:
            logger.error("renderer.missing", extra={"language": str(language), "problem": str(error)})
            raise CannotDraw(language) from error
        try:
            answer = worker.ask({"source": source, "patent": style is Style.PATENT}, self._limit_s)
        finally:
            self._give_back(language, worker)
        if "svg" not in answer:
            raise RenderFailed(str(answer.get("error") or "The renderer gave no reason."), answer.get("line"))
        _check_kind(
            kind, mermaid_kind(source) if language is Language.MERMAID else Kind(answer["kind"]), language
        )
        try:
            svg = sanitise(answer["svg"])
            return in_patent_style(svg) if style is Style.PATENT else svg
        except UnsafeSvg as error:
            raise RenderStopped(str(error)) from error

    def _take(self, language: Language) -> Worker:
        with self._lock:
            idle = self._idle[language]
            while idle:
                worker = idle.pop()
                if worker.is_alive():
                    return worker
                worker.end()
        return Worker(self._programs[language], limit_bytes=MAX_BYTES)

    def _give_back(self, language: Language, worker: Worker) -> None:
        if worker.served < SERVED and worker.is_alive():
            with self._lock:
                self._idle[language].append(worker)
        else:
            worker.end()


def _check_kind(wanted: Kind | None, found: Kind, language: Language) -> None:
    fits = wanted in (None, found) or (
        wanted is Kind.BLOCK and language is Language.MERMAID and found in MERMAID_BLOCKS
    )
    if not fits:
        hint = ""
        if language is Language.MERMAID:
            words = (word for word, kind in MERMAID_KINDS.items() if kind is wanted)
            hint = f" It begins with {' or '.join(words)}."
        raise RenderFailed(f"This is a {found} diagram, and a {wanted} diagram is wanted.{hint}")
