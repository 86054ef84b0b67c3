"""A tenant's tokens: what each may do, what it spent today, when it was last used, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from admin_console.tenant.links import page_url
from admin_console.wording import short_day, when
from admin_console.words import task_word
from metering.models import ATIToken, Tenant
from metering.reports.spend import NOTHING, Spent
from metering.simulation.source_names import token_name

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    name: str
    prefix: str
    state: str
    tone: str
    may_do: str
    plan: str
    spent_today: int
    last_used: str
    ends: str
    usage_url: str
    narrow_url: str = ""
    rotate_url: str = ""
    revoke_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The live ones first, at most SHOWN of all."""

    lines: tuple[TokenLine, ...]
    live: int
    ended: int
    spent_today: int

    @property
    def hidden(self) -> int:
        return self.live + self.ended - len(self.lines)


def tokens_of(tenant: Tenant, *, today: Mapping[UUID, Spent], now: datetime, zone: tzinfo) -> Tokens:
    rows = (
        ATIToken.objects.for_tenant(tenant)
        .defer("digest", "previous_digest")
        .select_related("tenant", "plan_tier", "team", "user")
        .annotate(
            is_over=Case(
                When(Q(revoked_at__isnull=False) | Q(expires_at__lte=now), then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
        )
        .order_by("is_over", "-created_at")
    )
    every = list(rows.values_list("is_over", flat=True))
    lines = tuple(_line(row, today.get(row.pk, NOTHING), now, zone) for row in rows[:SHOWN])
    return Tokens(
        lines=lines,
        live=every.count(0),
        ended=every.count(1),
        spent_today=sum(spent.cost_nano_usd for spent in today.values()),
    )


def _line(row: ATIToken, spent: Spent, now: datetime, zone: tzinfo) -> TokenLine:
    state, tone = state_of(row, now)
    is_live = state == "live"
    tenant_slug = row.tenant.slug
    return TokenLine(
        name=row.name or "without a name",
        prefix=f"{row.prefix}…",
        state="" if is_live else state,
        tone=tone,
        may_do=_may_do(row),
        plan=row.plan_tier.name,
        spent_today=spent.cost_nano_usd,
        last_used=when(row.last_used_at, zone) if row.last_used_at else "never used",
        ends=_ends(row, now, zone),
        usage_url=page_url("explore", tenant=tenant_slug, token=row.prefix, range="month"),
        narrow_url=reverse("admin:token_narrow", args=[row.prefix]) if is_live else "",
        rotate_url=reverse("admin:tenant_rotate", args=[tenant_slug, row.prefix]) if is_live else "",
        revoke_url=reverse("admin:tenant_revoke", args=[tenant_slug, row.prefix]) if is_live else "",
    )


def state_of(row: ATIToken, now: datetime) -> tuple[str, str]:
    """A word, and the tone of its label."""
    if row.revoked_at is not None:
        return "revoked", "bad"
    if row.expires_at is not None and row.expires_at <= now:
        return "expired", "warn"
    return "live", "ok"


def _may_do(row: ATIToken) -> str:
    tasks = ", ".join(task_word(task) for task in row.allowed_tasks) or "all tasks"
    whose = [f"team {row.team.slug}" if row.team else "", row.user.email if row.user else ""]
    return ", ".join([tasks, *filter(None, whose)])


def _ends(row: ATIToken, now: datetime, zone: tzinfo) -> str:
    if row.revoked_at is not None:
        return f"revoked {short_day(row.revoked_at.astimezone(zone).date())}"
    if row.expires_at is None:
        return "never ends"
    verb = "ended" if row.expires_at <= now else "ends"
    return (
        f"{verb} {short_day(row.expires_at.astimezone(zone).date())} {row.expires_at.astimezone(zone).year}"
    )


def called(row: ATIToken) -> str:
    """A token in a sentence."""
    return token_name(row.name, row.prefix)
