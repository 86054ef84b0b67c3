"""Follows one call, and says of its vendor what its end shows."""

from typing import Protocol

from providers.port import Failure, ProviderError
from providers.routing.board import Entry
from providers.routing.conversations import Conversations
from providers.routing.endpoint import Endpoint
from providers.routing.fault import Fault, Rest, fault_of, rest_after, rest_while_failing
from providers.routing.place import EVERY_KEY, EVERY_MODEL, Kind, Place
from providers.routing.track_record import TrackRecord
from providers.routing.transitions import Transitions

TOLD_TWICE_S = 1.0
"""By how much longer a rest has to be than the one that is known, so that it is not the same one, told by who asked."""


class SentBy(Protocol):
    """Where a call notes with which key it went out, and whether it did."""

    sent: bool
    """Whether the vendor can have seen it."""
    key: str
    """The tag of the key with which it went out last; empty: none."""


class Watch:
    """One call of one vendor. Exactly one of `answered`, `streamed`, `failed` and `left` ends it."""

    __slots__ = ("_began_s", "_conversation", "_conversations", "_record", "_sent_by", "_to", "_trying")

    def __init__(
        self,
        record: TrackRecord,
        transitions: Transitions,
        sent_by: SentBy,
        conversations: Conversations,
        conversation: str | None,
    ) -> None:
        self._record = record
        self._to = transitions
        self._sent_by = sent_by
        self._conversations = conversations
        self._conversation = conversation
        self._began_s = transitions.board.now()
        self._trying: tuple[Entry, ...] = ()

    def try_given(self, endpoint: Endpoint) -> None:
        """Be the call that tries the half-open circuits on the way, if their permits have been given and not used."""
        self._trying = endpoint.given(self._record.server.model)
        for entry in self._trying:
            entry.trier = self

    def first_byte(self) -> None:
        """Note that a stream has begun."""
        now_s = self._to.board.now()
        self._record.speed.first_byte_s.saw(now_s - self._began_s, now_s)

    def answered(self, output_tokens: int | None) -> None:
        """Note that the whole answer came."""
        now_s = self._to.board.now()
        self._record.speed.answered(now_s - self._began_s, output_tokens, now_s)
        self._succeeded(now_s)

    def streamed(self) -> None:
        """Note that the stream came to its end."""
        self._succeeded(self._to.board.now())

    def failed(self, error: ProviderError) -> Fault:
        """Note that the call ended with this error, and return what that says of the vendor."""
        fault, record, key = fault_of(error), self._record, self._sent_by.key
        if fault is Fault.UNREACHABLE:
            self._to.failed(self._circuit(EVERY_MODEL, EVERY_KEY), record.reached, self._began_s, error)
            self.left()
            return fault
        refused = error.failure is Failure.REFUSED and fault in (Fault.LIMITED, Fault.KEY_REFUSED)
        if refused or self._sent_by.sent:
            self._was_reached()
        if fault is Fault.FAILING:
            health = record.health(key)
            self._to.failed(self._circuit(record.server.model, key), health, self._began_s, error)
            self._let_rest(rest_while_failing(error))
        if refused:
            self._let_rest(rest_after(error))
        self.left()
        return fault

    def left(self) -> None:
        """Let another call try what this one was to try, if it has ended without a word of that."""
        for entry in self._trying:
            if entry.trier is self:
                entry.give_back()
        if self._to.board.entries:
            entry_of_key = self._to.board.entries.get(
                self._circuit(self._record.server.model, self._sent_by.key)
            )
            if entry_of_key is not None and entry_of_key.is_used and entry_of_key.trier is None:
                entry_of_key.give_back()  # the key was chosen to try it, without an order

    def _succeeded(self, now_s: float) -> None:
        record, key = self._record, self._sent_by.key
        record.reached.succeeded(now_s)
        record.health(key).succeeded(now_s)
        if self._to.board.entries:
            provider, owner, model = record.server
            of_key = [(Kind.CIRCUIT, model), (Kind.REST, model), (Kind.REST, EVERY_MODEL)]
            self._to.succeeded(
                (
                    self._circuit(EVERY_MODEL, EVERY_KEY),
                    *[Place(kind, provider, owner, of, key) for kind, of in of_key],
                ),
                self._began_s,
            )
            self.left()
        if self._conversation:
            self._conversations.note(self._conversation, record.server, key)

    def _was_reached(self) -> None:
        """Note that the vendor can be reached, whatever it answered."""
        self._record.reached.succeeded(self._to.board.now())
        if self._to.board.entries:
            self._to.succeeded((self._circuit(EVERY_MODEL, EVERY_KEY),), self._began_s)

    def _let_rest(self, rest: Rest) -> None:
        """A key that is alone rests too: not to be refused, but to be asked last."""
        if not rest.for_s:
            return
        provider, owner, model = self._record.server
        of = EVERY_MODEL if rest.is_for_every_model else model
        place = Place(Kind.REST, provider, owner, of, self._sent_by.key)
        known = self._to.board.get(place)
        if known is None or known.until_s + TOLD_TWICE_S < self._to.board.now() + rest.for_s:
            self._to.board.put(place, rest.for_s, status=rest.status)

    def _circuit(self, model: str, key: str) -> Place:
        server = self._record.server
        return Place(Kind.CIRCUIT, server.provider, server.owner, model, key)
