"""The first sentence of a call's page: what became of it, by whom, how long it took, and what it cost."""

from dataclasses import dataclass

from admin_console.activity.words import outcome, took
from admin_console.parts import Cell
from admin_console.wording import usd_exact
from metering.activity.status import Status
from metering.activity.story import Story
from metering.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    label: Cell
    sentence: str
    took: str
    cost: str


def verdict_of(story: Story) -> Verdict:
    line = story.line
    return Verdict(
        label=outcome(line),
        sentence=_sentence(story),
        took=took(line.took_ms),
        cost=usd_exact(line.cost_nano_usd),
    )


def _sentence(story: Story) -> str:
    line = story.line
    match line.status:
        case Status.IN_FLIGHT:
            return f"by {line.model}: it holds {usd_exact(line.held_nano_usd)} until it ends."
        case Status.NOT_SENT:
            return "to no vendor: what it held was given back."
        case Status.EXPIRED:
            return f"with {line.provider}: nobody said how it ended, so that it is charged as it was held."
        case Status.CACHED:
            return f"as {line.model} had answered the same before: no vendor was asked."
    failed = [row for row in story.attempts if row.outcome in (Outcome.ERROR, Outcome.TIMEOUT)]
    if line.status is Status.ANSWERED and failed:
        others = " and ".join(dict.fromkeys(row.labels.provider_name for row in failed))
        times = {1: "once", 2: "twice"}.get(len(failed), f"{len(failed)} times")
        return f"by {line.model} at {line.provider}, after {others} failed {times}."
    return (
        f"by {line.model} at {line.provider}." if line.status is Status.ANSWERED else f"with {line.provider}."
    )
