"""A progress bar on standard error, for people only: nothing is written where nobody looks."""

import time
from typing import TextIO

WIDTH = 30
EVERY_S = 0.2


class ProgressBar:
    """`[#####.....]  52 %  123,456 calls  18,900/s`, a few times a second."""

    def __init__(self, out: TextIO, noun: str) -> None:
        self._out = out
        self._noun = noun
        self._begin_s = time.monotonic()
        self._next_s = 0.0

    def show(self, share: float, count: int) -> None:
        """How much is done, from 0 to 1, and what was counted meanwhile."""
        now_s = time.monotonic()
        if not self._out.isatty() or (share < 1 and now_s < self._next_s):
            return
        self._next_s = now_s + EVERY_S
        done = round(WIDTH * share)
        per_s = count / max(now_s - self._begin_s, 0.001)
        bar = f"[{'#' * done}{'.' * (WIDTH - done)}]"
        end = "\n" if share >= 1 else ""
        self._out.write(f"\r{bar} {share:4.0%}  {count:,} {self._noun}  {per_s:,.0f}/s{end}")
        self._out.flush()
