"""Who the gateway works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from metering.admission.bound import PictureCounter, TokenCounter
from metering.admission.text_tokens import TextCeiling
from metering.admission.waiting_room import WaitingRoom
from metering.answer_cache.cache import AnswerCache
from metering.background import BackgroundTasks
from metering.calls.cached_directory import CachedDirectory
from metering.calls.values import Observer
from metering.content.log import ContentLog
from metering.decisions.log import DecisionLog
from metering.identity.principal import Principal
from metering.ledger.port import Ledger
from metering.ledger.spool.spool import Spool
from metering.ports import LLMAdapter, Vendors, Workspace
from metering.rates.port import Buckets
from metering.reservation.lease import LeaseKeeper
from metering.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators:
    """Everything that a call needs from outside of it, as gateway_project/wiring.py has chosen it."""

    ledger: Ledger
    vendors: Vendors
    adapters: Mapping[Task, LLMAdapter]
    count_tokens: TokenCounter
    count_picture: PictureCounter
    text_ceiling: TextCeiling
    directory: CachedDirectory
    buckets: Buckets
    background: BackgroundTasks
    now: Callable[[], datetime]
    lease_s: int
    decisions: DecisionLog
    leases: LeaseKeeper
    waiting: WaitingRoom
    workspace_of: Callable[[Principal, int], Workspace]
    """Where a task keeps drafts for a caller, for so many days."""
    observe: Observer
    """Sees every call that has ended."""
    content: ContentLog
    """Keeps what calls said, where a rule wants it."""
    spool: Spool | None = None
    """Keeps the ends of calls that the ledger cannot be told now; None: nobody does."""
    answers: AnswerCache | None = None
    """Answers that are given again; None: there are none."""
