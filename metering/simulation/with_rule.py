"""One rule tried in a simulation."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from metering.models import Tenant
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import PolicyTarget
from metering.policy.source import LoadCatalog
from metering.types import Scope

ACTOR = "simulator"


def with_rule(
    *,
    tenant: Tenant | None,
    key: str,
    value: object,
    now: datetime,
    task: str | None = None,
    when: Mapping[str, object] | None = None,
) -> LoadCatalog:
    """For `read_policy_source`: as if the tenant, or (None) the gateway, had this rule. Raises what `set_rule` does."""
    target = PolicyTarget(scope=Scope.GLOBAL if tenant is None else Scope.TENANT, tenant=tenant)
    return partial(set_rule, target=target, key=key, value=value, task=task, when=when, actor=ACTOR, now=now)
