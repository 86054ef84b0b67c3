"""The values that a policy consists of. They do not change, and the hot path reads them without the database."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec.structs import replace

from metering.ledger.commands import ALWAYS, MeterKey, Raise
from metering.network import counted_address
from metering.price import NO_MARKUP
from metering.rules.conditions import Condition
from metering.rules.rule import NARROW_SCOPES, Rule, whose
from metering.tags import Tags, read_keys
from metering.types import MAX_AMOUNT, Dimension, EnforcementMode, Scope

_MEMO_ENTRIES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A bucket that holds `per_minute` units and refills with as many every minute."""

    key: str
    """The bucket's name, the same in every process. It says dimension, subject and task, not the rule, so that a
    changed rule goes on with the bucket as it is. Only a rule in shadow (policy/rates.py) has a bucket of its own."""
    dimension: Dimension
    """Requests or tokens."""
    per_minute: int
    scope: Scope
    """The scope of the rule that sets it."""
    name: str
    """The limit's name in messages: scope, dimension and window, such as `plan requests/minute`."""
    per: str = ""
    """If every `user`, `agent` or other has a bucket of its own within whoever the rule is for, which; else empty."""
    mode: EnforcementMode = EnforcementMode.ENFORCE
    rule_id: UUID | None = None
    """The rule that sets the limit; None for the default, which no rule sets."""

    @property
    def rule_key(self) -> str:
        """The key of the rule that sets it."""
        return f"{self.dimension}_per_minute" + (f"_per_{self.per}" if self.per else "")

    @property
    def is_of_provider(self) -> bool:
        """Whether the bucket is one of calls to one provider."""
        return self.scope is Scope.PROVIDER or self.per == "provider"

    @property
    def shared(self) -> bool:
        """Whether tenants share the bucket."""
        return self.scope is Scope.PROVIDER or (self.scope is Scope.GLOBAL and self.per == "address")

    def of_subject(self, subject: str) -> "RateLimit":
        """Return the same rule's bucket for one agent, provider or address."""
        return dataclasses.replace(self, key=self.key + subject)


