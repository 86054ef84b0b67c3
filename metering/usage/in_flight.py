"""Calls that are under way: what the ledger holds for each, since when, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from metering.labels import Labels
from metering.models import ATIToken, Team, Tenant, UsageReservation, User
from metering.money import usd_text
from metering.types import ReservationState


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """How many there are, and what they hold together."""

    calls: int
    held_nano_usd: int

    def as_json(self) -> dict[str, object]:
        return {"calls": self.calls, "held_usd": usd_text(self.held_nano_usd)}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCall:
    """One of them, with the names that people know."""

    id: UUID
    request_id: str
    tenant: str | None
    """The slug; None once the tenant is gone."""
    user: str | None
    """The e-mail address."""
    token: str | None
    """The prefix of its secret."""
    token_name: str
    team: str | None
    task: str
    model: str
    provider: str
    conversation: str | None
    held_nano_usd: int
    since: datetime
    lease_expires_at: datetime

    def as_json(self) -> dict[str, object]:
        """With cost as decimal US dollars."""
        return {
            "id": str(self.id),
            "state": ReservationState.HELD.name.lower(),
            "request_id": self.request_id,
            "tenant": self.tenant,
            "user": self.user,
            "token": self.token,
            "token_name": self.token_name,
            "team": self.team,
            "task": self.task,
            "model": self.model,
            "provider": self.provider,
            "conversation": self.conversation,
            "held_usd": usd_text(self.held_nano_usd),
            "since": self.since,
            "lease_expires_at": self.lease_expires_at,
        }


def held_calls(
    *, tenant: Tenant | None = None, only: Iterable[tuple[str, object]] = ()
) -> "QuerySet[UsageReservation]":
    """Of one tenant or (None) of all, with these values in these columns; the newest first."""
    rows = UsageReservation.objects.filter(state=ReservationState.HELD)
    if tenant is not None:
        rows = rows.for_tenant(tenant)
    for column, value in only:
        rows = rows.filter(**{column: value})
    return rows


def in_flight(rows: "QuerySet[UsageReservation]") -> InFlight:
    """The sums of `held_calls`."""
    found = rows.order_by().aggregate(calls=Count("pk"), held=Sum("cost_nano_usd"))
    return InFlight(calls=found["calls"], held_nano_usd=int(found["held"] or 0))


def with_names(rows: Iterable[UsageReservation]) -> list[HeldCall]:
    """One page of them; four queries, however many there are."""
    page = [(row, row.labels) for row in rows]
    slugs = dict(Tenant.objects.filter(pk__in={row.tenant_id for row, _ in page}).values_list("pk", "slug"))
    users, teams, tokens = (
        {getattr(labels, name) for _, labels in page} - {None} for name in ("user_id", "team_id", "token_id")
    )
    names = _Names(
        slugs=slugs,
        emails=dict(User.objects.filter(pk__in=users).values_list("pk", "email")),
        teams=dict(Team.objects.filter(pk__in=teams).values_list("pk", "slug")),
        tokens=ATIToken.objects.in_bulk(tokens),
    )
    return [names.of(row, labels) for row, labels in page]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """By id; who is gone has none."""

    slugs: dict[UUID, str]
    emails: dict[UUID, str]
    teams: dict[UUID, str]
    tokens: dict[UUID, ATIToken]

    def of(self, row: UsageReservation, labels: Labels) -> HeldCall:
        token = self.tokens.get(labels.token_id) if labels.token_id else None
        return HeldCall(
            id=row.pk,
            request_id=labels.request_id,
            tenant=self.slugs.get(row.tenant_id),
            user=self.emails.get(labels.user_id) if labels.user_id else None,
            token=token.prefix if token is not None else None,
            token_name=token.name if token is not None else "",
            team=self.teams.get(labels.team_id) if labels.team_id else None,
            task=labels.task,
            model=labels.request_model,
            provider=labels.provider_name,
            conversation=labels.conversation_id,
            held_nano_usd=row.bound.cost_nano_usd,
            since=row.created_at,
            lease_expires_at=row.lease_expires_at,
        )
