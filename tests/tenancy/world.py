"""Two tenants with a row of every noun, and the people who call. Alder owns what is asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.timezone import now

from metering.alerts.endpoints.edit import create_endpoint
from metering.catalog.provider_keys.set_key import set_provider_key
from metering.identity.sessions.open_session import open_session
from metering.models import (
    AlertDelivery,
    ATIToken,
    AuditEvent,
    Budget,
    BudgetOverride,
    Feature,
    Invitation,
    Membership,
    Notification,
    PlanFeature,
    PolicyDecision,
    PolicyRule,
    Provider,
    ProviderKey,
    QuotaAlert,
    QuotaRequest,
    SavedView,
    Statement,
    TaskDraft,
    TaskJob,
    Team,
    Tenant,
    UsageLog,
    User,
    VendorAlert,
    WebhookEndpoint,
)
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import counter_of
from metering.quota_requests.ask import ask_for_quota
from metering.statements.issue import issue_statement
from metering.types import Setter
from tests.factories import (
    AlertFactory,
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    ModelFactory,
    ProviderFactory,
    ReservationFactory,
    RuleFactory,
    TenantFactory,
    VendorAlertFactory,
    make_draft,
    make_invitation,
    make_job,
    make_notification,
    make_plan,
    make_token,
    reference_data,
)
from tests.factories.content import make_content
from tests.tenancy.image import prepare_images

ACTORS = ("nobody", "birch_member", "birch_admin", "alder_member", "alder_admin", "operator")
STRANGERS = ("nobody", "birch_member", "birch_admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantData:
    """One tenant and what is in it. Every field of a row in here can be a placeholder of a route."""

    tenant: Tenant
    token: ATIToken
    secret: str
    own_token: ATIToken
    """Bound to the member."""
    member: User
    admin: User
    team: Team
    rule: PolicyRule
    budget: Budget
    own_rule: PolicyRule
    """Set by the tenant itself, for its member."""
    own_budget: Budget
    key: ProviderKey
    """Of the vendor `acme`, which both tenants' plan offers with keys of their own."""
    decision: PolicyDecision
    alert: QuotaAlert
    vendor_alert: VendorAlert
    channel: WebhookEndpoint
    delivery: AlertDelivery
    """Of the alert to the channel; it failed."""
    job: TaskJob
    """The member's own, which has ended."""
    draft: TaskDraft
    invitation: Invitation
    view: SavedView
    """The member's."""
    notification: Notification
    """The member's."""
    override: BudgetOverride
    """Of the budget."""
    request: QuotaRequest
    """The member's, for more of a budget of its own that an operator set."""
    statement: Statement
    call: UsageLog
    """The one attempt of the member's own call."""

    def names(self) -> dict[str, str]:
        """What the placeholders of a route's path and body become."""
        return {
            "tenant": self.tenant.slug,
            "token": str(self.token.pk),
            "user": str(self.member.pk),
            "admin": str(self.admin.pk),
            "team": str(self.team.pk),
            "rule": str(self.rule.pk),
            "budget": str(self.budget.pk),
            "own_rule": str(self.own_rule.pk),
            "own_budget": str(self.own_budget.pk),
            "key": str(self.key.pk),
            "alert": str(self.alert.pk),
            "channel": str(self.channel.pk),
            "delivery": str(self.delivery.pk),
            "job": str(self.job.pk),
            "draft": str(self.draft.pk),
            "invitation": str(self.invitation.pk),
            "invited": self.invitation.email,
            "view": str(self.view.pk),
            "notification": str(self.notification.pk),
            "override": str(self.override.pk),
            "request": str(self.request.pk),
            "asked_budget": str(self.request.budget_id),
            "statement": str(self.statement.pk),
            "call": str(self.call.reservation_id),
            "email": self.member.email,
            "admin_email": self.admin.email,
            "prefix": self.token.prefix,
            "own_prefix": self.own_token.prefix,
            "team_slug": self.team.slug,
            "conversation": self.call.conversation_id,
            "decision": str(self.decision.pk),
            "agent": self.call.agent_id,
            "project": self.call.tags[0].partition("=")[2],
        }

    def marks(self) -> set[str]:
        """Texts of which no stranger may ever see one."""
        rows = (
            self.tenant,
            self.token,
            self.own_token,
            self.member,
            self.admin,
            self.team,
            self.rule,
            self.budget,
            self.own_rule,
            self.own_budget,
            self.key,
            self.decision,
            self.alert,
            self.vendor_alert,
            self.channel,
            self.job,
            self.draft,
            self.invitation,
            self.view,
            self.notification,
            self.override,
            self.request,
            self.statement,
            self.call,
        )
        prefixes = {self.token.prefix, self.own_token.prefix}
        texts = {
            f"{self.tenant.slug}-said",
            self.tenant.slug,
            self.secret,
            f"{self.tenant.slug}-gone",
            str(self.call.reservation_id),
        }
        return {str(row.pk) for row in rows} | prefixes | texts

    def words(self) -> set[str]:
        """Beginnings and ends of every name in this tenant."""
        return {f"{self.tenant.slug} ", f"{self.tenant.slug}-", f"@{self.tenant.slug}.example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    alder: TenantData
    birch: TenantData
    bearers: dict[str, str]
    """By actor; empty for nobody."""

    def names(self) -> dict[str, str]:
        """Of all placeholders."""
        birchs = {f"birch_{name}": value for name, value in self.birch.names().items()}
        others = {"plan": "PRO", "model": "no-model", "provider": "nobody", "unknown": "none"}
        return self.alder.names() | birchs | others


def make_world() -> World:
    """Both tenants and everybody's credential."""
    prepare_images()
    reference_data()
    make_vendor()
    alder, birch = make_tenant_data("alder"), make_tenant_data("birch")
    operator = User.objects.create_superuser("ops@example.com", None)
    people = {
        "birch_member": birch.member,
        "birch_admin": birch.admin,
        "alder_member": alder.member,
        "alder_admin": alder.admin,
        "operator": operator,
    }
    bearers = {actor: open_session(user=person, now=now()).access for actor, person in people.items()}
    return World(alder=alder, birch=birch, bearers={"nobody": "", **bearers})


def keep_key(tenant: Tenant, label: str = "default") -> ProviderKey:
    """A key of the tenant's own; nothing listens where its vendor is said to be."""
    return set_provider_key(
        provider=Provider.objects.get(name="acme"),
        tenant=tenant,
        key=f"sk-{tenant.slug}-0123456789-wxyz",
        label=label,
        actor="a test",
        now=now(),
    )


def make_channel(tenant: Tenant, name: str = "hook") -> WebhookEndpoint:
    """A webhook that nobody finds: `.invalid` names no host."""
    endpoint, _ = create_endpoint(
        tenant=tenant,
        kind="webhook",
        name=f"{tenant.slug}-{name}",
        url="https://hooks.invalid/events",
        events=[],
        actor="a test",
        now=now(),
    )
    return endpoint


def make_delivery(channel: WebhookEndpoint, alert: QuotaAlert) -> AlertDelivery:
    return AlertDelivery.objects.create(
        alert=alert,
        endpoint=channel,
        channel="webhook",
        recipient=str(channel.pk),
        state="failed",
        next_attempt_at=now(),
    )


def make_vendor() -> None:
    """`acme`, on the plan of both tenants, which contains own keys."""
    Feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own vendor keys"})
    plan = make_plan("PRO")
    PlanFeature.objects.create(plan=plan, feature_id="OWN_KEYS")
    kind = Provider.Kind.OPENAI_COMPATIBLE
    acme = ProviderFactory(name="acme", kind=kind, base_url="http://127.0.0.1:9/v1")
    ModelFactory(provider=acme)


def make_tenant_data(slug: str) -> TenantData:
    """A tenant whose every name contains its own, so that a leak can be seen."""
    made = datetime(2025, 1, 1, tzinfo=UTC)
    tenant = TenantFactory(slug=slug, name=f"{slug} data", created_at=made)
    issued = make_token(tenant, name=f"{slug} token", signups_allowed=5)
    token = ATIToken.objects.get(pk=issued.id)
    team = Team.objects.create(tenant=tenant, slug=f"{slug}-team", name=f"{slug} team")
    member, admin = (
        _person(token, f"{name}@{slug}.example", role)
        for name, role in (("ann", User.Role.MEMBER), ("bea", User.Role.TENANT_ADMIN))
    )
    for person in (member, admin):
        Membership.objects.create(team=team, user=person)
    budget = BudgetFactory(tenant=tenant)
    meter = MeterFactory(budget=budget, used=1)
    own = {"tenant": tenant, "set_by": Setter.TENANT}
    call = _use(tenant, member, team, f"{slug}-talk")
    make_content(call.reservation_id, tenant.pk, f"{slug}-said")
    note_change(tenant, slug)
    alert, channel = AlertFactory(meter=meter), make_channel(tenant)
    return TenantData(
        tenant=tenant,
        token=token,
        secret=issued.secret,
        own_token=ATIToken.objects.get(pk=make_token(tenant, name=f"{slug} own token", user=member).id),
        member=member,
        admin=admin,
        team=team,
        rule=RuleFactory(tenant=tenant),
        budget=budget,
        own_rule=RuleFactory(scope="user", scope_id=str(member.pk), **own),
        own_budget=BudgetFactory(scope="user", scope_id=str(member.pk), **own),
        key=keep_key(tenant),
        decision=make_decision(tenant, token),
        alert=alert,
        notification=make_notification(member, f"{slug} notification"),
        vendor_alert=VendorAlertFactory(tenant_id=tenant.pk, model=f"{slug}-model"),
        channel=channel,
        delivery=make_delivery(channel, alert),
        job=make_job(token, member),
        draft=make_draft(token, member),
        invitation=make_invitation(token, f"dan@{slug}.example"),
        view=SavedView.objects.create(user=member, name=f"{slug} view", query=f"user=ann@{slug}.example"),
        override=_raise(budget),
        request=ask(member, "user", "day"),
        statement=issue_statement(tenant=tenant, month=date(2025, 1, 1), actor="a test", now=now()),
        call=call,
    )


def _raise(budget: Budget) -> BudgetOverride:
    counter = counter_of(budget, tenant=budget.tenant, subject=None)
    return add_override(counter=counter, amount=7, actor="ops@example.com", now=now())


def ask(member: User, scope: str, window: str) -> QuotaRequest:
    """A member's request for more of a budget that an operator has set for it."""
    tenant = member.tenant
    assert tenant is not None
    budget = BudgetFactory(scope=scope, scope_id=str(member.pk), tenant=tenant, window=window)
    counter = counter_of(budget, tenant=tenant, subject=None)
    return ask_for_quota(counter=counter, amount=5, reason=f"{tenant.slug} filing", by=member, now=now())


def more_of(data: TenantData) -> None:
    """Another row of what a list may show, so that whoever counts it sees a difference."""
    slug = data.tenant.slug
    make_token(data.tenant, name=f"{slug} second token")
    Team.objects.create(tenant=data.tenant, slug=f"{slug}-second-team", name=f"{slug} second team")
    _person(data.token, f"cat@{slug}.example", User.Role.MEMBER)
    RuleFactory(tenant=data.tenant, key="max_tokens_out", value=7)
    own = {"tenant": data.tenant, "set_by": Setter.TENANT, "scope": "team", "scope_id": str(data.team.pk)}
    RuleFactory(**own)
    BudgetFactory(**own)
    meter = MeterFactory(budget=BudgetFactory(tenant=data.tenant, window="month"), used=7)
    make_delivery(data.channel, AlertFactory(meter=meter))
    make_channel(data.tenant, "second-hook")
    make_notification(data.member, f"{slug} second notification")
    VendorAlertFactory(tenant_id=data.tenant.pk, model=f"{slug}-second-model")
    _use(data.tenant, data.admin, None, f"{slug}-second-talk")
    make_decision(data.tenant, data.token, rule="tenant cost/month")
    make_job(data.token, data.member)
    keep_key(data.tenant, "second")
    note_change(data.tenant, f"second-{slug}")
    make_invitation(data.token, f"eve@{slug}.example")
    SavedView.objects.create(user=data.member, name=f"{slug} second view", query="range=today")
    _raise(data.budget)
    ask(data.member, "user", "week")
    issue_statement(tenant=data.tenant, month=date(2025, 2, 1), actor="a test", now=now())


def note_change(tenant: Tenant, name: str) -> None:
    """An event of the audit trail, about a team that is gone."""
    AuditEvent.objects.create(
        action="team.created",
        actor=f"bea@{tenant.slug}.example",
        tenant_id=tenant.pk,
        object_type="Team",
        object_id=name,
        facts={"slug": f"{name}-gone"},
    )


def _use(tenant: Tenant, user: User, team: Team | None, conversation: str) -> UsageLog:
    labels = {
        "tenant_id": tenant.pk,
        "user_id": user.pk,
        "team_id": team and team.pk,
        "agent_id": f"{tenant.slug}-agent",
        "conversation_id": conversation,
        "tags": [f"project={tenant.slug}-apollo"],
    }
    ReservationFactory(**labels, lease_expires_at=now() + timedelta(hours=1))  # so that nobody sweeps it
    call: UsageLog = AttemptFactory(**labels)
    return call


def make_decision(tenant: Tenant, token: ATIToken, rule: str = "tenant requests/day") -> PolicyDecision:
    moment = now()
    return PolicyDecision.objects.create(
        minute=moment.replace(second=0, microsecond=0),
        tenant_id=tenant.pk,
        token_id=token.pk,
        task="LLM0_CHAT",
        verdict="denied",
        code="budget_exceeded",
        rule=rule,
        mode="enforce",
        count=1,
        first_at=moment,
        last_at=moment,
    )


def _person(token: ATIToken, email: str, role: User.Role) -> User:
    return User.objects.create_user(email, tenant=token.tenant, role=role, signup_token=token)
