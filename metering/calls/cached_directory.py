"""What the gateway knows about callers, plans, models and policies: read from the database, dropped on any change."""

from datetime import UTC, datetime
from hashlib import blake2b
from secrets import token_bytes
from uuid import UUID

from metering.calls.cached_use import CachedUse
from metering.catalog.served import ModelIndex, PlanAccess, load_access, load_models
from metering.errors import NotPermitted
from metering.identity.authenticate import authenticate
from metering.identity.people.team_for import team_for
from metering.identity.principal import Principal
from metering.identity.tokens.speaker import speaker_for
from metering.policy.effective import effective_policy
from metering.policy.values import EffectivePolicy, PolicySubject, Variants
from metering.snapshots import Snapshots
from metering.snapshots.changes import Changes

_OWN_KEY = token_bytes(32)


class CachedDirectory:
    """One process's snapshots. For one event loop.

    With `changes` fed by a listener they live until they change, otherwise a second (metering.snapshots).
    """

    def __init__(self, changes: Changes | None = None) -> None:
        changes = changes or Changes()
        self.principals = Snapshots(
            _principal,
            changes=changes,
            tenant_of=lambda principal: principal.tenant_id,
            until_of=lambda principal: principal.valid_until,
        )
        self._speakers = Snapshots(
            _speaker,
            changes=changes,
            tenant_of=lambda principal: principal.tenant_id,
            until_of=lambda principal: principal.valid_until,
            max_entries=1,
        )
        self.teams = Snapshots(_team, changes=changes, tenant_of=lambda team: team[0])
        self.plan_access = Snapshots(_access, changes=changes)
        self.served = Snapshots(
            load_models, changes=changes, until_of=lambda index: index.until, max_entries=1
        )
        self.policies = Snapshots(_policy, changes=changes, tenant_of=lambda policy: policy[0])
        self.use = CachedUse()
        self._used_tokens: set[UUID] = set()

    async def principal(self, secret: str) -> Principal:
        """The holder of a bearer secret. Raises InvalidCredential, TokenExpired and TenantSuspended."""
        principal = await self.principals.get(key_of(secret), secret)
        self._used_tokens.add(principal.token_id)
        return principal

    def kept_principal(self, secret: str) -> Principal | None:
        """The holder of a secret if it is known without asking the database; else None."""
        principal = self.principals.peek(key_of(secret))
        if principal is not None:
            self._used_tokens.add(principal.token_id)
        return principal

    async def speaker(self, slug: str) -> Principal:
        """A tenant as a caller, for who needs no credential of its own. Raises NotFound and TenantSuspended."""
        principal = await self._speakers.get(slug, slug)
        self._used_tokens.add(principal.token_id)
        return principal

    def take_used_tokens(self) -> set[UUID]:
        """The ATI tokens that callers came with, or that they signed up with, since this was asked before."""
        used, self._used_tokens = self._used_tokens, set()
        return used

    async def team_id(self, caller: Principal, reference: str) -> UUID:
        """The caller's own team by id or slug. Raises NotFound and NotPermitted."""
        key = (caller.tenant_id, caller.team_id, caller.user_id, reference)
        return (await self.teams.get(key, caller, reference))[1]

    async def access(self, plan: str, task: str) -> PlanAccess | NotPermitted:
        """The plan's model classes for the task, or why it has none."""
        return await self.plan_access.get((plan, task), plan, task)

    async def models(self) -> ModelIndex:
        """Every model that can be served."""
        return await self.served.get(())

    async def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        """Limits and budgets as compiled: those in force, unless there are `variants` that depend on the moment."""
        return (await self.policies.get((subject, task), subject, task))[1]

    async def policy_at(self, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy:
        """The policy in force at a moment. Raises MeteringUnavailable."""
        policy = await self.policy(subject, task)
        return policy if policy.variants is None else await self.variant(policy.variants, now)

    async def variant(self, variants: Variants, now: datetime) -> EffectivePolicy:
        """The policy at a moment, where rules have conditions. Raises MeteringUnavailable."""
        return variants.at(now, await self.use.of(variants.meters, now) if variants.meters else {})

    def peek_policy(self, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy | None:
        """The policy at a moment if it is known without asking the database."""
        kept = self.policies.peek((subject, task))
        if kept is None:
            return None
        variants = kept[1].variants
        return kept[1] if variants is None else variants.at(now, self.use.peek(variants.meters))

    def forget(self) -> None:
        """Drop everything, so that the next call reads the database."""
        for snapshots in (
            *(self.principals, self._speakers, self.teams, self.plan_access, self.served, self.policies),
        ):
            snapshots.clear()


def key_of(secret: str) -> bytes:
    """Under which this process finds a secret again, without keeping it. The keyed digest that is stored
    (identity/tokens/secret.py) costs ten times as much."""
    return blake2b(secret.encode(), digest_size=32, key=_OWN_KEY).digest()


def _principal(secret: str) -> Principal:
    return authenticate(secret=secret, now=datetime.now(UTC))


def _speaker(slug: str) -> Principal:
    return speaker_for(slug, datetime.now(UTC))


def _access(plan: str, task: str) -> PlanAccess | NotPermitted:
    try:
        return load_access(plan, task)
    except NotPermitted as refusal:
        return refusal.with_traceback(None)


def _policy(subject: PolicySubject, task: str) -> tuple[UUID, EffectivePolicy]:
    """Return the tenant, whose changes make the policy stale, and the policy."""
    return subject.tenant_id, effective_policy(subject, task)


def _team(caller: Principal, reference: str) -> tuple[UUID, UUID]:
    """Return the tenant, whose changes make the answer stale, and the team's id."""
    return caller.tenant_id, team_for(caller, reference)
