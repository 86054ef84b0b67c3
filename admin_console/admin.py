"""Django's autodiscovery imports this module; each import registers one group of nouns with the console."""

from admin_console import (  # noqa: F401
    alerts,
    audit,
    billing,
    catalog,
    decisions,
    jobs,
    kept_answers,
    ledger,
    meters,
    openings,
    plans,
    policy,
    provider_keys,
    sessions,
    teams,
    tenants,
    tokens,
    usage,
    users,
    vendor_alerts,
)
