"""What happens in the life of a deployment: one thing after the other, each with a while of its own."""

import random
import time
from collections import Counter
from collections.abc import Callable

from bench.resilience.callers import Callers
from bench.resilience.gateway import PLAN, Server, manage
from launcher.postgres import EmbeddedPostgres

AFTERWARDS_S = 5.0
"""In which everything recovers before the next one."""
CHAOS_S = 5.0
USUAL = ["vendor:slow=0.05 vendor:gap=0.005", "vendor:slow=0.02", "hello", "vendor:slow=0.3 vendor:words=40"]
ODD = ["vendor:cut=2", "vendor:no-usage", "vendor:no-done", "vendor:slow=2"]
"""Vendors do this every day."""
QUIETLY = USUAL * 12 + ODD
FAILING = [
    *USUAL,
    "vendor:status=500",
    "vendor:status=429 vendor:retry-after=0",
    "vendor:reset",
    "vendor:bad-json",
    "vendor:cut=1",
]


class Events:
    """`next` lets one happen, and returns when it is over. `done` counts them."""

    def __init__(self, callers: Callers, server: Server, database: EmbeddedPostgres) -> None:
        self.done: Counter[str] = Counter()
        self._callers, self._server, self._database = callers, server, database
        self._tokens = len(callers.tokens)
        self._happen: dict[str, Callable[[], None]] = {
            "gateway killed": self._kill,
            "gateway restarted": self._restart,
            "database crashed": self._crash,
            "vendor failed": self._fail,
            "rate changed": self._change_rate,
            "budget changed": self._change_budget,
            "token replaced": self._replace_token,
        }

    def next(self, dice: random.Random) -> None:
        """Whatever has happened least often; among these by chance."""
        least = min(self.done[name] for name in self._happen)
        name = dice.choice([name for name in self._happen if self.done[name] == least])
        self._happen[name]()
        self.done[name] += 1
        time.sleep(AFTERWARDS_S)

    def _kill(self) -> None:
        self._server.kill()
        self._server.start()

    def _restart(self) -> None:
        self._server.stop()
        self._server.start()

    def _crash(self) -> None:
        self._database.stop("immediate")
        self._database.start()

    def _fail(self) -> None:
        texts, self._callers.texts = self._callers.texts, FAILING
        time.sleep(CHAOS_S)
        self._callers.texts = texts

    def _change_rate(self) -> None:
        per_minute = str(1_000_000 + self.done["rate changed"])
        self._manage("set_rule", "--tenant", "alder", "--key", "requests_per_minute", "--value", per_minute)

    def _change_budget(self) -> None:
        """Below what is used, so that it denies, and up again."""
        for amount in ("0.000001", "100000"):
            budget = ("--dimension", "cost", "--window", "month", "--amount", amount)
            self._manage("set_budget", "--tenant", "birch", *budget)

    def _replace_token(self) -> None:
        token = self._manage("issue_token", "--tenant", "alder", "--plan", PLAN)
        old, self._callers.tokens[0] = self._revocable, token["token"]
        if old:
            self._manage("revoke_token", old)
        self._revocable = token["id"]

    _revocable = ""
    """The id of the token that is next to be revoked."""

    def _manage(self, *arguments: str) -> dict[str, str]:
        answer: dict[str, str] = manage(self._database.url, *arguments)
        return answer
