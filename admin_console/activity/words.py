"""How calls, refusals and what counts them are called."""

import re

from admin_console.parts import Cell
from admin_console.wording import SPACE, count, usd_exact
from admin_console.words import dimension_word, key_word, plain, scope_word, value_word, window_word
from metering.activity.line import LogLine
from metering.activity.names import Names
from metering.activity.status import Status
from metering.types import Dimension, EntryKind

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
    "content_blocked": "something private in it",
}
"""By the code of a refusal."""
ENTRIES = {
    EntryKind.SETTLE: "charged",
    EntryKind.RELEASE: "given back",
    EntryKind.EXPIRE: "charged as held",
    EntryKind.TRUE_UP: "true figures found",
    EntryKind.ADJUST: "corrected by hand",
}
_BUDGET = re.compile(r"(\w+) (\w+)/(\w+)(.*)")
_RULE = re.compile(r"(?:(\w+) )?([a-z_]+)$")


def counted(dimension: str, window: str) -> str:
    """What a meter counts: `cost a day`."""
    return f"{dimension_word(dimension)} {window_word(window)}"


def rule_name(rule: str) -> str:
    """A rule or a budget as decisions name it: `tenant cost/day` is `Tenant: cost a day`."""
    if found := _BUDGET.fullmatch(rule):
        scope, dimension, window, rest = found.groups()
        return f"{_capital(scope_word(scope))}: {counted(dimension, window)}{rest}"
    if found := _RULE.fullmatch(rule):
        scope, key = found.groups()
        return f"{_capital(scope_word(scope))}: {key_word(key).lower()}" if scope else key_word(key)
    return _capital(plain(rule))


def rule_amount(rule: str, value: int | str | None) -> str:
    """A limit's value, or what was used of it, in its own unit: of cost in dollars, to the last digit."""
    if value is None:
        return ""
    found = _BUDGET.fullmatch(rule)
    if found and isinstance(value, int):
        return usd_exact(value) if found.group(2) == Dimension.COST else count(value)
    return count(value) if isinstance(value, int) and not isinstance(value, bool) else value_word(rule, value)


def refused_for(line: LogLine) -> str:
    """Return in a few words why a call was refused."""
    if line.code == "invalid_credential":
        for word, reason in CREDENTIALS.items():
            if word in line.message:
                return reason
        return "credential"
    return reason_word(line.code, line.rule)


def reason_word(code: str, rule: str) -> str:
    """What the code of a refusal says, in a few words; of a budget, which."""
    if code == "budget_exceeded":
        found = _BUDGET.fullmatch(rule)
        return f"{found.group(3)} budget" if found else "budget"
    return REASONS.get(code, plain(code))


CREDENTIALS = {
    "revoked": "token revoked",
    "deactivated": "account deactivated",
    "network": "from elsewhere",
    "address": "from elsewhere",
}
"""What a refused credential's message contains → why it was refused."""


def outcome(line: LogLine) -> Cell:
    """Return the label that says what became of a line."""
    word, tone = STATUSES[line.status]
    if line.status is Status.REFUSED:
        times = f", {count(line.times)} times" if line.times > 1 else ""
        return Cell(tag=f"refused: {refused_for(line)}{times}", tone=tone)
    if line.status is Status.ANSWERED and line.vendors > 1:
        return Cell(tag=f"answered, {_ordinal(line.vendors)} vendor", tone=tone)
    return Cell(tag=word, tone=tone)


def who(line: LogLine, names: Names) -> str:
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ordinal(number: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")
