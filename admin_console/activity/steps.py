"""A call from its request to its settlement and what came after, as steps of a story."""

from datetime import datetime, tzinfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from admin_console.activity.budgets_then import budgets_table, subject_names, subject_of
from admin_console.activity.lines import who_url
from admin_console.activity.tokens import tokens_table
from admin_console.activity.trace import trace_table
from admin_console.activity.words import ENTRIES, counted, took, who
from admin_console.parts import Attempt, Step, Waterfall
from admin_console.who import Viewer
from admin_console.wording import count, usd_exact, when
from admin_console.words import task_word
from metering.activity.names import Names
from metering.activity.status import Status
from metering.activity.story import TERMINAL, Story
from metering.models import LedgerEntry, QuotaAlert, UsageLog
from metering.types import EntryKind, Outcome

FAILED = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.CUT)
HOW = {
    Outcome.OK: "answered",
    Outcome.ERROR: "failed",
    Outcome.TIMEOUT: "took too long",
    Outcome.CUT: "broke off",
    Outcome.CANCELLED: "its caller left",
    Outcome.PROVISIONAL: "end unknown",
    Outcome.CACHED: "from the cache",
}
MOST_FALLS = 60
NOT_KEPT = (
    "What every rule said is kept for refusals, for warnings and for one call in a thousand; of this one, what it "
    "held is known."
)


def steps_of(story: Story, names: Names, viewer: Viewer, zone: tzinfo) -> list[Step]:
    """Return the steps of a call in the order of time."""
    found = [_asked(story, names, zone), _held(story, names, viewer, zone)]
    if story.attempts:
        found.append(_attempts(story, zone))
    ended = story.ended
    if ended is not None:
        found.append(_ended(story, ended, zone))
        if story.meters:
            found.append(_budgets(story, names, ended, zone))
        found += [_alert(row, story, names, viewer, zone) for row in story.alerts]
    found += [_later(entry, zone) for entry in story.entries if entry.kind not in TERMINAL]
    return [step for step in found if step is not None]


def clock(moment: datetime, zone: tzinfo) -> str:
    """`11:42:08.114`; the day stands above the story."""
    return f"{moment.astimezone(zone):%H:%M:%S.%f}"[:-3]


def _began(story: Story) -> datetime:
    return story.hold.created_at if story.hold is not None else story.line.at


def _asked(story: Story, names: Names, zone: tzinfo) -> Step:
    line = story.line
    wanted = f"model class or alias {line.asked_for}" if line.asked_for else f"model {line.model}"
    team, token = names.team(line), names.token(line)
    text = format_html(
        "{} asked for {}{}{}.",
        _linked(who(line, names), who_url(line, names)),
        wanted,
        f", for team {team}" if team else "",
        f", with token {token.name or token.prefix}" if token and names.user(line) else "",
    )
    return Step(time=clock(_began(story), zone), title=f"{task_word(line.task)} was asked for", text=text)


def _held(story: Story, names: Names, viewer: Viewer, zone: tzinfo) -> Step | None:
    hold = story.hold
    if hold is None:
        return Step(
            time=clock(_began(story), zone),
            title="The gateway allowed it",
            text="What it held is not kept any more: holds are deleted a month after the month of their call.",
        )
    traced = next((row for row in story.decisions if row.trace), None)
    bound = f"{count(hold.bound.input_tokens)} tokens in and {count(hold.bound.output_tokens)} out"
    noted = "".join(f" {row.message}" for row in story.decisions if row.verdict in ("warned", "observed"))
    nothing = "It held nothing: what the cache answers costs nothing."
    text = nothing if story.line.status is Status.CACHED else f"The most that it could use: {bound}.{noted}"
    return Step(
        time=clock(hold.created_at, zone),
        title=f"The gateway allowed it and held {usd_exact(hold.bound.cost_nano_usd)}",
        text=text if traced else f"{text} {NOT_KEPT}",
        state="done",
        table=trace_table(traced.trace, names, with_shared=viewer.tenant is None) if traced else None,
    )


