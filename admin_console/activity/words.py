"""How calls, refusals and what counts them are called."""

import re

from admin_console.parts import Cell
from admin_console.wording import SPACE, amount_of, count, usd
from metering.activity.line import Line
from metering.activity.names import Names
from metering.activity.status import Status
from metering.types import Dimension, EntryKind, Task, Window

STATUSES = {
    Status.ANSWERED: ("answered", "ok"),
    Status.CACHED: ("from the cache", "info"),
    Status.FAILED: ("vendor failed", "warn"),
    Status.CUT: ("cut off", "warn"),
    Status.CANCELLED: ("caller left", ""),
    Status.EXPIRED: ("end unknown", "warn"),
    Status.IN_FLIGHT: ("in flight", "info"),
    Status.NOT_SENT: ("not sent", ""),
    Status.REFUSED: ("refused", "bad"),
}
TASKS = {
    Task.CHAT: "Chat",
    Task.PRIOR_ART: "Prior art",
    Task.DRAFTING: "Drafting",
    Task.DIAGRAM: "Diagram",
}
REASONS = {
    "budget_reserved": "calls under way hold the budget",
    "concurrency_exceeded": "too many calls at once",
    "rate_limited": "too fast",
    "over_rate_capacity": "larger than a minute's rate",
    "input_too_large": "input too long",
    "body_too_large": "request too large",
    "task_not_allowed": "task not in the plan",
    "model_not_allowed": "model not in the plan",
    "feature_not_in_plan": "feature not in the plan",
    "not_permitted": "not permitted",
    "tenant_suspended": "tenant suspended",
    "token_expired": "token expired",
    "unpriceable_request": "cost cannot be bounded",
    "metering_unavailable": "the gateway was not ready",
    "overloaded": "the gateway was busy",
    "tag_required": "a tag is missing",
    "content_blocked": "content blocked",
}
"""By the code of a refusal."""
WINDOWS = {
    Window.HOUR: "an hour",
    Window.DAY: "a day",
    Window.WEEK: "a week",
    Window.MONTH: "a month",
    Window.TOTAL: "in total",
    Window.NONE: "at once",
}
DIMENSIONS = {
    Dimension.COST: "cost",
    Dimension.REQUESTS: "requests",
    Dimension.TOKENS: "tokens",
    Dimension.INPUT_TOKENS: "tokens in",
    Dimension.OUTPUT_TOKENS: "tokens out",
    Dimension.CONCURRENCY: "calls",
}
ENTRIES = {
    EntryKind.SETTLE: "charged",
    EntryKind.RELEASE: "given back",
    EntryKind.EXPIRE: "charged as held",
    EntryKind.TRUE_UP: "true figures found",
    EntryKind.ADJUST: "corrected by hand",
}
_BUDGET = re.compile(r"(\w+) (\w+)/(\w+)(.*)")
_RULE = re.compile(r"(?:(\w+) )?([a-z_]+)$")


def task_name(code: str) -> str:
    """`LLM2_DRAFT` is Drafting."""
    return TASKS.get(code, code)


def counted(dimension: str, window: str) -> str:
    """What a meter counts: `cost a day`."""
    return f"{DIMENSIONS.get(dimension, dimension.replace('_', ' '))} {WINDOWS.get(window, window)}"


def rule_name(rule: str) -> str:
    """A rule or a budget as decisions name it: `tenant cost/day` is `tenant, cost a day`."""
    if found := _BUDGET.fullmatch(rule):
        scope, dimension, window, rest = found.groups()
        return f"{scope}, {counted(dimension, window)}{rest}"
    if found := _RULE.fullmatch(rule):
        scope, key = found.groups()
        return f"{scope}, {key.replace('_', ' ')}" if scope else key.replace("_", " ")
    return rule.replace("_", " ")


def rule_amount(rule: str, value: int | str | None) -> str:
    """A limit's value, or what was used of it, in its own unit: of cost in dollars."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    found = _BUDGET.fullmatch(rule)
    return usd(value) if found and found.group(2) == Dimension.COST else count(value)


def refused_for(line: Line) -> str:
    """Why, in a few words."""
    if line.code == "budget_exceeded":
        found = _BUDGET.fullmatch(line.rule)
        return f"{found.group(3)} budget" if found else "budget"
    if line.code == "invalid_credential":
        for word, reason in CREDENTIALS.items():
            if word in line.message:
                return reason
        return "credential"
    return REASONS.get(line.code, line.code.replace("_", " "))


CREDENTIALS = {
    "revoked": "token revoked",
    "deactivated": "account deactivated",
    "network": "from elsewhere",
    "address": "from elsewhere",
}
"""What a refused credential's message contains → why it was refused."""


def outcome(line: Line) -> Cell:
    """The label of a line."""
    word, tone = STATUSES[line.status]
    if line.status is Status.REFUSED:
        times = f", {count(line.times)} times" if line.times > 1 else ""
        return Cell(tag=f"refused: {refused_for(line)}{times}", tone=tone)
    if line.status is Status.ANSWERED and line.vendors > 1:
        return Cell(tag=f"answered, {_ordinal(line.vendors)} vendor", tone=tone)
    return Cell(tag=word, tone=tone)


def who(line: Line, names: Names) -> str:
    """A person, or else a token by its name."""
    if person := names.user(line):
        return person
    if token := names.token(line):
        return token.name or token.prefix
    return "somebody who is gone" if line.user_id or line.token_id else "many callers"


def took(milliseconds: int | None) -> str:
    """How long a call took: `2 ms`, `6.1 s`."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds}{SPACE}ms"
    if milliseconds < 600_000:
        return f"{milliseconds / 1000:.1f}{SPACE}s"
    return f"{milliseconds // 60_000}{SPACE}min"


def meter_amount(dimension: str, amount: int | None) -> str:
    return amount_of(dimension, amount)


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
