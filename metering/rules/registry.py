"""The closed registry of rule keys.

A key that is not here, or that names no reader, cannot be set, so a rule that nothing reads cannot exist. Keys without
a reader wait for their feature, which switches its key on with the line `read_by`; a test looks for every reader.
"""

from metering.rules.rule_key import Merge, RuleKey
from metering.tags import read_keys
from metering.types import EnforcementMode, ModelClass, Scope, Task

_AGENTS = frozenset({Task.PRIOR_ART, Task.DRAFTING, Task.DIAGRAM})

OPEN_CAP_DEFAULT = 10

_KEYS = (
    RuleKey(
        name="max_tokens_in",
        read_by="metering.admission.bound:largest_input",
        meaning="the largest input of one LLM call",
        unit="tokens",
        low=1,
    ),
    RuleKey(
        name="max_tokens_out",
        read_by="metering.admission.bound:_output_limit",
        meaning="the longest output of one LLM call",
        unit="tokens",
        low=1,
    ),
    RuleKey(
        name="agent_max_steps",
        read_by="metering.reservation.task_limits:TaskLimits.of",
        meaning="LLM calls that one request may make",
        unit="steps",
        low=1,
        high=1_000,
        tasks=_AGENTS,
        default=40,
    ),
    RuleKey(
        name="max_steps",
        read_by="metering.reservation.task_limits:TaskLimits.of",
        meaning="LLM calls that one request for diagrams may make; with agent_max_steps the smaller one counts",
        unit="steps",
        low=1,
        high=1_000,
        tasks=frozenset({Task.DIAGRAM}),
    ),
    RuleKey(
        name="max_api_calls",
        read_by="metering.reservation.task_limits:TaskLimits.of",
        meaning="search calls that one request may make",
        unit="calls",
        high=900,
        tasks=frozenset({Task.PRIOR_ART}),
        default=20,
    ),
    RuleKey(
        name="retrieval_top_k",
        read_by="adapters.prior_art.asked:_top_k",
        meaning="hits that one search may return",
        unit="hits",
        low=1,
        high=1_000,
        tasks=frozenset({Task.PRIOR_ART}),
        default=25,
    ),
    RuleKey(
        name="diagram_files_per_req",
        read_by="metering.reservation.task_limits:TaskLimits.of",
        meaning="files that one request may produce",
        unit="files",
        low=1,
        high=1_000,
        tasks=frozenset({Task.DIAGRAM}),
        default=5,
    ),
    RuleKey(
        name="keep_results_days",
        read_by="metering.calls.begin:plan",
        meaning="how long jobs and drafts are kept, inputs and results alike",
        unit="days",
        low=1,
        high=3_650,
        tasks=_AGENTS,
        default=30,
        is_limit=False,
    ),
    RuleKey(
        name="max_concurrent",
        read_by="metering.policy.meter_limits:concurrency_limits",
        meaning="calls in flight at once",
        unit="calls",
        high=1_000_000,
    ),
    RuleKey(
        name="wait_for_room_s",
        read_by="metering.admission.admit:admit",
        meaning="how long a call waits for room that calls under way hold, before it is refused",
        unit="seconds",
        high=60,
        default=0,
        is_limit=False,
    ),
    RuleKey(
        name="requests_per_minute",
        read_by="metering.policy.rates:RATE_KEYS",
        meaning="rate of requests",
        unit="requests",
        high=10**9,
        scopes=frozenset(Scope),
    ),
    RuleKey(
        name="tokens_per_minute",
        read_by="metering.policy.rates:RATE_KEYS",
        meaning="rate of tokens",
        unit="tokens",
        high=10**12,
        scopes=frozenset(Scope),
    ),
    RuleKey(
        name="cache_ttl_s",
        read_by="metering.answer_cache.terms:terms_of",
        meaning="how old an answer of the cache may be; 0 switches the cache off",
        unit="seconds",
        high=30 * 86_400,
        tasks=frozenset({Task.CHAT}),
        is_limit=False,
    ),
    RuleKey(
        name="required_tags",
        read_by="metering.policy.values:EffectivePolicy.__post_init__",
        meaning="the keys of tags that every call has to have",
        is_keys=True,
        merge=Merge.UNION,
    ),
    RuleKey(
        name="max_class",
        read_by="metering.admission.plan:_classes_for",
        meaning="the dearest class of models that may serve a call",
        choices=tuple(reversed(ModelClass)),
        merge=Merge.STRICTER,
    ),
    RuleKey(
        name="cheaper_class",
        read_by="metering.admission.plan:route_call",
        meaning="the class whose models serve calls that ask for a dearer one",
        choices=tuple(reversed(ModelClass)),
        merge=Merge.STRICTER,
        is_limit=False,
    ),
    RuleKey(
        name="on_disconnect",
        read_by="metering.calls.abandoning:abandon",
        meaning="what happens to a call whose caller has gone",
        choices=("drain", "cancel"),
        merge=Merge.REPLACE,
        is_limit=False,
    ),
    RuleKey(
        name="on_metering_failure",
        read_by="metering.calls.unseen:UnseenCalls.may_let_in",
        meaning="whether calls proceed while the database is away",
        choices=("open", "closed"),
        tasks=frozenset({Task.CHAT}),
        merge=Merge.STRICTER,
        default="closed",
        is_limit=False,
    ),
    RuleKey(
        name="open_cap",
        read_by="metering.calls.unseen:UnseenCalls._ledger_under",
        meaning="the most that one process may spend, all its calls together, while the database is away",
        unit="US dollars",
        high=1_000_000_000,
        tasks=frozenset({Task.CHAT}),
        default=OPEN_CAP_DEFAULT,
        is_limit=False,
    ),
    RuleKey(
        name="log_content",
        read_by="metering.content.capture:capture_for",
        meaning="how much of requests and answers is kept for administrators to read",
        choices=("full", "redacted", "off"),
        merge=Merge.STRICTER,
        default="off",
        is_limit=False,
    ),
    RuleKey(
        name="keep_content_days",
        read_by="metering.content.capture:capture_for",
        meaning="how long what log_content keeps is kept",
        unit="days",
        low=1,
        high=3_650,
        default=30,
        is_limit=False,
    ),
    RuleKey(
        name="guard_content",
        read_by="metering.calls.guarding:guarded",
        meaning="what is done about private things in requests, before they are sent",
        choices=("off", "flag", "redact", "block"),
        merge=Merge.STRICTER,
        default="off",
        is_limit=False,
    ),
    RuleKey(
        name="enforcement",
        read_by="metering.policy.merge:modes_of",
        meaning="what limits do once they are reached",
        choices=tuple(EnforcementMode),
        merge=Merge.STRICTER,
        default=EnforcementMode.ENFORCE,
        is_limit=False,
    ),
    RuleKey(
        name="enforcement_percent",
        read_by="metering.policy.merge:modes_of",
        meaning="the share of users and tokens for whom limits are enforced; the others' are observed",
        unit="percent",
        high=100,
        default=100,
        merge=Merge.RAISE,
        is_limit=False,
    ),
)