Limits = tuple[RateLimit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRates:
    """Every bucket of a policy. The keys of `each_*` lack their end: the agent, provider or address of the call."""

    always: Limits = ()
    by_provider: Mapping[str, Limits] = field(default_factory=dict)
    """The provider's own buckets, which all tenants share."""
    each_provider: Limits = ()
    by_agent: Mapping[str, Limits] = field(default_factory=dict)
    """The buckets of agents with rules of their own. They take the place of `each_agent`."""
    each_agent: Limits = ()
    each_address: Limits = ()
    _memo: dict[tuple[str, str | None, str | None], Limits] = field(
        default_factory=dict, compare=False, init=False
    )
    """Made anew for every copy, which may have other limits."""

    def __bool__(self) -> bool:
        """Whether any call may draw from a bucket."""
        return bool(
            self.always
            or self.by_provider
            or self.each_provider
            or self.by_agent
            or self.each_agent
            or self.each_address
        )

    def everything(self) -> Iterator[RateLimit]:
        """Yield the buckets of every group."""
        yield from (*self.always, *self.each_provider, *self.each_agent, *self.each_address)
        for group in (*self.by_provider.values(), *self.by_agent.values()):
            yield from group

    def only(self, keep: Callable[[RateLimit], RateLimit | None]) -> "CallRates":
        """Return the buckets that `keep` returns; it may change a bucket, or drop it by returning None."""

        def kept(limits: Limits) -> Limits:
            return tuple(found for limit in limits if (found := keep(limit)) is not None)

        def groups(of: Mapping[str, Limits]) -> dict[str, Limits]:
            return {name: found for name, limits in of.items() if (found := kept(limits))}

        return CallRates(
            always=kept(self.always),
            by_provider=groups(self.by_provider),
            each_provider=kept(self.each_provider),
            by_agent=groups(self.by_agent),
            each_agent=kept(self.each_agent),
            each_address=kept(self.each_address),
        )

    def for_call(self, *, provider: str, agent_id: str | None, address: str | None) -> Limits:
        """Return the buckets of one call. An agent or address that is not known (None) adds none."""
        if agent_id is None and not (self.by_provider or self.each_provider or self.each_address):
            return self.always
        key = (provider, agent_id, address if self.each_address else None)
        known = self._memo.get(key)
        if known is None:
            known = self._assemble(*key)
            if len(self._memo) < _MEMO_ENTRIES:  # agents and addresses come from callers: never keep them all
                self._memo[key] = known
        return known

    def _assemble(self, provider: str, agent_id: str | None, address: str | None) -> Limits:
        limits = [*self.always, *self.by_provider.get(provider, ())]
        limits += [limit.of_subject(provider) for limit in self.each_provider]
        if agent_id is not None:
            of_agent = self.by_agent.get(agent_id)
            limits += (
                of_agent
                if of_agent is not None
                else [limit.of_subject(agent_id) for limit in self.each_agent]
            )
        if address is not None:
            limits += [limit.of_subject(counted_address(address)) for limit in self.each_address]
        return tuple(limits)


class PolicySubject(NamedTuple):
    """The caller for whom a policy is compiled."""

    tenant_id: UUID
    plan: str
    """The plan's code, from the token."""
    team_id: UUID | None
    user_id: UUID | None
    token_id: UUID | None

    @property
    def principal(self) -> UUID | None:
        """The user, or the token of a caller who is no user: it decides who is in a share that is enforced."""
        return self.user_id or self.token_id

    def id_in(self, scope: Scope) -> UUID | None:
        """The id of its tenant, team, user or token, as the scope says; None if it has none."""
        own = (self.tenant_id, self.team_id, self.user_id, self.token_id)
        return dict(zip((Scope.TENANT, *NARROW_SCOPES), own, strict=True))[scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The value of a rule key, and the rule that it comes from."""

    value: int | str
    scope: Scope
    rule_id: UUID
    mode: EnforcementMode = EnforcementMode.ENFORCE
    """Anything but enforce means that the value is not in force, only observed."""
    scope_id: str = ""

    def named(self, key: str) -> str:
        """What messages call the rule of this key that it comes from."""
        return f"{whose(self.scope, self.scope_id)} {key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLimit:
    """A limit on a meter: which meter, how much may be taken from it, and what happens to a call that needs more."""

    meter: MeterKey
    limit: int
    """The most that may be taken, in the ledger's units: nano-USD for cost."""
    mode: EnforcementMode = EnforcementMode.ENFORCE
    release_on_expiry: bool
    scope: Scope
    name: str
    """The budget's name in messages: scope, dimension and window, such as `tenant cost/month`."""
    model_class: str | None = None
    """Only calls to models of this class count; None: all."""
    source_id: UUID | None
    """The budget or rule that sets the limit."""
    budget_id: UUID
    """The budget or rule that the limit is known as: of a rule with a condition, the rule that it stands in for."""
    thresholds: str = ""
    """Percentages of the limit at which an alert is raised, ascending, such as `80,95,100`."""
    counts_since: datetime = ALWAYS
    """The moment since which every call of the subject has had this limit."""
    only_counts: bool = False
    """Whether it is not the caller's limit, but stands on a meter that has to count the call for others' limits."""
    raises: tuple[Raise, ...] = ()
    """What overrides add to it, in the windows that they are for."""
    raises_by_subject: Mapping[str, tuple[Raise, ...]] = field(default_factory=dict, hash=False)
    """What they add for one provider, agent or tag alone, where the meter's subject is filled in for each call."""
    enforced: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "enforced", self.mode is EnforcementMode.ENFORCE)

    def limit_at(self, now: datetime) -> int:
        """Return the limit with the overrides of a moment. What the ledger decides goes by its window instead."""
        if not self.raises:
            return self.limit
        added = [each.amount for each in self.raises if each.until is None or now < each.until]
        return min(MAX_AMOUNT, self.limit + sum(added))

    def of_subject(self, subject_id: str) -> "MeterLimit":
        """Return the same limit on the meter of one provider or agent."""
        raises = self.raises + self.raises_by_subject.get(subject_id, ())
        meter = replace(self.meter, subject_id=subject_id)
        return dataclasses.replace(self, meter=meter, raises=raises, raises_by_subject={})

    def of_tag(self, tag: str) -> "MeterLimit":
        """Return the same limit on the meter of one tag. A call may have several, so its name says of which."""
        return dataclasses.replace(self.of_subject(tag), name=f"{self.name} of tag {tag}")


MeterLimits = tuple[MeterLimit, ...]


class Variants(Protocol):
    """The policies of one subject and task, where rules have conditions (policy/variants.py)."""

    meters: Mapping[MeterKey, datetime]
    """Whose use the answer depends on, and since when every call counts on them."""

    def at(self, now: datetime, taken: Mapping[MeterKey, int]) -> "EffectivePolicy":
        """Return the policy of a moment, where so much is used and held on the meters."""
        ...


class Labelled(Protocol):
    """The policies of calls with tags or a conversation, where limits are about those (policy/labelled.py)."""

    def concerns(self, conversation_id: str, unlabelled: "EffectivePolicy") -> bool:
        """Return whether some rule or budget is about the conversation, or counts each of them."""
        ...

    def of(self, tags: Tags, conversation_id: str | None, unlabelled: "EffectivePolicy") -> "EffectivePolicy":
        """Return the policy of a call with these tags in this conversation; `unlabelled` is that of one without."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectivePolicy:
    """All that applies to one subject and task: settings, rate limits, and a meter limit for every budget."""

    task: str
    mode: EnforcementMode
    """The mode of the subject's calls as a whole. Anything but enforce turns its own limits into mere records."""
    settings: Mapping[str, Setting]
    """The settings in force, by key."""
    limits: MeterLimits
    """The limits of every call of the subject."""
    by_provider: Mapping[str, MeterLimits]
    """The limits of calls that a provider may serve, by provider."""
    by_agent: Mapping[str, MeterLimits]
    """The limits of calls that name an agent, by agent."""
    each_provider: MeterLimits
    """Limits that count every provider by itself. Their meters' subject is filled in for each call."""
    each_agent: MeterLimits
    each_tag: MeterLimits = ()
    """Limits that count every tag by itself."""
    each_conversation: MeterLimits = ()
    by_class: Mapping[str, MeterLimits] = field(default_factory=dict)
    """The limits of calls to models of a class, by class. The limits of other groups may name a class too."""
    rates: CallRates = field(default_factory=CallRates)
    """The token buckets that calls draw from, and that can deny them."""
    shadow_settings: Mapping[str, Setting] = field(default_factory=dict)
    """Settings that are tighter than those in force, and only observed."""
    shadow_rates: CallRates = field(default_factory=CallRates)
    """The token buckets whose denials are only recorded."""
    own_keys: frozenset[str] = frozenset()
    """The providers that the tenant's calls reach with keys of its own."""
    rules: tuple[Rule, ...] = ()
    """Every rule that applies to the subject and the task, whether or not its condition holds; for explanations."""
    holding: frozenset[Condition] = frozenset()
    """The conditions that hold where this policy does."""
    markup: int = NO_MARKUP
    """What the tenant pays for vendors' calls, in millionths of their price."""
    variants: Variants | None = None
    """If some rules have conditions, what chooses the policy of a moment; else None."""
    labelled: Labelled | None = None
    """If some rules or budgets are about tags or conversations, what chooses the policy of a call's; else None."""
    numbers: Mapping[str, int] = field(init=False)
    """Every numeric setting in force, by key."""
    required_tags: Tags = field(init=False)
    """The keys of tags that a call has to have."""
    observes: bool = field(init=False)
    """Whether a limit is only observed, so that the decision log may have to record what it would have done."""
    _memo: dict[tuple[tuple[str, ...], str | None, str], MeterLimits] = field(
        default_factory=dict, compare=False, init=False
    )
    """Made anew for every copy, which may have other limits."""

    def __post_init__(self) -> None:
        numbers = {key: item.value for key, item in self.settings.items() if isinstance(item.value, int)}
        object.__setattr__(self, "numbers", numbers)
        required = self.choice("required_tags", "")
        object.__setattr__(self, "required_tags", read_keys(required) if required else ())
        in_shadow = bool(self.shadow_settings or self.shadow_rates)
        object.__setattr__(self, "observes", in_shadow or self._has_loose_limits())

    def for_labels(self, tags: Tags, conversation_id: str | None) -> "EffectivePolicy":
        """Return the policy of a call with these tags in this conversation."""
        return self if self.labelled is None else self.labelled.of(tags, conversation_id, self)

    def concerns(self, conversation_id: str) -> bool:
        """Return whether its calls' conversation makes a difference."""
        return self.labelled is not None and self.labelled.concerns(conversation_id, self)

    def number(self, key: str) -> int | None:
        """Return the limit in force for a numeric key. None means that it is unlimited, or only observed."""
        return self.numbers.get(key)

    def choice(self, key: str, default: str) -> str:
        """Return the choice in force for a key of choices, or `default`."""
        setting = self.settings.get(key)
        return setting.value if setting is not None and isinstance(setting.value, str) else default

    def limits_for(self, providers: tuple[str, ...], agent_id: str | None, model_class: str) -> MeterLimits:
        """Return every limit of a call to a model of `model_class` that one of `providers` will serve.

        `agent_id` is the agent that the call names, or None.
        """
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

    @property
    def has_class_limits(self) -> bool:
        """Whether any limit counts the calls to one class of models alone."""
        return any(limit.model_class is not None for limit in self._every_limit())

    def _has_loose_limits(self) -> bool:
        return any(not (limit.enforced or limit.only_counts) for limit in self._every_limit())

    def _every_limit(self) -> Iterator[MeterLimit]:
        yield from self.limits
        for group in (self.by_provider, self.by_agent, self.by_class):
            for limits in group.values():
                yield from limits
        yield from self.each_provider
        yield from self.each_agent
        yield from self.each_tag
        yield from self.each_conversation
