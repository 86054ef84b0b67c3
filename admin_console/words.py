"""What codes are called on pages: limits, tasks, dimensions, windows and scopes in people's words."""

from collections.abc import Mapping

from metering.rules.registry import REGISTRY
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType, Task, Window

KEYS: Mapping[str, str] = {
    "max_tokens_in": "Tokens in",
    "max_tokens_out": "Tokens out",
    "agent_max_steps": "Steps of an agent",
    "max_steps": "Steps of a request for diagrams",
    "max_api_calls": "Searches of a request",
    "retrieval_top_k": "Hits of a search",
    "diagram_files_per_req": "Diagram files of a request",
    "keep_results_days": "Days that results are kept",
    "max_concurrent": "Calls at once",
    "wait_for_room_s": "Seconds that a call may wait its turn",
    "requests_per_minute": "Calls a minute",
    "tokens_per_minute": "Tokens a minute",
    "cache_ttl_s": "Seconds that an answer serves the same question again",
    "required_tags": "Tags that every call needs",
    "max_class": "Dearest class of models",
    "cheaper_class": "Cheaper class that serves instead",
    "on_disconnect": "When the caller has gone",
    "on_metering_failure": "While the database is away",
    "open_cap": "US dollars that each server may spend meanwhile",
    "log_content": "Text of calls that administrators may read",
    "keep_content_days": "Days that the text of calls is kept",
    "guard_content": "Personal data in requests",
    "enforcement": "What limits do once they are reached",
    "enforcement_percent": "Share of callers whose limits are enforced",
}
TASKS: Mapping[str, str] = {
    Task.CHAT: "Chat",
    Task.PRIOR_ART: "Prior art",
    Task.DRAFTING: "Drafting",
    Task.DIAGRAM: "Diagrams",
}
DIMENSIONS: Mapping[str, str] = {
    Dimension.COST: "cost",
    Dimension.REQUESTS: "calls",
    Dimension.INPUT_TOKENS: "tokens in",
    Dimension.OUTPUT_TOKENS: "tokens out",
    Dimension.TOKENS: "tokens",
    Dimension.API_CALLS: "searches",
    Dimension.FILES: "files",
    Dimension.STEPS: "steps",
    Dimension.CONCURRENCY: "calls at once",
}
WINDOWS: Mapping[str, str] = {
    Window.HOUR: "an hour",
    Window.DAY: "a day",
    Window.WEEK: "a week",
    Window.MONTH: "a month",
    Window.TOTAL: "in all",
    Window.NONE: "at once",
}
SCOPES: Mapping[str, str] = {
    Scope.GLOBAL: "the whole gateway",
    Scope.PROVIDER: "vendor",
    Scope.PLAN: "plan",
    Scope.TENANT: "tenant",
    Scope.TEAM: "team",
    Scope.USER: "person",
    Scope.TOKEN: "token",
    Scope.AGENT: "agent",
    Scope.TAG: "tag",
    Scope.CONVERSATION: "conversation",
}
EACH: Mapping[str, str] = {
    SubjectType.GLOBAL: "all together",
    SubjectType.PROVIDER: "all of the vendor together",
}
CHOICES: Mapping[str, str] = {
    "drain": "finish the call",
    "cancel": "break the call off",
    "open": "calls go on",
    "closed": "calls are refused",
    "full": "all of it",
    "redacted": "without names and numbers",
    "off": "none of it",
    "flag": "let them pass and say so",
    "redact": "replace them by words",
    "block": "refuse the request",
    EnforcementMode.ENFORCE: "refuse calls",
    EnforcementMode.WARN: "let calls pass and warn",
    EnforcementMode.OBSERVE: "only note it",
}
OFF_OF: Mapping[str, str] = {"guard_content": "let them pass unseen"}
"""Of limits that mean something else by `off`."""
MODES = {mode.value: CHOICES[mode] for mode in reversed(EnforcementMode)}
ON_EXPIRY = {
    ExpiryCharge.CHARGE.value: "count what it held",
    ExpiryCharge.RELEASE.value: "give back what it held",
}
"""What becomes of a call that vanished."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def plain(code: str) -> str:
    """A code without a word of its own, as a word."""
    return code.replace("_", " ")


def key_word(key: str) -> str:
    """A limit's name. Rates of each team, user and others are named after the rate."""
    rate, _, subject = key.partition("_per_minute_per_")
    if subject:
        return f"{KEYS[f'{rate}_per_minute']} of each {scope_word(subject)}"
    return KEYS.get(key) or plain(key).capitalize()


def task_word(code: str | None) -> str:
    """Return what people call a task; empty: every task."""
    return TASKS.get(code, plain(code)) if code else ""


def dimension_word(dimension: str) -> str:
    return DIMENSIONS.get(dimension, plain(dimension))


def window_word(window: str) -> str:
    return WINDOWS.get(window, f"a {window}")


def scope_word(scope: str) -> str:
    return SCOPES.get(scope, plain(scope))


def each_word(per: str) -> str:
    """Whose use one counter of a budget counts."""
    return EACH.get(per, f"each {scope_word(per)}")


def choice_word(key: str, choice: str) -> str:
    """A value of a limit without numbers."""
    return OFF_OF.get(key, CHOICES["off"]) if choice == "off" else CHOICES.get(choice, choice)


def value_word(key: str, value: object) -> str:
    """A rule's value with its unit: `8,000 tokens`, `refuse calls`."""
    spec = REGISTRY.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        unit = spec.unit if spec is not None else ""
        unit = "calls" if unit == "requests" else unit
        return f"{value:,} %" if unit == "percent" else f"{value:,} {unit}".strip()
    return choice_word(key, str(value))
