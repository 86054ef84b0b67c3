"""What policy compiles to: immutable values that the hot path reads without touching the database."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from metering.ledger.commands import ALWAYS, MeterKey
from metering.policy.rate_limit import CallRates
from metering.rules.conditions import Condition
from metering.rules.rule import NARROW_SCOPES, Rule
from metering.types import EnforcementMode, Scope

if TYPE_CHECKING:
    from metering.policy.variants import Variants


class PolicySubject(NamedTuple):
    """For whom a policy is compiled."""

    tenant_id: UUID
    plan: str
    """The plan's code, from the token."""
    team_id: UUID | None
    user_id: UUID | None
    token_id: UUID | None

    @property
    def principal(self) -> UUID | None:
        """Whose share of a gradual rollout it is: the user, or the token of a caller who is no user."""
        return self.user_id or self.token_id

    def id_in(self, scope: Scope) -> UUID | None:
        """The id of its tenant, team, user or token, as the scope says; None if it has none."""
        own = (self.tenant_id, self.team_id, self.user_id, self.token_id)
        return dict(zip((Scope.TENANT, *NARROW_SCOPES), own, strict=True))[scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The value of a rule key, and where it comes from."""

    value: int | str
    scope: Scope
    rule_id: UUID
    mode: EnforcementMode = EnforcementMode.ENFORCE
    """Anything but enforce: it is not in force, only observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLimit:
    """A limit on a meter: which meter, how much may be taken, and what happens beyond."""

    meter: MeterKey
    limit: int
    """In the ledger's units: cost in nano-USD."""
    mode: EnforcementMode = EnforcementMode.ENFORCE
    release_on_expiry: bool
    scope: Scope
    name: str
    """How messages call the budget: scope, dimension and window, such as `tenant cost/month`."""
    model_class: str | None = None
    """Only calls to models of this class count; None: all."""
    source_id: UUID
    """The budget or rule that sets the limit."""
    budget_id: UUID
    """The budget or rule whose limit it is known as: of a rule whose condition holds, the one that it stands in for."""
    thresholds: str = ""
    """Percentages of the limit that are to be told, ascending, such as `80,95,100`."""
    counts_since: datetime = ALWAYS
    """Since when every call of the subject has had this limit."""
    only_counts: bool = False
    """It is not the caller's limit: a meter that others' limits stand on counts the call too."""
    enforced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "enforced", self.mode is EnforcementMode.ENFORCE)

    def of_subject(self, subject_id: str) -> "MeterLimit":
        """The same budget on the meter of one provider or agent."""
        return dataclasses.replace(self, meter=replace(self.meter, subject_id=subject_id))


MeterLimits = tuple[MeterLimit, ...]
_MEMO_ENTRIES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectivePolicy:
    """All that applies to one subject and task: settings, and a meter limit for every budget."""

    task: str
    mode: EnforcementMode
    """Of the subject's calls as a whole: anything but `enforce` turns its own limits into records."""
    settings: Mapping[str, Setting]
    """In force."""
    limits: MeterLimits
    """For every call of the subject."""
    by_provider: Mapping[str, MeterLimits]
    """For calls that this provider may serve."""
    by_agent: Mapping[str, MeterLimits]
    """For calls that name this agent."""
    each_provider: MeterLimits
    """Budgets that count every provider by itself; their meters' subject is filled in for each call."""
    each_agent: MeterLimits
    by_class: Mapping[str, MeterLimits] = field(default_factory=dict)
    """For calls to models of this class; the others' limits may name a class too."""
    rates: CallRates = field(default_factory=CallRates)
    """The token buckets that calls draw from."""
    shadow_settings: Mapping[str, Setting] = field(default_factory=dict)
    """Limits that are tighter than those in force, and only observed."""
    shadow_rates: CallRates = field(default_factory=CallRates)
    """Buckets whose denials are only recorded."""
    rules: tuple[Rule, ...] = ()
    """Every rule that applies to the subject and the task, whether or not its condition holds: for explanations."""
    holding: frozenset[Condition] = frozenset()
    """The conditions that hold."""
    variants: "Variants | None" = None
    """Where rules have conditions: which policy they make at a moment."""
    numbers: Mapping[str, int] = field(init=False)
    """Every numeric setting in force, by key."""
    observes: bool = field(init=False)
    """Whether there is a limit that would have denied or clamped, had it been enforced."""
    _memo: dict[tuple[tuple[str, ...], str | None, str], MeterLimits] = field(
        default_factory=dict, compare=False
    )

    def __post_init__(self) -> None:
        numbers = {key: item.value for key, item in self.settings.items() if isinstance(item.value, int)}
        object.__setattr__(self, "numbers", numbers)
        in_shadow = bool(self.shadow_settings or self.shadow_rates)
        object.__setattr__(self, "observes", in_shadow or self._has_loose_limits())

    def number(self, key: str) -> int | None:
        """The limit in force for a numeric key; None: unlimited, or observed only."""
        return self.numbers.get(key)

    def choice(self, key: str, default: str) -> str:
        """The choice in force for a key of choices."""
        setting = self.settings.get(key)
        return setting.value if setting is not None and isinstance(setting.value, str) else default

    def limits_for(self, providers: tuple[str, ...], agent_id: str | None, model_class: str) -> MeterLimits:
        """Every limit of a call to a model of `model_class` that one of `providers` will serve, for `agent_id` if
        it names one."""
        if not (self.by_provider or self.by_agent or self.each_provider or self.each_agent or self.by_class):
            return self.limits
        key = (providers, agent_id, model_class)
        known = self._memo.get(key)
        if known is None:
            known = self._assemble(providers, agent_id, model_class)
            if len(self._memo) < _MEMO_ENTRIES:  # agent ids come from callers: never keep them all
                self._memo[key] = known
        return known

    def _assemble(self, providers: tuple[str, ...], agent_id: str | None, model_class: str) -> MeterLimits:
        limits = [*self.limits, *self.by_class.get(model_class, ())]
        for provider in providers:
            limits += self.by_provider.get(provider, ())
            limits += [limit.of_subject(provider) for limit in self.each_provider]
        if agent_id is not None:
            limits += self.by_agent.get(agent_id, ())
            limits += [limit.of_subject(agent_id) for limit in self.each_agent]
        return tuple(limit for limit in limits if limit.model_class in (None, model_class))

    def _has_loose_limits(self) -> bool:
        groups = (
            self.limits,
            *self.by_provider.values(),
            *self.by_agent.values(),
            *self.by_class.values(),
            self.each_provider,
            self.each_agent,
        )
        return any(not (limit.enforced or limit.only_counts) for group in groups for limit in group)
