"""The keys of one endpoint, used in turn. One that is refused rests, and the others serve.

1. A refused call (401, 402, 429: nothing was generated) goes on with the next key, once with each.
2. After 401 and 402 a key rests for all models; after 429 for the asked one, because limits are each model's.
3. A key that is alone never rests: what the vendor says of it is the answer.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from providers.port import Failure, Progress, ProviderError

T = TypeVar("T")
MAX_KEYS = 64
MAX_RESTS = 1_000
"""Models for which one key rests at once; beyond that those that rest the longest are forgotten."""
LIMITED_REST_S = 10.0
"""After a 429 that does not say when to come back."""
REFUSED_REST_S = 300.0
"""After a 401 or 402: somebody has to do something first."""
UNKNOWN, UNPAID, LIMITED = 401, 402, 429
OF_A_KEY = frozenset({UNKNOWN, UNPAID, LIMITED})
SPENT = "insufficient_quota"
"""The code of a 429 that means what others say by 402."""
TOO_LARGE = "too large"
"""A 429 with these words is about one request: no key would take it."""
EVERY_MODEL = ""
logger = logging.getLogger(__name__)


class Unwatched:
    """The progress of a request that nobody may cut off."""

    sent = False


class Key:
    """One key, and until when it rests, by model."""

    __slots__ = ("_rests", "number", "secret")

    def __init__(self, secret: str, number: int) -> None:
        self.secret = secret
        self.number = number
        """Counts from 1: how people are told of it."""
        self._rests: dict[str, tuple[float, int]] = {}

    def rest(self, model: str, until_s: float, status: int) -> None:
        self._rests.pop(model, None)
        while len(self._rests) >= MAX_RESTS:
            del self._rests[next(iter(self._rests))]
        self._rests[model] = until_s, status

    def rests_until(self, model: str, now_s: float) -> tuple[float, int] | None:
        """When it is back for this model, and the status for which it rests; None: it does not rest."""
        found = [rest for of in (model, EVERY_MODEL) if (rest := self._rests.get(of)) and rest[0] > now_s]
        return max(found, default=None)


class Keys:
    """All keys of one endpoint. For one event loop."""

    def __init__(self, secrets: Sequence[str] = (), *, clock: Callable[[], float] = time.monotonic) -> None:
        """Without a secret there is one key, which is empty: requests go out without any."""
        different = [each for each in dict.fromkeys(secrets) if each] or [""]
        if len(different) > MAX_KEYS:
            raise ValueError(f"a provider has at most {MAX_KEYS} keys")
        self._keys = [Key(secret, number) for number, secret in enumerate(different, start=1)]
        self._clock = clock
        self._turn = 0

    async def used(self, model: str, progress: Progress, ask: Callable[[Key], Awaitable[T]]) -> tuple[T, Key]:
        """What `ask` answers with the first key that the vendor takes, and that key. Raises ProviderError."""
        if len(self._keys) == 1:
            return await ask(self._keys[0]), self._keys[0]
        tried: set[Key] = set()
        last: ProviderError | None = None
        while True:
            key = self._next(model, tried)
            if key is None:
                raise self._all_rest(model, last)
            try:
                return await ask(key), key
            except ProviderError as error:
                if not is_about_the_key(error):
                    raise
                tried.add(key)
                self._let_rest(key, model, error)
                last = error
                progress.sent = False  # a refusal costs nothing

    async def each_asked(self, ask: Callable[[Key], Awaitable[None]]) -> None:
        """Ask with every key at once. Raises the first ProviderError, naming its key by number."""
        said = await asyncio.gather(*map(ask, self._keys), return_exceptions=True)
        failed = [(key, error) for key, error in zip(self._keys, said, strict=True) if error is not None]
        if not failed:
            return
        first = failed[0][1]
        if isinstance(first, ProviderError) and len(self._keys) > 1:
            numbers = ", ".join(str(key.number) for key, _ in failed)
            first.message = f"{len(failed)} of its {len(self._keys)} keys (number {numbers}): {first.message}"
        raise first

    def _next(self, model: str, tried: set[Key]) -> Key | None:
        """The next key in turn that neither rests nor was tried."""
        now_s = self._clock()
        for step in range(len(self._keys)):
            place = (self._turn + step) % len(self._keys)
            key = self._keys[place]
            if key not in tried and key.rests_until(model, now_s) is None:
                self._turn = (place + 1) % len(self._keys)
                return key
        return None

    def _let_rest(self, key: Key, model: str, error: ProviderError) -> None:
        limited = error.status == LIMITED and error.code != SPENT
        rest_s = REFUSED_REST_S
        if limited:
            rest_s = LIMITED_REST_S if error.retry_after_s is None else error.retry_after_s
        key.rest(model if limited else EVERY_MODEL, self._clock() + rest_s, error.status or 0)
        facts = {"key": key.number, "keys": len(self._keys), "status": error.status, "rest_s": rest_s}
        logger.warning("vendor.key_rests", extra=facts)

    def _all_rest(self, model: str, last: ProviderError | None) -> ProviderError:
        """The error where no key is left; `last` is what the vendor has just said of one."""
        now_s = self._clock()
        rests = [rest for key in self._keys if (rest := key.rests_until(model, now_s)) is not None]
        if last is not None and len(rests) < len(self._keys):
            return last  # one may be used again at once, only not for this call
        until_s, status = min(rests)
        retry_after_s = math.ceil(until_s - now_s)
        sentence = f"all its {len(self._keys)} keys rest, the first one until {retry_after_s} s from now"
        return ProviderError(
            f"{last.message} ({sentence})" if last is not None else f"{sentence} (status {status})",
            failure=Failure.REFUSED if last is not None else Failure.UNREACHABLE,
            retryable=status == LIMITED,
            status=status,
            retry_after_s=float(retry_after_s),
            code=last.code if last is not None else None,
        )


def is_about_the_key(error: ProviderError) -> bool:
    """Whether the vendor refused the key, so that another one may be taken."""
    if error.failure is not Failure.REFUSED or error.status not in OF_A_KEY:
        return False
    return error.status != LIMITED or TOO_LARGE not in error.message.lower()
