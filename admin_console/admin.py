"""Django's autodiscovery imports this module; each import registers one group of nouns with the console."""

from admin_console import (
    alerts,
    answers,
    audit,
    decisions,
    identity,
    ledger,
    meters,
    models,
    plans,
    policy,
    sessions,
    teams,
    tokens,
    usage,
    users,
    vendor_alerts,
)

__all__ = [
    "alerts",
    "answers",
    "audit",
    "decisions",
    "identity",
    "ledger",
    "meters",
    "models",
    "plans",
    "policy",
    "sessions",
    "teams",
    "tokens",
    "usage",
    "users",
    "vendor_alerts",
]
