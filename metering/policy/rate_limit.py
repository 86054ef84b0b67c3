"""The token buckets of a policy: those that every call draws from, and those that depend on the call."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from metering.network import counted_address
from metering.types import Dimension, EnforcementMode, Scope

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
    def shared(self) -> bool:
        """Whether tenants share the bucket."""
        return self.scope is Scope.PROVIDER or (self.scope is Scope.GLOBAL and self.per == "address")

    def of_subject(self, subject: str) -> "RateLimit":
        """Return the same rule's bucket for one agent, provider or address."""
        return replace(self, key=self.key + subject)


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
    _memo: dict[tuple[str, str | None, str | None], Limits] = field(default_factory=dict, compare=False)

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
