"""One decision with its trace, as a value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from metering.policy.values import PolicySubject
from metering.types import EnforcementMode


class Verdict(StrEnum):
    """What became of a call, or of one limit on its way."""

    ALLOWED = "allowed"
    WARNED = "warned"
    """Let pass by a limit in mode warn, which would have denied it."""
    OBSERVED = "observed"
    """The same in mode observe."""
    DENIED = "denied"


class Standing(StrEnum):
    """What a rule or limit had to say about a call."""

    IN_FORCE = "in force"
    WARNS = "warns"
    OBSERVED = "observed"
    OVERRIDDEN = "overridden"
    """Another rule of the gateway, plan or tenant comes later in the order."""
    NOT_TIGHTER = "not tighter"
    """A team's, user's or token's rule that allows no less than what is in force."""
    NOT_NOW = "condition does not hold"
    HAS_ROOM = "has room"
    NO_ROOM = "no room"
    WOULD_DENY = "would deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule, budget or rate that applies to the call."""

    rule: str
    """As messages call it."""
    value: int | str
    """Of a budget in the ledger's units: nano-USD for cost."""
    source: str
    """The scope, with the plan's code or whose it is."""
    source_id: UUID | None
    """The rule or budget; None for a default and for the plan itself."""
    outcome: Standing
    key: str = ""
    """Of the rule that sets a rate or a limit on calls at once; empty for a budget, and where `rule` is the key."""
    window: str = ""
    """Of a budget or rate."""
    used: int | None = None
    """Of a rate: what has not been refilled. None: not known."""
    held: int | None = None
    requested: int | None = None
    left: int | None = None
    """What a further call may take."""
    override: int = 0
    """How much of a budget's value comes from overrides."""
    shared: bool = False
    """Whether other tenants' use is in these figures: for operators only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementDecision:
    """Whether a call may be made, which rule decided, and what every other one said."""

    verdict: Verdict
    at: datetime
    subject: PolicySubject
    task: str
    model: str
    """As asked for, or as chosen where one was."""
    fallbacks: tuple[str, ...] = ()
    """The models that may serve it should that one fail, by cost, last those whose vendors are known to fail; speed and
    the conversation may change the order at the call.
    """
    mode: EnforcementMode
    """Of the rule that decided; of the call where none did."""
    code: str = ""
    """Of the error, or of the error that there would have been; empty: none."""
    message: str = ""
    rule: str = ""
    """Which one decided; empty where everything had room."""
    rule_id: UUID | None = None
    trace: tuple[Step, ...] = ()
