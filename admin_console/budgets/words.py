"""What a budget is called in lists: whose it is, what it counts, and when it begins anew."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from admin_console.subject_names import Pair, names_of
from admin_console.wording import amount_of, day, duration
from admin_console.words import dimension_word, task_word, window_word
from metering.models import ATIToken, Team, User
from metering.overview.budgets import BudgetLine
from metering.types import SUBJECTS_TOLD_BY_CALL, Dimension, Scope, SubjectType

SHARED = {SubjectType.GLOBAL: "Every tenant"}
KINDS = {
    SubjectType.TEAM: "Team",
    SubjectType.TOKEN: "Token",
    SubjectType.AGENT: "Agent",
    SubjectType.TAG: "Tag",
    SubjectType.CONVERSATION: "Conversation",
    SubjectType.PROVIDER: "Vendor",
}
PLAIN = SUBJECTS_TOLD_BY_CALL
"""Named in addresses as the ledger names them."""
DAY_S = 86_400


def names_for(lines: Iterable[BudgetLine]) -> Mapping[Pair, str]:
    """Read the names of those whose use these budgets count."""
    return names_of({(line.status.key.subject_type, line.status.key.subject_id) for line in lines})


def filters_for(lines: Iterable[BudgetLine]) -> Mapping[Pair, tuple[str, str]]:
    """By what an address narrows a list to whoever a budget counts: a filter's name and its value. Three queries."""
    subjects = {(line.status.key.subject_type, line.status.key.subject_id) for line in lines}
    found = {pair: (pair[0], pair[1]) for pair in subjects if pair[0] in PLAIN}
    for kind, rows, column in (
        (SubjectType.TEAM, Team.objects.all(), "slug"),
        (SubjectType.USER, User.objects.all(), "email"),
        (SubjectType.TOKEN, ATIToken.objects.all(), "prefix"),
    ):
        # A token that is nobody's counts as a person.
        also = SubjectType.USER if kind is SubjectType.TOKEN else kind
        ids = {text for type_, text in subjects if text and type_ in (kind, also)}
        values = rows.filter(pk__in=ids).values_list("pk", column) if ids else ()
        for pk, value in values:
            found |= {(type_, str(pk)): (kind.value, value) for type_ in (kind.value, also.value)}
    return found


def whose(line: BudgetLine, names: Mapping[Pair, str]) -> str:
    """Return whose use a budget counts: `carla@example.com`, `Team Patents`, `Cedar`."""
    kind, subject = line.status.key.subject_type, line.status.key.subject_id
    if kind in SHARED:
        return SHARED[SubjectType(kind)]
    if not subject:
        return f"Calls without a {kind}"
    return f"{KINDS.get(SubjectType(kind), '')} {names.get((kind, subject), subject)}".strip()


def counts(line: BudgetLine) -> str:
    """`cost a day`, `Drafting: calls a month`, `cost a day, plan PRO`."""
    limit = line.status.limit
    task = f"{task_word(limit.task)}: " if limit.task else ""
    model_class = f" with {limit.model_class} models" if limit.model_class else ""
    window = "" if limit.dimension is Dimension.CONCURRENCY else f" {window_word(limit.window)}"
    plan = f", plan {limit.scope_id}" if limit.scope is Scope.PLAN else ""
    soft = "" if limit.hard else ", warns only"
    return f"{task}{dimension_word(limit.dimension)}{window}{model_class}{plan}{soft}"


def resets(line: BudgetLine, now: datetime, zone: tzinfo) -> str:
    """`9 h 28 min` within a day, else the day; empty where it never does."""
    end = line.status.reset_at
    if end is None:
        return ""
    left = (end - now).total_seconds()
    return duration(left) if left < DAY_S else day(end.astimezone(zone).date())


def forecast_words(line: BudgetLine, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """The amount at the reset, and in words when it is used up or when that is."""
    forecast, limit = line.forecast, line.status.limit
    if line.taken >= limit.amount:
        return (amount_of(limit.dimension, forecast.at_reset) if forecast else "-"), "used up"
    if forecast is None:
        return "-", resets(line, now, zone)
    amount = amount_of(limit.dimension, forecast.at_reset)
    if forecast.used_up_at is None:
        return amount, resets(line, now, zone)
    local, today = forecast.used_up_at.astimezone(zone), now.astimezone(zone).date()
    moment = f"at {local:%H:%M}" if local.date() == today else f"on {day(local.date())}"
    return amount, f"will be used up {moment}"