def _attempts(story: Story, zone: tzinfo) -> Step:
    rows = story.attempts
    began = min(row.started_at for row in rows)
    answered = sum(row.outcome == Outcome.OK for row in rows)
    failed = len(rows) - answered
    title = (
        "One attempt" if len(rows) == 1 else f"{count(len(rows))} attempts, {count(failed)} of them failed"
    )
    if len(rows) > 1 and not failed:
        title = f"{count(len(rows))} steps of work"
    text = ""
    if failed and answered:
        text = "What failed was tried again, or another vendor took over."
    if len(rows) > MOST_FALLS:
        text = f"{text} The first {MOST_FALLS} are shown.".strip()
    return Step(
        time=clock(began, zone),
        title=title,
        text=text,
        waterfall=Waterfall.of([_fall(row, began) for row in rows[:MOST_FALLS]]),
    )


def _fall(row: UsageLog, began: datetime) -> Attempt:
    start = (row.started_at - began).total_seconds()
    outcome = Outcome(row.outcome)
    small = f"{row.labels.provider_name} · {HOW[outcome]}, {took(row.latency_ms)}"
    if row.estimated:
        small += f" · figures {row.estimate_reason or 'estimated'}"
    return Attempt(
        title=row.labels.request_model,
        small=small,
        start=start,
        end=start + row.latency_ms / 1000,
        has_failed=outcome in FAILED,
        figure=usd_exact(row.amounts.cost_nano_usd),
    )


def _ended(story: Story, ended: LedgerEntry, zone: tzinfo) -> Step:
    hold = story.hold
    word = ENTRIES[EntryKind(ended.kind)]
    title = f"{word.capitalize()}: {usd_exact(ended.amounts.cost_nano_usd)}"
    if hold is not None and ended.kind == EntryKind.SETTLE:
        left = hold.bound.cost_nano_usd - ended.amounts.cost_nano_usd
        title = f"Charged {usd_exact(ended.amounts.cost_nano_usd)}"
        title += f", gave back {usd_exact(left)}" if left > 0 else ""
    return Step(
        time=clock(ended.recorded_at, zone),
        title=title,
        text=ended.reason or "Shown to the last digit that the ledger keeps.",
        state="done",
        table=tokens_table(story.attempts),
    )


def _budgets(story: Story, names: Names, ended: LedgerEntry, zone: tzinfo) -> Step:
    unknown = any(then.before is None for then in story.meters)
    text = (
        "So much was charged since that what longer windows showed cannot be said quickly." if unknown else ""
    )
    return Step(
        time=clock(ended.recorded_at, zone),
        title="Budgets before and after",
        text=text,
        table=budgets_table(story.meters, names),
    )


def _alert(row: QuotaAlert, story: Story, names: Names, viewer: Viewer, zone: tzinfo) -> Step:
    subjects = subject_names(story.meters, names)
    whose = subject_of(row.subject_type, row.subject_id, subjects)
    sent = [each for each in row.deliveries.all() if each.sent_at is not None]
    told = ""
    if sent and not viewer.own_only:
        told = f"Mailed to {', '.join(each.recipient for each in sent[:5])}. "
    answer = "Acknowledged." if row.acknowledged_at else "Nobody has acknowledged it."
    return Step(
        time=clock(row.raised_at, zone),
        title=f"It raised an alert: {whose} over {row.threshold} % of {counted(row.dimension, row.window)}",
        text=f"{told}{answer}",
        state="alert",
    )


def _later(entry: LedgerEntry, zone: tzinfo) -> Step:
    sign = "+" if entry.amounts.cost_nano_usd > 0 else ""
    word = ENTRIES[EntryKind(entry.kind)]
    return Step(
        time=clock(entry.recorded_at, zone),
        title=f"{word.capitalize()}: {sign}{usd_exact(entry.amounts.cost_nano_usd)}",
        text=f"{when(entry.recorded_at, zone)}. {entry.reason or ''}".strip(),
    )


def _linked(text: str, url: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, text) if url else text
