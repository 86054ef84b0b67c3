"""The keys of one endpoint, used in turn. One that is refused rests, and the others serve.

1. A refused call (401, 402, 429, no money by any status: nothing was generated) goes on with the next key, once with
   each.
2. After 401 and 402 a key rests for all models; after 429 for the asked one, because limits are each model's.
3. A key that is alone is always asked: what the vendor says of it is the answer.
4. A key whose calls fail (its circuit is open, or the vendor fails and said when to come back) comes after the others,
   and is asked where no other is left.
5. A key that has no room in the vendor's limits is passed over without being asked.
6. A conversation keeps the key that served it, because that one holds its prompt cache, while nothing stands against
   it.

What is known of keys stands on the board, which processes share (`routing/board.py`).
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from providers.port import Failure, Progress, ProviderCall, ProviderError
from providers.routing.board import Board
from providers.routing.endpoint import Endpoint
from providers.routing.fault import LIMITED, SPENT, TOO_LARGE, UNPAID, is_failing, rest_after
from providers.routing.place import EVERY_MODEL, GATEWAYS_OWN, tag_of

T = TypeVar("T")
MAX_KEYS = 64
UNKNOWN = 401
OF_A_KEY = frozenset({UNKNOWN, UNPAID, LIMITED})
logger = logging.getLogger(__name__)


class Unwatched:
    """The progress of a request that nobody may cut off."""

    sent = False
    key = ""


class Key(NamedTuple):
    """One of the keys of an endpoint, with the tag by which it is known."""

    secret: str
    number: int
    """Counts from 1: how people are told of it."""
    tag: str
    """How processes name it to each other."""


Taking = Callable[[Key], Awaitable[float]]
"""Takes a call's room in the limits of a key: seconds until there is enough; 0: it was taken."""


class KeyRoom(Protocol):
    """The vendors' own limits of each key."""

    def taking(self, call: ProviderCall, endpoint: Endpoint) -> Taking | None:
        """Return how the call takes its room with this key; None: nothing limits it."""
        ...


class Keys:
    """All keys of one endpoint. For one event loop."""

    def __init__(
        self,
        secrets: Sequence[str] = (),
        *,
        endpoint: Callable[[Sequence[str]], Endpoint] | None = None,
        room: KeyRoom | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without a secret there is one key, which is empty: requests go out without any.

        `endpoint` makes of the keys' tags what is known of them; without one that is this object's own, by `clock`.
        """
        different = [each for each in dict.fromkeys(secrets) if each] or [""]
        if len(different) > MAX_KEYS:
            raise ValueError(f"a provider has at most {MAX_KEYS} keys")
        self._keys = [Key(secret, number, tag_of(secret)) for number, secret in enumerate(different, start=1)]
        tags = [key.tag for key in self._keys]
        self._endpoint = endpoint(tags) if endpoint else Endpoint(Board(clock), "", GATEWAYS_OWN, tags)
        self._room = room
        self._turn = 0

    def taking(self, call: ProviderCall) -> Taking | None:
        """How the call takes its room in each key's limits; None: nothing limits it."""
        return self._room.taking(call, self._endpoint) if self._room is not None and call.traits else None

    async def used(
        self,
        model: str,
        progress: Progress,
        ask: Callable[[Key], Awaitable[T]],
        take: Taking | None = None,
    ) -> tuple[T, Key]:
        """What `ask` answers with the first key that the vendor takes, and that key. Raises ProviderError.

        `progress.key` is the tag of the key that is to come first, and then of the one that is used.
        """
        if len(self._keys) == 1 and take is None:
            progress.key = self._keys[0].tag
            return await ask(self._keys[0]), self._keys[0]
        preferred = progress.key
        tried: set[Key] = set()
        waits_s: list[float] = []
        last: ProviderError | None = None
        while True:
            key = (self._preferred(model, preferred, tried) if preferred else None) or self._next(
                model, tried
            )
            if key is None:
                raise self._none_left(model, last, waits_s)
            tried.add(key)
            if take is not None and (wait_s := await take(key)) > 0:
                waits_s.append(wait_s)
                continue
            progress.key = key.tag
            try:
                return await ask(key), key
            except ProviderError as error:
                if not is_about_the_key(error):
                    raise
                self._let_rest(key, model, error)
                last = error
                progress.sent = False  # a refusal costs nothing

    async def first_asked(self, ask: Callable[[Key], Awaitable[T]]) -> T:
        """What `ask` answers with the first key; whatever it refuses, no key rests. Raises ProviderError."""
        return await ask(self._keys[0])

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

    def _preferred(self, model: str, tag: str, tried: set[Key]) -> Key | None:
        """The key with this tag, if nothing stands against it."""
        key = next((each for each in self._keys if each.tag == tag), None)
        if key is None or key in tried or self._endpoint.rests_until(tag, model):
            return None
        return key if self._endpoint.may_try_from(tag, model) is None else None

    def _next(self, model: str, tried: set[Key]) -> Key | None:
        """The next key in turn that neither rests nor was tried; where all these fail, the first that may be asked."""
        failing: list[tuple[float, int]] = []
        for step in range(len(self._keys)):
            place = (self._turn + step) % len(self._keys)
            key = self._keys[place]
            if key in tried:
                continue
            rest = self._endpoint.rests_until(key.tag, model) if len(self._keys) > 1 else None
            if rest is not None:
                if is_failing(rest[1]):
                    failing.append((rest[0], place))
                continue
            from_s = self._endpoint.may_try_from(key.tag, model)
            if from_s is None:
                self._turn = (place + 1) % len(self._keys)
                return key
            failing.append((from_s, place))
        return self._keys[min(failing)[1]] if failing else None

    def _let_rest(self, key: Key, model: str, error: ProviderError) -> None:
        rest = rest_after(error)
        of = EVERY_MODEL if rest.is_for_every_model else model
        self._endpoint.rest(key.tag, of, rest.for_s, rest.status)
        facts = {"key": key.number, "keys": len(self._keys), "status": error.status, "rest_s": rest.for_s}
        logger.warning("vendor.key_rests", extra=facts)

    def _none_left(self, model: str, last: ProviderError | None, waits_s: Sequence[float]) -> ProviderError:
        """The error where no key is left; `last` is what the vendor has just said of one, `waits_s` when those without
        room have some.
        """
        now_s = self._endpoint.board.now()
        rests = [
            rest for key in self._keys if (rest := self._endpoint.rests_until(key.tag, model)) is not None
        ]
        if last is not None and not waits_s and len(rests) < len(self._keys):
            return last  # one may be used again at once, only not for this call
        until_s, status = min([*rests, *[(now_s + wait_s, LIMITED) for wait_s in waits_s]])
        retry_after_s = math.ceil(until_s - now_s)
        if not waits_s:
            why = f"all its {len(self._keys)} keys rest, the first one until {retry_after_s} s from now"
        else:
            why = f"no key has room left in the vendor's limits for {retry_after_s} s"
        return ProviderError(
            f"{last.message} ({why})" if last is not None else f"{why} (status {status})",
            failure=Failure.REFUSED if last is not None else Failure.UNREACHABLE,
            retryable=status == LIMITED or is_failing(status),
            status=status,
            retry_after_s=float(retry_after_s),
            code=last.code if last is not None and (last.code != SPENT or status == UNPAID) else None,
        )


def is_about_the_key(error: ProviderError) -> bool:
    """Whether the vendor refused the key, so that another one may be taken."""
    if error.failure is not Failure.REFUSED:
        return False
    if error.code == SPENT:
        return True
    return error.status in OF_A_KEY and (error.status != LIMITED or TOO_LARGE not in error.message.lower())
