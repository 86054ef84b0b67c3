"""Whether a call may be made, and why: the checks of `calls/admit.py`, in its order, on given balances. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from metering.catalog.access import choose_model
from metering.catalog.served import ServedModel
from metering.decisions.decision import EnforcementDecision, Standing, Step, Verdict
from metering.decisions.trace import Balance, line_steps, rate_steps, rule_steps
from metering.errors import (
    BudgetExceeded,
    ConcurrencyExceeded,
    InputTooLarge,
    ModelNotFound,
    NotPermitted,
    TaskNotAllowed,
)
from metering.ledger.commands import MeterKey
from metering.policy.values import EffectivePolicy, LineTemplate, PolicySubject
from metering.simulation.asker import Asker
from metering.simulation.rule_book import RuleBook
from metering.types import Dimension, EnforcementMode, Window

_LONGEST_FIRST = (Window.TOTAL, Window.MONTH, Window.WEEK, Window.DAY, Window.HOUR, Window.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedCall:
    """A call to be judged: the most that it may use."""

    task: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int | None = None
    """What it asks for; None: as much as the model can."""
    agent_id: str | None = None


def lines_of(
    book: RuleBook, asker: Asker, policy: EffectivePolicy, call: ImaginedCall
) -> tuple[ServedModel, tuple[LineTemplate, ...]]:
    """The model that would serve, and every budget of the call. Raises NotPermitted and ModelNotFound."""
    if asker.allowed_tasks and call.task not in asker.allowed_tasks:
        raise TaskNotAllowed(f"This token does not allow the task {call.task}.", source="token")
    access = book.access_to(asker.subject.plan, call.task)
    dearest = policy.choice("max_class", "")
    if dearest:
        access = access.up_to(dearest)
    model = choose_model(book.models, access, call.model, narrowed_to=asker.allowed_models)
    return model, policy.lines_for((model.provider_name,), call.agent_id, model.model_class)


def weigh(
    book: RuleBook,
    asker: Asker,
    policy: EffectivePolicy,
    call: ImaginedCall,
    *,
    balances: Mapping[MeterKey, Balance],
    now: datetime,
) -> EnforcementDecision:
    """The decision with its trace. What rate limits have left is not looked at: they are only listed."""
    judged = _Judged(asker.subject, policy, call, now)
    if asker.refusal is not None:
        return judged.decision(Verdict.DENIED, asker.refusal.code, asker.refusal.message, "credential", ())
    try:
        model, lines = lines_of(book, asker, policy, call)
    except (NotPermitted, ModelNotFound) as refusal:
        source = getattr(refusal, "source", "plan")
        rule = f"plan {asker.subject.plan}" if source == "plan" else source
        return judged.decision(Verdict.DENIED, refusal.code, refusal.message, rule, tuple(rule_steps(policy)))
    requested = _amounts(policy, model, call)
    trace = (
        *rule_steps(policy),
        *line_steps(lines, balances, requested, holding=False),
        *rate_steps(
            policy.rates.for_call(provider=model.provider_name, agent_id=call.agent_id, address=None)
        ),
    )
    allowed = policy.number("max_tokens_in")
    if allowed is not None and call.input_tokens > allowed:
        setting = policy.settings["max_tokens_in"]
        message = f"The input is {call.input_tokens:,} tokens, more than {allowed:,}."
        return judged.decision(
            Verdict.DENIED, InputTooLarge.code, message, f"{setting.scope} max_tokens_in", trace
        )
    for standing, verdict in ((Standing.NO_ROOM, Verdict.DENIED), (Standing.WOULD_DENY, None)):
        full = [
            line
            for line, step in zip(lines, line_steps(lines, balances, requested, holding=False), strict=True)
            if step.outcome is standing
        ]
        if full:
            line = min(full, key=lambda line: _LONGEST_FIRST.index(line.meter.window))
            used, held = balances.get(line.meter, (0, 0))
            error = ConcurrencyExceeded if line.meter.dimension is Dimension.CONCURRENCY else BudgetExceeded
            message = f"{used} used and {held} held of {line.limit}, {requested[line.meter.dimension]} more asked for."
            loose = Verdict.WARNED if line.mode is EnforcementMode.WARN else Verdict.OBSERVED
            return judged.decision(verdict or loose, error.code, message, line.name, trace, model, line)
    return judged.decision(Verdict.ALLOWED, "", f"served by {model.name}", "", trace, model)


def _amounts(policy: EffectivePolicy, model: ServedModel, call: ImaginedCall) -> dict[Dimension, int]:
    limits = [model.max_output_tokens, policy.number("max_tokens_out"), call.output_tokens]
    output = min(limit for limit in limits if limit is not None)
    cost = model.price.ceiling_nano_usd(input_tokens=call.input_tokens, output_tokens=output)
    return {
        Dimension.REQUESTS: 1,
        Dimension.CONCURRENCY: 1,
        Dimension.INPUT_TOKENS: call.input_tokens,
        Dimension.OUTPUT_TOKENS: output,
        Dimension.TOKENS: call.input_tokens + output,
        Dimension.COST: cost,
    }


@dataclass(frozen=True, slots=True)
class _Judged:
    """What every decision about one call has in common."""

    subject: PolicySubject
    policy: EffectivePolicy
    call: ImaginedCall
    now: datetime

    def decision(
        self,
        verdict: Verdict,
        code: str,
        message: str,
        rule: str,
        trace: tuple[Step, ...],
        model: ServedModel | None = None,
        line: LineTemplate | None = None,
    ) -> EnforcementDecision:
        return EnforcementDecision(
            verdict=verdict,
            at=self.now,
            subject=self.subject,
            task=self.call.task,
            model=model.name if model is not None else self.call.model,
            mode=line.mode if line is not None else self.policy.mode,
            code=code,
            message=message,
            rule=rule,
            rule_id=line.source_id if line is not None else None,
            trace=trace,
        )
