"""Which providers could be called: their configuration, and what they say when they are asked."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, Q

from metering.api_key import key_problem, read_keys
from metering.base_url import base_url_problem
from metering.catalog.provider_keys.read_keys import KeysByProvider, keys_of
from metering.models import Provider

Probe = Callable[[Collection[str]], Mapping[str, str | None]]
"""Asks these providers whether they answer: what is wrong with each, without any part of a key; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCheck:
    """What is known about one provider."""

    provider: str
    kind: str
    base_url: str
    api_key_env: str
    models: int
    """Active models; a provider without any is never called."""
    asked: bool = False
    """Whether it was asked: one whose configuration is wrong is not."""
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


def check_providers(
    *, environment: Mapping[str, str], probe: Probe, only: Collection[str] | None = None
) -> list[ProviderCheck]:
    """Every active provider in order of name, or `only` some. A key's variable (or NAME_FILE) must be set, unless there
    is a key in the database; none is ever shown.
    """
    stored = keys_of(None)
    rows = Provider.objects.filter(is_active=True).annotate(
        active_models=Count("models", filter=Q(models__is_active=True))
    )
    if only is not None:
        rows = rows.filter(name__in=only)
    checks = [
        ProviderCheck(
            provider=row.name,
            kind=row.kind,
            base_url=row.shown_base_url,
            api_key_env=row.api_key_env,
            models=row.active_models,
            problem=configuration_problem(row, environment, stored),
        )
        for row in rows.order_by("name")
    ]
    said = probe([check.provider for check in checks if check.ok])
    return [
        replace(check, asked=True, problem=said.get(check.provider)) if check.ok else check
        for check in checks
    ]


def configuration_problem(
    row: Provider, environment: Mapping[str, str], stored: KeysByProvider
) -> str | None:
    """What is wrong with a provider before anybody asks it; None: nothing."""
    if row.base_url and (problem := base_url_problem(row.base_url)):
        return f"its base URL {problem}"
    if row.kind == Provider.Kind.SANDBOX:
        return None
    if not row.api_key_env:
        return None  # servers of one's own (Ollama, vLLM) need none
    if problem := key_problem(row.api_key_env, environment):
        return problem
    if read_keys(row.api_key_env, environment) or row.name in stored:
        return None
    return f"{row.api_key_env} is not set"
