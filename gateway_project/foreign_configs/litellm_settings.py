"""LiteLLM's settings: those that are traits or budgets here, and for the others where the gateway has them instead."""

import re
from decimal import Decimal

from gateway_project.foreign_configs.draft import Draft, Fields
from gateway_project.foreign_configs.reader import ForeignReader
from metering.catalog.read_budgets import NANO_PLACES
from metering.money import NANO_PER_USD
from metering.traits import LEAST_SECONDS, MAX_RETRIES, MOST_PER_MINUTE, MOST_SECONDS
from metering.types import MAX_AMOUNT, Window

SharedTraits = Fields
RETRIES = ("num_retries", "max_retries")
TIMEOUTS = ("timeout", "request_timeout")
RATES = {"rpm": "requests_per_minute", "tpm": "tokens_per_minute"}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s?", re.ASCII)
WINDOWS = {
    "1h": Window.HOUR,
    "60m": Window.HOUR,
    "24h": Window.DAY,
    "1d": Window.DAY,
    "7d": Window.WEEK,
    "30d": Window.MONTH,
    "1mo": Window.MONTH,
}
"""`budget_duration` → our windows, which begin with the hour, day, week or month."""
ROUTING = "models of the same class or alias are chosen by price, speed and availability (docs/routing.md)."
CIRCUITS = "the gateway has circuits of its own for vendors that fail (docs/routing.md)."
OWN_REDIS = "the gateway has a Redis of its own (REDIS_URL)."
TOKENS = "callers come with ATI tokens; `manage.py issue_token` makes one."
ROUTER_REASONS = {
    "routing_strategy": ROUTING,
    "routing_strategy_args": ROUTING,
    "fallbacks": "give models that stand in for one another the same model_name, or the same alias (docs/routing.md).",
    "context_window_fallbacks": "a call that is too long for a model goes to none.",
    "content_policy_fallbacks": "a refused content is not asked again elsewhere.",
    "allowed_fails": CIRCUITS,
    "cooldown_time": CIRCUITS,
    "enable_pre_call_checks": "a model's limits are always checked before a call.",
    **dict.fromkeys(("redis_host", "redis_port", "redis_password", "redis_url"), OWN_REDIS),
}
SETTINGS_REASONS = {
    "fallbacks": ROUTER_REASONS["fallbacks"],
    "default_fallbacks": ROUTER_REASONS["fallbacks"],
    "context_window_fallbacks": ROUTER_REASONS["context_window_fallbacks"],
    "drop_params": "a field that a vendor does not take is refused by its name, never dropped.",
    "set_verbose": "LOG_LEVEL says how much is logged.",
    "json_logs": "logs are JSON lines anyway.",
    "cache": "the answer cache is switched on by the rule cache_ttl_s (docs/cache.md).",
    "cache_params": "the answer cache is switched on by the rule cache_ttl_s (docs/cache.md).",
    "success_callback": "usage is in the database, in reports and in /metrics.",
    "failure_callback": "failures are in the logs, in reports and in /metrics.",
    "callbacks": "usage is in the database, in reports and in /metrics.",
}
GENERAL_REASONS = {
    "master_key": f"no key opens everything here: {TOKENS}",
    "database_url": "the gateway has a database of its own (DATABASE_URL).",
    "store_model_in_db": "the catalog is always in the database.",
    "max_parallel_requests": "the rule max_concurrent does that: `manage.py set_rule --key max_concurrent`.",
    "global_max_parallel_requests": "the rule max_concurrent does that: `manage.py set_rule --key max_concurrent`.",
    "alerting": "alerts go to mail and channels (docs/alerts.md, docs/webhooks.md).",
    "health_check_interval": "vendors are watched by their calls, and asked by `manage.py check_providers`.",
}


def read_shared_traits(fields: ForeignReader) -> SharedTraits:
    """What holds for every model: how often a call is asked again, and how long it may take."""
    return {**_retries(fields), **_timeout(fields)}


def read_deployment_traits(params: ForeignReader) -> Fields:
    """The same of one model, and the vendor's limits per minute."""
    traits = {**_retries(params), **_timeout(params)}
    for key, trait in RATES.items():
        if params.node(key) is not None:
            traits[trait] = params.integer(key, low=1, high=MOST_PER_MINUTE)
    return traits


def read_budget(fields: ForeignReader, draft: Draft) -> None:
    """`max_budget` is a hard budget of the gateway as a whole, if its duration is a window here."""
    if fields.node("max_budget") is None:
        return
    amount = fields.decimal("max_budget", places=NANO_PLACES, high=MAX_AMOUNT // NANO_PER_USD)
    duration = fields.text("budget_duration")
    window = WINDOWS.get(duration) if duration else Window.TOTAL
    if window is None:
        fields.problem(
            f"{duration!r} is no window here; there are {', '.join(WINDOWS)}", key="budget_duration"
        )
        return
    draft.budgets.append({"dimension": "cost", "window": window.value, "amount": amount})
    fields.note(f"a hard budget of the gateway as a whole, by the {window.value}.", key="max_budget")


def _retries(fields: ForeignReader) -> Fields:
    key = fields.has(RETRIES)
    if key is None:
        return {}
    return {"retries": fields.integer(key, low=0, high=MAX_RETRIES)}


def _timeout(fields: ForeignReader) -> Fields:
    key = fields.has(TIMEOUTS)
    if key is None:
        return {}
    match = _SECONDS.fullmatch(fields.text(key))
    seconds = Decimal(match[1]) if match else Decimal(0)
    if not Decimal(str(LEAST_SECONDS)) <= seconds <= MOST_SECONDS:
        fields.problem(f"expected seconds from {LEAST_SECONDS} to {MOST_SECONDS}, such as 60 or 60s", key=key)
        return {}
    return {"total_s": int(seconds) if seconds == int(seconds) else float(seconds)}
