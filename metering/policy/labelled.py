"""Chooses the policy of a call with tags or a conversation. Pure.

A tag's or a conversation's rules and budgets count for its calls only, so that a policy is compiled for each set of
them that some rule or budget is about, once. A budget that counts each of them by itself needs no compiling: its
meter's subject is filled in.
"""

from collections.abc import Callable
from dataclasses import replace

from metering.policy.values import EffectivePolicy
from metering.tags import Tags
from metering.types import Scope

MAX_KEPT = 256
"""Tags and conversations come from callers: never keep them all."""
Name = tuple[Scope, str]
"""A tag or a conversation."""


class LabelledPolicies:
    """Implements Labelled: the policies of one subject, task and moment, for any tags and any conversation."""

    def __init__(
        self, about: frozenset[Name], compile_: Callable[[frozenset[Name]], EffectivePolicy]
    ) -> None:
        """`about` are those that have rules or budgets of their own; `compile_` compiles the policy of some."""
        self._about = about
        self._compile = compile_
        self._compiled: dict[frozenset[Name], EffectivePolicy] = {}
        self._kept: dict[tuple[Tags, str | None], EffectivePolicy] = {}

    def concerns(self, conversation_id: str, unlabelled: EffectivePolicy) -> bool:
        """Whether some rule or budget is about the conversation, or counts each of them."""
        return bool(unlabelled.each_conversation) or (Scope.CONVERSATION, conversation_id) in self._about

    def of(self, tags: Tags, conversation_id: str | None, unlabelled: EffectivePolicy) -> EffectivePolicy:
        """The policy of a call with these tags in this conversation; `unlabelled` is that of one without."""
        if conversation_id is not None and not self.concerns(conversation_id, unlabelled):
            conversation_id = None
        if not tags and conversation_id is None:
            return unlabelled
        known = self._kept.get((tags, conversation_id))
        if known is None:
            known = self._assemble(tags, conversation_id, unlabelled)
            if len(self._kept) >= MAX_KEPT:  # yesterday's conversations make room for today's
                self._kept.clear()
            self._kept[tags, conversation_id] = known
        return known

    def _assemble(
        self, tags: Tags, conversation_id: str | None, unlabelled: EffectivePolicy
    ) -> EffectivePolicy:
        names = {(Scope.TAG, tag) for tag in tags}
        if conversation_id is not None:
            names.add((Scope.CONVERSATION, conversation_id))
        own = self._about.intersection(names)
        policy = self._of_own(own) if own else unlabelled
        each = [limit.of_tag(tag) for limit in policy.each_tag for tag in tags]
        if conversation_id is not None:
            each += [limit.of_subject(conversation_id) for limit in policy.each_conversation]
        if policy is unlabelled and not each:
            return unlabelled
        by_class = dict(policy.by_class)
        for limit in each:
            if limit.model_class is not None:
                by_class[limit.model_class] = (*by_class.get(limit.model_class, ()), limit)
        return replace(
            policy,
            limits=(*policy.limits, *[limit for limit in each if limit.model_class is None]),
            by_class=by_class,
            variants=unlabelled.variants,
            labelled=None,
            each_tag=(),
            each_conversation=(),
        )

    def _of_own(self, own: frozenset[Name]) -> EffectivePolicy:
        known = self._compiled.get(own)
        if known is None:
            known = self._compile(own)
            if len(self._compiled) < MAX_KEPT:
                self._compiled[own] = known
        return known