RATE_SUBJECTS = ("team", "user", "token", "feature", "provider", "agent", "address")
"""Who may each have a rate, within whoever the rule is for."""
CONCURRENT_DEFAULTS = {Task.PRIOR_ART: 3, Task.DRAFTING: 2, Task.DIAGRAM: 5}
"""Operations of a task that one tenant may have in flight if no rule of the gateway, the plan or the tenant says."""
PER_AGENT_DEFAULT = 10
"""Requests a minute that one agent may make if no rule says anything else."""

_RATES_EACH = tuple(
    RuleKey(
        name=f"{unit}_per_minute_per_{subject}",
        read_by="metering.policy.rates:_each",
        meaning=f"rate of {unit} of each {subject}",
        unit=unit,
        high=high,
    )
    for unit, high in (("requests", 10**9), ("tokens", 10**12))
    for subject in RATE_SUBJECTS
)

REGISTRY: dict[str, RuleKey] = {key.name: key for key in _KEYS + _RATES_EACH}
TASK_DEFAULTS = {
    task: {
        key.name: key.default
        for key in _KEYS
        if task in key.tasks <= _AGENTS and isinstance(key.default, int)
    }
    for task in Task
}
"""What the keys of a task alone say where no rule does."""
SETTABLE = tuple(sorted(spec.name for spec in REGISTRY.values() if spec.is_read))
"""The keys that rules may set."""


def check_rule(key: str, value: object, task: str | None, scope: Scope) -> None:
    """Raise ValueError, with a sentence that says what would be valid, unless the rule makes sense.

    `task` is a task's code, or None for a rule about every task that knows the key.
    """
    spec = REGISTRY.get(key)
    if spec is None:
        raise ValueError(f"{key!r} is not a rule key; the keys are {', '.join(SETTABLE)}.")
    if not spec.is_read:
        raise ValueError(
            f"{key} cannot be set: nothing in this version reads it. The keys are {', '.join(SETTABLE)}."
        )
    if scope not in spec.scopes:
        raise ValueError(
            f"{key} does not count for {_named(scope)}, for which the keys are {', '.join(keys_of(scope))}; "
            f"it may be set for {', '.join(_named(known) for known in Scope if known in spec.scopes)}."
        )
    _check_value(spec, value)
    if task is None:
        return
    if task not in set(Task):
        raise ValueError(f"{task!r} is not a task; the tasks are {', '.join(Task)}.")
    if task not in spec.tasks:
        raise ValueError(f"{key} does not apply to {task}; it applies to {', '.join(sorted(spec.tasks))}.")


def keys_of(scope: Scope) -> list[str]:
    """List the keys that rules of the scope may set."""
    return [key for key in SETTABLE if scope in REGISTRY[key].scopes]


def _named(scope: Scope) -> str:
    if scope is Scope.GLOBAL:
        return "the gateway"
    return f"an {scope}" if scope is Scope.AGENT else f"a {scope}"


def _check_value(spec: RuleKey, value: object) -> None:
    if spec.choices:
        valid = isinstance(value, str) and value in spec.choices
    elif spec.is_keys:
        valid = _are_keys(value)
    else:
        # bool is an int to Python, and `max_concurrent: yes` in YAML is a bool.
        valid = isinstance(value, int) and not isinstance(value, bool) and spec.low <= value <= spec.high
    if not valid:
        raise ValueError(f"{spec.name} must be {spec.valid_values}, not {value!r}.")


def _are_keys(value: object) -> bool:
    try:
        read_keys(value)
    except ValueError:
        return False
    return True
