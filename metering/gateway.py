"""The whole story of a metered call, from the caller's credential to the settled usage.

1. authenticate  whose credential is it, and for which team does it call?
2. plan          may this caller ask for that, which model serves it, and how much can it use at most?
                 (admission/plan.py) Where a rule wants it, what is asked is looked through first (calls/guarding.py).
3. recall        has the tenant this answer already, and wants it again? (calls/from_cache.py) Then what follows costs
                 nothing, and asks no vendor.
4. draw          a request and its tokens, from every rate limit (admission/admit.py)
5. hold          the most that it can use, on the meter of every budget (admission/admit.py); where only calls under way
                 hold the room and a rule lets it, it waits for them (admission/waiting_room.py)
6. run           the task's adapter spends through its allowance, and through nothing else (calls/running.py)
7. settle        what was really used is charged, and the rest of the hold is given back (calls/running.py); where a
                 rule wants it, what was asked and answered is kept (calls/said.py)
8. answer        with the facts: model, cost, what is left

While the database is away a rule may let the call in unseen: its ledger is a spool then (calls/unseen.py).

What is refused on the way is named by admission/denial.py and noted by calls/record.py. A call that came before under
the same Idempotency-Key is answered by calls/repeated.py. A caller who goes away meets calls/abandoning.py.

The questions of callers that are no calls (which models, how many tokens, what is left) follow the story.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from metering.admission.admit import admit
from metering.admission.bound import PictureCounter, TokenCounter, no_picture
from metering.admission.demand import Candidates
from metering.admission.text_tokens import TextCeiling, no_text
from metering.admission.waiting_room import WaitingRoom
from metering.answer_cache.cache import AnswerCache
from metering.background import BackgroundTasks
from metering.calls.abandoning import Departure
from metering.calls.begin import (
    CallRequest,
    Offer,
    PlannedCall,
    askable_models,
    begun,
    ledger_labels,
    offered_models,
    plan,
)
from metering.calls.cached_directory import CachedDirectory
from metering.calls.collaborators import Collaborators
from metering.calls.counting import count_input
from metering.calls.from_cache import answered, cache_terms, overhear, recall, without_use
from metering.calls.guarding import with_guard_verdict
from metering.calls.pipe import MeteredStream
from metering.calls.rates_left import RateLeft, rates_left
from metering.calls.record import note_admission, note_refused_caller
from metering.calls.repeated import Repeated
from metering.calls.running import STREAMED, WHOLE, run_whole
from metering.calls.streaming import run_streamed
from metering.calls.unseen import AWAY, Away, SpillingLedger, UnseenCalls
from metering.calls.values import Call, Facts, Observer, ReplayObserver, Result, facts_of
from metering.calls.without_vendor import work_without_vendor
from metering.content.log import ContentLog
from metering.decisions.log import DecisionLog
from metering.errors import Holder, MeteringError, MeteringUnavailable
from metering.identity.principal import Principal, holder_of
from metering.jobs.drafts import DraftWorkspace
from metering.ledger.port import Ledger
from metering.ports import LLMAdapter, Vendors
from metering.rates.port import Buckets
from metering.rates.process_buckets import ProcessBuckets
from metering.reservation.lease import LeaseKeeper
from metering.types import Task

T = TypeVar("T")


class LLMGateway:
    """Metered LLM work for callers. One for each process; belongs to one event loop."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        vendors: Vendors,
        adapters: Iterable[LLMAdapter],
        count_tokens: TokenCounter,
        count_picture: PictureCounter = no_picture,
        text_ceiling: TextCeiling = no_text,
        lease_s: int,
        directory: CachedDirectory | None = None,
        buckets: Buckets | None = None,
        decisions: DecisionLog | None = None,
        content: ContentLog | None = None,
        waiting: WaitingRoom | None = None,
        answers: AnswerCache | None = None,
        observe: Observer = lambda call, attempts: None,
        on_replay: ReplayObserver = lambda task, *, beyond_rate: None,
        away: Away | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Without `count_picture` a picture counts as the model's whole context, without `text_ceiling` a text as its
        bytes. `directory`, `buckets` and `waiting` are this process's own if they are not given; `decisions` and
        `content` are forgotten if nobody writes them; without `answers` every call asks its vendor; `observe` sees
        every ended call, `on_replay` every request that is answered again. Without `away` no call is let in that the
        ledger does not know.
        """
        self._with = Collaborators(
            ledger=ledger,
            vendors=vendors,
            adapters={task: adapter for adapter in adapters for task in adapter.supported_tasks},
            count_tokens=count_tokens,
            count_picture=count_picture,
            text_ceiling=text_ceiling,
            directory=directory or CachedDirectory(),
            buckets=buckets or ProcessBuckets(),
            background=BackgroundTasks(),
            now=now,
            lease_s=lease_s,
            decisions=decisions or DecisionLog(),
            content=content or ContentLog(),
            leases=LeaseKeeper(ledger),
            waiting=waiting or WaitingRoom(),
            workspace_of=partial(DraftWorkspace, clock=now),
            observe=observe,
            answers=answers,
            spool=away.spool if away is not None else None,
        )
        self._unseen = UnseenCalls(self._with, away) if away is not None else None
        self._repeated = Repeated(self._with, on_replay)

    async def authenticate(
        self, secret: str, *, team: str | None = None, request_id: str | None = None
    ) -> Principal:
        """The caller behind `secret`, working for `team` (id or slug) of its own if one is named.

        Raises InvalidCredential, TokenExpired, TenantSuspended, and NotFound or NotPermitted for the team. With
        `request_id` a refusal can be found by it, if it is known whose credential it is.
        """
        unseen = self._unseen if self._unseen is not None and self._unseen.is_deaf() else None
        if unseen is not None and unseen.is_away():
            return await unseen.last_known(secret, team)
        read = partial(self.directory.principal, secret)
        try:
            caller = await (unseen.read_principal(secret, read) if unseen is not None else read())
        except MeteringUnavailable:
            if self._unseen is None or not self._unseen.is_deaf():
                raise
            return await self._unseen.last_known(secret, team)
        except MeteringError as refusal:
            if refusal.credential_of is not None and request_id is not None:
                self.note_refused(refusal.credential_of, refusal, request_id=request_id)
            raise
        if team is None:
            return caller
        try:
            return replace(caller, team_id=await self.directory.team_id(caller, team))
        except MeteringError as refusal:
            if request_id is not None:
                self.note_refused(caller, refusal, request_id=request_id)
            raise

    async def execute(
        self, caller: Principal, request: CallRequest, *, departure: Departure | None = None
    ) -> Result:
        """Do the work and answer it whole; with `departure` in the current task, which nothing else may cancel.

        Raises what `plan` and `admit` raise, before anything is sent; VendorError and VendorTimeout after; and
        MeteringUnavailable if the ledger goes away for longer than the lease. A request that came before under the
        same Idempotency-Key gets that answer again.
        """
        try:
            with_, call = await self._begin(caller, request)  # steps 2 to 5
        except MeteringError as refusal:
            return (await self._repeated.answer(caller, request, refusal, streamed=False)).whole()
        output = await run_whole(with_, call, departure)  # steps 6 and 7
        return Result(output=output, facts=facts_of(call, ended_s=time.monotonic()))

    async def stream(
        self, caller: Principal, request: CallRequest, *, patience_s: float | None = None
    ) -> tuple[Facts, MeteredStream]:
        """Do the work and hand over its events as they come; returns with the first one.

        Raises as `execute` does where there is no first event; the stream raises what happens later.

        With `patience_s` it returns after that time even if nothing has come (the facts are then `pending`), and the
        stream yields NOTHING_YET whenever nothing comes for as long again.
        """
        try:
            with_, call = await self._begin(caller, request)
        except MeteringError as refusal:
            first = await self._repeated.answer(caller, request, refusal, streamed=True)
            return await first.stream(self._with.background)
        return await run_streamed(with_, call, patience_s=patience_s)

    async def _begin(self, caller: Principal, request: CallRequest) -> tuple[Collaborators, Call]:
        """Plan and admit a call, which may spend from here on; returns it, and with whom it goes on.

        While the database is away it may be let in unseen (calls/unseen.py).
        """
        started_s = time.monotonic()
        try:
            if caller.is_last_known:
                raise MeteringUnavailable(AWAY)
            planned = await plan(self._with, caller, request)
            spilling = None
            if self._unseen is not None:
                spilling = self._unseen.spilling(request, planned.plan.policy, self._with.ledger)
            return await self._admit(self._with, caller, request, planned, started_s, spilling=spilling)
        except MeteringUnavailable as away:
            if self._unseen is None or type(away) is not MeteringUnavailable:
                raise
            with_, planned = await self._unseen.plan(caller, request, away)
            return await self._admit(with_, caller, request, planned, started_s)

    async def _admit(
        self,
        with_: Collaborators,
        caller: Principal,
        request: CallRequest,
        planned: PlannedCall,
        started_s: float,
        *,
        spilling: SpillingLedger | None = None,
    ) -> tuple[Collaborators, Call]:
        """Recall, draw and hold for a planned call; returns it, and with whom it goes on.

        `spilling` is its ledger where it may begin unseen, should the real one not answer.
        """
        # 3. Recall, where a rule or the caller wants it: what is kept already needs no room.
        recalled, is_kept = None, False
        if request.cache is not None or planned.plan.policy.numbers.get("cache_ttl_s"):
            terms = await cache_terms(with_, request, planned.plan)
            recalled = await recall(with_, request, planned.plan, terms) if terms is not None else None
            is_kept = recalled is not None and recalled.entry is not None
        # 4. Draw from its rate limits, and 5. hold what it may use.
        admitted = await admit(
            without_use(planned.plan) if is_kept else planned.plan,
            labels=partial(ledger_labels, caller, request),
            ledger=spilling or with_.ledger,
            buckets=with_.buckets,
            background=with_.background,
            lease_s=with_.lease_s,
            now=with_.now,
            idempotency=request.idempotency,
            reservation_id=request.reservation_id,
            waiting=with_.waiting if request.may_wait else None,
        )
        if spilling is not None and spilling.has_spilled and self._unseen is not None:
            with_ = self._unseen.collaborators(spilling.unseen)
        # Now it may spend. What is to be known of that is noted before anything is sent.
        if recalled is not None and is_kept:
            call = answered(
                with_, request, planned.work, planned.plan, admitted, recalled, started_s=started_s
            )
        else:
            call = begun(with_, request, planned.work, admitted, started_s=started_s)
            if recalled is not None:
                call = overhear(call, recalled)
        if planned.seen is not None:
            call = with_guard_verdict(call, planned.seen)
        if call.verdicts or with_.decisions.is_sampled():
            note_admission(with_.decisions, caller, request, call, with_.now())
        return with_, call

    def note_refused(self, who: Holder | Principal, refusal: MeteringError, *, request_id: str) -> None:
        """Let a refusal before there is a call be found by its request's id. Never waits and never fails."""
        holder = who if isinstance(who, Holder) else holder_of(who)
        note_refused_caller(
            self._with.decisions, holder, refusal, request_id=request_id, now=self._with.now()
        )

    @property
    def directory(self) -> CachedDirectory:
        """The snapshots of callers, plans, models and policies."""
        return self._with.directory

    async def models(self, caller: Principal, task: Task) -> dict[str, Candidates]:
        """Every model, alias and class that the caller may ask for now, with the models that it stands for.

        Raises NotPermitted where it may ask for none, and MeteringUnavailable.
        """
        return await askable_models(self._with, caller, task.value)

    async def offers(self, caller: Principal, task: Task) -> dict[str, Offer]:
        """The names that `models` returns, each with its models and what they cost the caller. Raises the same."""
        return await offered_models(self._with, caller, task.value)

    async def check(self, caller: Principal, request: CallRequest) -> Mapping[str, int]:
        """The numeric rules in force for a request that is to be carried out later. Nothing is drawn or held.

        Raises what `plan` raises.
        """
        return (await plan(self._with, caller, request)).work.limits

    async def count_input(self, caller: Principal, request: CallRequest) -> int:
        """The tokens of a request's input. Nothing is held or sent.

        Raises NotPermitted, ModelNotFound, InvalidRequest, RateLimited and MeteringUnavailable.
        """
        return await count_input(self._with, caller, request)

    async def rates_left(self, caller: Principal, task: Task, *, agent_id: str) -> tuple[RateLeft, ...]:
        """What an agent's rate limits have left; nothing is drawn. Raises MeteringUnavailable."""
        return await rates_left(self._with, caller, task, agent_id=agent_id)

    async def work_without_vendor(
        self, caller: Principal, request: CallRequest, work: Callable[[], T], *, name: str
    ) -> T:
        """Do work that asks no vendor, and count it as a request of its task.

        Raises what `plan` and `admit` raise, and what the work raises.
        """
        return await work_without_vendor(self._with, caller, request, work, name=name)

    def serves_unseen(self) -> bool:
        """Whether the database is away, and calls are let in nevertheless."""
        return self._unseen is not None and self._unseen.lets_anybody_in()

    def stop_waiting(self) -> None:
        """Refuse the calls that wait for room, and let none wait from now on."""
        self._with.waiting.close()

    def stop_calls(self) -> int:
        """Stop every running call: it is settled, and its caller told. Returns how many those are."""
        return self._with.background.cancel((WHOLE, STREAMED))

    async def close(self, deadline_s: float) -> None:
        """Wait for running calls and settlements; what is left after the deadline is stopped."""
        self.stop_waiting()
        await self._with.background.drain(deadline_s)
        await self._with.leases.close()
        if self._unseen is not None:
            await self._unseen.leases.close()
