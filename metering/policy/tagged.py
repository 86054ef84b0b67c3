"""Chooses the policy of a call with tags. Pure.

A tag's rules and budgets count for its calls only, so that a policy is compiled for each set of tags that some rule or
budget is about, once. A budget that counts each tag by itself needs no compiling: its meter's subject is filled in.
"""

from collections.abc import Callable
from dataclasses import replace

from metering.policy.values import EffectivePolicy
from metering.tags import Tags

MAX_KEPT = 256
"""Tags come from callers: never keep them all."""


class TaggedPolicies:
    """Implements Tagged: the policies of one subject, task and moment, for any tags."""

    def __init__(self, about: frozenset[str], compile_: Callable[[frozenset[str]], EffectivePolicy]) -> None:
        """`about` are the tags that have rules or budgets of their own; `compile_` compiles the policy of some."""
        self._about = about
        self._compile = compile_
        self._compiled: dict[frozenset[str], EffectivePolicy] = {}
        self._kept: dict[Tags, EffectivePolicy] = {}

    def of(self, tags: Tags, untagged: EffectivePolicy) -> EffectivePolicy:
        """The policy of a call with these tags; `untagged` is that of one without."""
        known = self._kept.get(tags)
        if known is None:
            known = self._assemble(tags, untagged)
            if len(self._kept) < MAX_KEPT:
                self._kept[tags] = known
        return known

    def _assemble(self, tags: Tags, untagged: EffectivePolicy) -> EffectivePolicy:
        own = self._about.intersection(tags)
        policy = self._of_own(own) if own else untagged
        each = [limit.of_tag(tag) for limit in policy.each_tag for tag in tags]
        if policy is untagged and not each:
            return untagged
        by_class = dict(policy.by_class)
        for limit in each:
            if limit.model_class is not None:
                by_class[limit.model_class] = (*by_class.get(limit.model_class, ()), limit)
        always = (*policy.limits, *[limit for limit in each if limit.model_class is None])
        return replace(
            policy, limits=always, by_class=by_class, variants=untagged.variants, tagged=None, each_tag=()
        )

    def _of_own(self, own: frozenset[str]) -> EffectivePolicy:
        known = self._compiled.get(own)
        if known is None:
            known = self._compile(own)
            if len(self._compiled) < MAX_KEPT:
                self._compiled[own] = known
        return known
