"""Orders candidates, and learns from how calls end. For one event loop; nothing here waits.

Invariants: an order has every candidate exactly once, and one that something stands against never comes before one that
is free. Where nothing is free, they are tried all the same: the one that is soonest back comes first.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from providers.routing.board import Board, is_over
from providers.routing.conversations import Conversations, Server, draw_of
from providers.routing.endpoint import Endpoint, Standing
from providers.routing.health import Health
from providers.routing.place import Kind, Place, owner_of
from providers.routing.ranks import Weights, scores
from providers.routing.track_record import TrackRecord
from providers.routing.transitions import HALF_OPEN, OPEN, Transitions
from providers.routing.watch import SentBy, Watch

MAX_RECORDS = 10_000
"""Of which something is remembered; beyond that the oldest is learnt again."""
MAX_ENDPOINTS = 2_000


class Candidate(Protocol):
    """A model that could serve a call."""

    @property
    def provider_name(self) -> str: ...
    @property
    def physical_name(self) -> str: ...
    @property
    def key_of(self) -> UUID | None: ...


class Router:
    """What one process knows of vendors, and what follows from it."""

    def __init__(
        self,
        board: Board | None = None,
        *,
        weights: Weights | None = None,
        on_transition: Callable[[str, str], None] = lambda provider, state: None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """`on_transition` counts what becomes of circuits, by provider and state; `draw` shares load among equals."""
        self.board = board or Board()
        self.conversations = Conversations(self.board.now)
        self.transitions = Transitions(self.board, self._endpoint_at, on_transition)
        self._weights = weights or Weights()
        self._draw = draw
        self._records: dict[tuple[str, UUID | None, str], TrackRecord] = {}
        self._reached: dict[tuple[str, UUID | None], Health] = {}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def endpoint(self, provider: str, key_of: UUID | None, tags: Sequence[str]) -> Endpoint:
        """The provider as it is reached with these keys from now on."""
        found = Endpoint(self.board, provider, owner_of(key_of), tags)
        self._endpoints.pop((provider, found.owner), None)
        if len(self._endpoints) >= MAX_ENDPOINTS:
            del self._endpoints[next(iter(self._endpoints))]
        self._endpoints[provider, found.owner] = found
        return found

    def begin(
        self, provider: str, key_of: UUID | None, model: str, sent_by: SentBy, conversation: str | None
    ) -> Watch:
        """A call begins: tell the watch how it goes. `sent_by` learns which key holds the prompt cache."""
        record = self._records.get((provider, key_of, model)) or self._new_record(provider, key_of, model)
        if conversation and self._has_keys(record.server):
            seat = self.conversations.seat_of(conversation)
            if seat is not None and seat.server == record.server:
                sent_by.key = seat.key
        watch = Watch(record, self.transitions, sent_by, self.conversations, conversation)
        if self.board.entries:
            watch.try_given(self._endpoint_of(record.server))
        return watch

    def order(
        self, candidates: Sequence[Candidate], costs: Sequence[float], conversation: str | None
    ) -> list[int]:
        """The places of all candidates, in the order in which they are to be tried."""
        records = [self._record_of(candidate) for candidate in candidates]
        standings = [self._endpoint_of(record.server).standing(record.server.model) for record in records]
        ranked = self._ranked(records, costs, conversation)
        free = [place for place in ranked if standings[place].until_s is None]
        if len(free) == len(ranked) and not self.board.entries:
            return free
        self._want_permits(ranked, standings)
        if free:
            first = records[free[0]].server
            self._endpoint_of(first).give_permit(first.model)
        others = [place for place in ranked if standings[place].until_s is not None]
        return [*free, *sorted(others, key=lambda place: standings[place].until_s or 0.0)]

    def is_available(self, candidate: Candidate) -> bool:
        """Whether nothing stands against a call of it now. Changes nothing."""
        server = Server(candidate.provider_name, owner_of(candidate.key_of), candidate.physical_name)
        return self._endpoint_of(server).standing(server.model).until_s is None

    def count_circuits(self) -> Mapping[tuple[str, ...], int]:
        """How many circuits are not closed, by provider and state. Changes nothing: any thread may ask."""
        found: Counter[tuple[str, ...]] = Counter()
        now_s = self.board.now()
        for place, entry in [*self.board.entries.items()]:
            if place.kind is Kind.CIRCUIT and not is_over(place, entry.until_s, now_s):
                found[place.provider, OPEN if entry.until_s > now_s else HALF_OPEN] += 1
        return found

    def _ranked(
        self, records: Sequence[TrackRecord], costs: Sequence[float], conversation: str | None
    ) -> list[int]:
        """Return the candidates in order, as if nothing stood against any of them."""
        now_s = self.board.now()
        speeds = [record.speed.seen(now_s) for record in records]
        shares = [record.failure_share(now_s) for record in records]
        score = scores(costs, speeds, shares, self._weights)
        seat = self.conversations.seat_of(conversation) if conversation else None
        last = seat.server if seat is not None else None
        draws = [
            self._draw() if not conversation else draw_of(conversation, record.server) for record in records
        ]
        return sorted(
            range(len(records)),
            key=lambda place: (records[place].server != last, score[place], -draws[place]),
        )

    def _want_permits(self, ranked: Sequence[int], standings: Sequence[Standing]) -> None:
        """Where a half-open candidate would be tried before any that is free, somebody should find out about it."""
        for place in ranked:
            if standings[place].until_s is None:
                return
            for circuit in standings[place].half_open:
                self.board.want_permit(circuit)

    def _record_of(self, candidate: Candidate) -> TrackRecord:
        provider, key_of, model = candidate.provider_name, candidate.key_of, candidate.physical_name
        return self._records.get((provider, key_of, model)) or self._new_record(provider, key_of, model)

    def _new_record(self, provider: str, key_of: UUID | None, model: str) -> TrackRecord:
        record = TrackRecord(Server(provider, owner_of(key_of), model), self._reached_of(provider, key_of))
        if len(self._records) >= MAX_RECORDS:
            del self._records[next(iter(self._records))]
        self._records[provider, key_of, model] = record
        return record

    def _reached_of(self, provider: str, key_of: UUID | None) -> Health:
        """Whether the provider is reached at all: the same for all its models."""
        health = self._reached.get((provider, key_of))
        if health is None:
            if len(self._reached) >= MAX_ENDPOINTS:
                del self._reached[next(iter(self._reached))]
            health = self._reached[provider, key_of] = Health()
        return health

    def _endpoint_of(self, server: Server) -> Endpoint:
        """As it is known, or, of one that was not called from here yet, with the keys that others tell of."""
        found = self._endpoints.get((server.provider, server.owner))
        if found is not None:
            return found
        told = [
            place.key
            for place in self.board.entries
            if place.provider == server.provider
            and place.owner == server.owner
            and place.model == server.model
        ]
        return Endpoint(self.board, server.provider, server.owner, tuple(dict.fromkeys(told)) or ("",))

    def _has_keys(self, server: Server) -> bool:
        """Whether the endpoint has several keys to choose from."""
        endpoint = self._endpoints.get((server.provider, server.owner))
        return endpoint is not None and len(endpoint.tags) > 1

    def _endpoint_at(self, place: Place) -> Endpoint | None:
        return self._endpoints.get((place.provider, place.owner))
