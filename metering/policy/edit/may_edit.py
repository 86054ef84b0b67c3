"""Decides who may set, change and lift limits. The API and the console ask here.

- Operators set limits for everybody, and change those of everybody.
- A tenant's own administrators set limits for its teams, people, tokens and whatever else is narrower than the tenant.
  Such a limit only takes away: a budget is one more that must have room, and a rule of a narrow scope counts only where
  it is stricter (`policy/merge.py`). So they are offered the keys of which that is true, and no others.
- Each row says who set it (`set_by`). Where an operator has limited somebody too, both rows stand side by side, and the
  stricter one decides. A tenant's administrators change and lift those that the tenant set, never an operator's.
- How many limits a tenant may set is bounded, because every call looks at those of its caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from metering.errors import InvalidRequest, NotFound, NotPermitted
from metering.models import Budget, PolicyRule, Tenant, User
from metering.policy.edit.target import PolicyTarget, find_target
from metering.rules.registry import REGISTRY
from metering.rules.rule import TIGHTENING_SCOPES
from metering.types import TENANT_SCOPES, Scope, Setter

BUDGET_SCOPES = tuple(scope for scope in TENANT_SCOPES if scope is not Scope.TENANT)
"""For whom a tenant may set budgets."""
RULE_SCOPES = TIGHTENING_SCOPES
"""For whom it may set rules. An agent's own rate takes the place of a general one, so it could allow more."""
TENANTS_KEYS = tuple(sorted(key.name for key in REGISTRY.values() if key.is_read and key.only_tightens))
"""Keys of which a narrow rule can only take away."""
MAX_FOR_ONE = 50
"""Active rules, and active budgets, that a tenant may set for one of its teams, people or others."""
MAX_ACTIVE = 1_000
"""The same for all of them together."""
MAX_KEPT = 5_000
"""With those that are switched off, which stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Who changes limits."""

    tenant: Tenant | None = None
    """Whose administrator it is; None: an operator."""

    @property
    def set_by(self) -> Setter:
        """How rows name this editor."""
        return Setter.OPERATOR if self.tenant is None else Setter.TENANT


OPERATOR = Editor()


def editor_of(*, role: str, tenant: Tenant | None) -> Editor:
    """The editor that somebody of this role is. Raises NotPermitted for a member."""
    if role == User.Role.SUPER_ADMIN:
        return OPERATOR
    if role != User.Role.TENANT_ADMIN or tenant is None:
        raise NotPermitted("Limits are set by administrators.")
    return Editor(tenant=tenant)


def target_for(editor: Editor, words: Mapping[str, str | None]) -> PolicyTarget:
    """The target that these words (those of `find_target`) name, as far as the editor can see.

    A tenant's administrators need not name the tenant. Raises what `find_target` raises; of another tenant NotFound, as
    for one that never was; and NotPermitted for what is no tenant's.
    """
    if editor.tenant is None:
        return find_target(**words)
    for name in ("plan", "provider"):
        if words.get(name):
            raise NotPermitted(f"Limits of a {name} are set by the gateway's operators.", param=name)
    named = words.get("tenant")
    if named not in (None, "", editor.tenant.slug, str(editor.tenant.pk)):
        raise NotFound(f"There is no tenant {named!r}.", param="tenant")
    return find_target(**{**words, "tenant": editor.tenant.slug})


def check_may_set_budget(editor: Editor, target: PolicyTarget) -> None:
    """Whether the editor may set a budget for the target. Raises NotPermitted."""
    _check_target(editor, target, BUDGET_SCOPES, "budgets")


def check_may_set_rule(editor: Editor, target: PolicyTarget, key: str) -> None:
    """Whether the editor may give a key a value for the target. Raises NotPermitted."""
    _check_target(editor, target, RULE_SCOPES, "rules")
    if editor.tenant is not None and key in REGISTRY and key not in TENANTS_KEYS:
        raise NotPermitted(
            f"{key} can allow more than the plan does, so the gateway's operators set it. "
            f"Your keys are {', '.join(TENANTS_KEYS)}.",
            param="key",
        )


def asking_about(editor: Editor, target: PolicyTarget) -> Editor:
    """As whom the editor asks what a limit would do: of the whole tenant's an operator's, which it may wish for."""
    return editor if target.scope in BUDGET_SCOPES else OPERATOR


def may_change(editor: Editor, row: Budget | PolicyRule) -> bool:
    """Whether the editor may change or lift this row."""
    if editor.tenant is None:
        return True
    return row.tenant_id == editor.tenant.pk and row.set_by == Setter.TENANT


def check_may_change(editor: Editor, row: Budget | PolicyRule) -> None:
    """Raises NotPermitted for a row of an operator; rows of other tenants the editor must not even find."""
    if not may_change(editor, row):
        noun = row._meta.verbose_name
        raise NotPermitted(f"This {noun} was set by the gateway's operators, who alone change or lift it.")


def hold_room(editor: Editor) -> None:
    """Let a tenant's limits be counted one change at a time, until the transaction ends."""
    if editor.tenant is not None:
        Tenant.objects.select_for_update(no_key=True).get(pk=editor.tenant.pk)


def check_room(editor: Editor, row: Budget | PolicyRule) -> None:
    """Whether the tenant may have this row, which has just been written, too. Raises InvalidRequest."""
    if editor.tenant is None or not row.is_active:
        return
    noun = str(row._meta.verbose_name_plural)
    kept = type(row)._default_manager.filter(tenant=editor.tenant, set_by=Setter.TENANT)
    active = kept.filter(is_active=True)
    if active.filter(scope=row.scope, scope_id=row.scope_id).count() > MAX_FOR_ONE:
        raise InvalidRequest(f"There are {MAX_FOR_ONE} {noun} for this {row.scope} already; lift one first.")
    if active.count() > MAX_ACTIVE:
        raise InvalidRequest(f"Your tenant has {MAX_ACTIVE:,} {noun} already; lift one first.")
    if kept.count() > MAX_KEPT:
        raise InvalidRequest(
            f"Your tenant has set {MAX_KEPT:,} {noun}, those that were lifted included; ask your operator."
        )


def _check_target(editor: Editor, target: PolicyTarget, scopes: tuple[Scope, ...], noun: str) -> None:
    if editor.tenant is None:
        return
    if target.tenant is None or target.tenant.pk != editor.tenant.pk or target.scope not in scopes:
        whom = "the whole tenant" if target.scope is Scope.TENANT else f"this scope ({target.scope})"
        raise NotPermitted(
            f"The gateway's operators set {noun} for {whom}. You may set them for one {_or(scopes)}.",
            param=target.scope.value if target.scope not in (Scope.TENANT, Scope.GLOBAL) else "tenant",
        )


def _or(scopes: tuple[Scope, ...]) -> str:
    return f"{', '.join(scopes[:-1])} or {scopes[-1]}"
