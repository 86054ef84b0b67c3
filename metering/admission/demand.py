"""What a call asks for, before anything is known of what it may: who, which task, which model, and how much at most.

A demand is made from a request's body, from typed counts or from the log of a call, and planned the same way
(admission/plan.py).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from metering.admission.bound import (
    longest_s,
    refuse_large_input,
    refuse_unknown_price,
)
from metering.amounts import Amounts, most
from metering.catalog.served import ServedModel
from metering.errors import InputTooLarge, MeteringError, ModelNotFound, OverTaskLimit, UnpriceableRequest
from metering.money import NANO_PER_USD, TOKENS_PER_PRICE
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.price import marked_up
from metering.reservation.bounded_call import Measured
from metering.rules.registry import TASK_DEFAULTS
from metering.tags import Tags
from metering.text import normal
from metering.types import Task

M = TypeVar("M", bound=Measured)
M_co = TypeVar("M_co", bound=Measured, covariant=True)
Candidates = tuple[ServedModel, ...]
FILES_RULE = "diagram_files_per_req"


class Asker(Struct, frozen=True, kw_only=True):
    """Who asks: the subject, and what its token narrows it to."""

    subject: PolicySubject
    allowed_tasks: frozenset[str] = frozenset()
    """Empty: all."""
    allowed_models: frozenset[str] = frozenset()
    refusal: MeteringError | None = None
    """Why no call at all is let in: a suspended tenant, a revoked token, a deactivated person."""


class Size(Protocol[M_co]):
    """How much a call asks for."""

    def measure(self, candidates: Candidates, policy: EffectivePolicy, *, hard: bool) -> M_co:
        """The most that any of the candidates could use of it under the policy.

        `hard`: an enforced budget on tokens or cost applies. Raises UnpriceableRequest and InputTooLarge.
        """
        ...

    def closer(self) -> "Size[M_co] | None":
        """The same, measured closer, which takes time; None: there is no closer way."""
        ...


class Demand(Struct, Generic[M], frozen=True, kw_only=True):
    """One call that somebody makes, imagines or made."""

    asker: Asker
    task: str
    model: str
    """A model, an alias or a class; empty: the plan's default class."""
    embeds: bool = False
    """Whether it asks for embeddings, and not for an answer in words."""
    size: Size[M]
    agent_id: str | None = None
    """The agent that it names."""
    tags: Tags = ()
    """In their one form (metering/tags.py)."""
    conversation_id: str | None = None
    """The conversation that it belongs to."""
    address: str | None = None
    """Where it came from, if rates of addresses are to count it."""


class CountedSize(NamedTuple):
    """Implements Size: tokens that somebody typed. Output None: as much as the model can."""

    input_tokens: int
    output_tokens: int | None = None
    beside: Amounts = Amounts(steps=1)
    """Steps, API calls and files."""
    now: datetime | None = None
    """When it is sent, about; None: at any time, so the dearest hour counts."""
    most_files: int | None = None
    """Of one request, where no rule says otherwise."""

    def measure(self, candidates: Candidates, policy: EffectivePolicy, *, hard: bool) -> Measured:
        most_files = policy.number(FILES_RULE)
        most_files = self.most_files if most_files is None else most_files
        if most_files is not None and self.beside.files > most_files:
            raise OverTaskLimit(
                f"{self.beside.files:,} files are more than {FILES_RULE} allows in one request ({most_files:,}).",
                param="files",
                source=FILES_RULE,
            )
        sizes: list[Amounts] = []
        refusal: MeteringError | None = None
        for model in candidates:
            try:
                sizes.append(self._at(model, policy, hard=hard))
            except (UnpriceableRequest, InputTooLarge) as error:
                refusal = refusal or error
        if not sizes:
            raise refusal or ModelNotFound("No model is left that could serve this.", param="model")
        return Measured(
            bound=most(sizes) + self.beside,
            answer_tokens=sizes[0].output_tokens,
            estimate_input=lambda limit: self.input_tokens,
        )

    def closer(self) -> None:
        """None: what somebody typed cannot be measured closer."""

    def _at(self, model: ServedModel, policy: EffectivePolicy, *, hard: bool) -> Amounts:
        if hard:
            refuse_unknown_price(model)
        refuse_large_input(self.input_tokens, lambda limit: self.input_tokens, model, policy)
        limits = (model.max_output_tokens, policy.number("max_tokens_out"), self.output_tokens)
        output = min([each for each in limits if each is not None])
        ceiling = model.price.ceiling_nano_usd(
            input_tokens=self.input_tokens,
            output_tokens=output,
            at=self.now,
            ahead_s=longest_s((model,)),
        )
        return Amounts(
            input_tokens=self.input_tokens,
            output_tokens=output,
            cost_nano_usd=marked_up(ceiling, model.markup, policy.markup),
        )


def demand_of_counts(
    asker: Asker,
    *,
    task: str,
    model: str = "",
    input_tokens: int = 0,
    output_tokens: int | None = None,
    agent_id: str | None = None,
    tags: Tags = (),
    conversation_id: str | None = None,
    api_calls: int = 0,
    files: int = 0,
    steps: int = 1,
    now: datetime | None = None,
) -> Demand[Measured]:
    """A call that nobody makes, of so many tokens, search calls, files and steps.

    Names get the form that those of real calls have.
    """
    return Demand(
        asker=asker,
        task=task,
        model=normal(model),
        size=CountedSize(
            input_tokens,
            output_tokens,
            Amounts(api_calls=api_calls, files=files, steps=steps),
            now,
            most_files=TASK_DEFAULTS[Task(task)].get(FILES_RULE) if task in TASK_DEFAULTS else None,
        ),
        agent_id=normal(agent_id) if agent_id is not None else None,
        tags=tags,
        conversation_id=normal(conversation_id) if conversation_id is not None else None,
    )


class LoggedUse(Measured, frozen=True, kw_only=True):
    """What a logged call used, less what a smaller output limit would have saved."""

    saved_nano_usd: int


class LoggedSize(NamedTuple):
    """Implements Size: what a call used, as the log has it."""

    used: Amounts
    answers: Sequence[Amounts]
    """The same of each attempt."""

    def measure(self, candidates: Candidates, policy: EffectivePolicy, *, hard: bool) -> LoggedUse:
        model = candidates[0]
        largest = max(answer.input_tokens for answer in self.answers)
        refuse_large_input(largest, lambda limit: largest, model, policy)
        saved = self._saved(policy.number("max_tokens_out"), model.price.output)
        used = self.used
        return LoggedUse(
            bound=used - Amounts(cost_nano_usd=saved) + Amounts(steps=max(0, 1 - used.steps)),
            answer_tokens=max(answer.output_tokens for answer in self.answers),
            estimate_input=lambda limit: largest,
            saved_nano_usd=saved,
        )

    def closer(self) -> None:
        """None: what was used is exact."""

    def _saved(self, limit: int | None, price: Decimal) -> int:
        """What answers beyond the limit would have cost less, at the model's price of today."""
        if limit is None:
            return 0
        return sum(
            min(
                int((answer.output_tokens - limit) * price * NANO_PER_USD / TOKENS_PER_PRICE),
                answer.cost_nano_usd,
            )
            for answer in self.answers
            if answer.output_tokens > limit
        )
