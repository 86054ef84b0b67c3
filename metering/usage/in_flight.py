"""Calls that are under way: what the ledger holds for each, since when, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

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
    page = list(rows)
    slugs = dict(Tenant.objects.filter(pk__in={row.tenant_id for row in page}).values_list("pk", "slug"))
    emails = dict(User.objects.filter(pk__in={row.user_id for row in page}).values_list("pk", "email"))
    teams = dict(Team.objects.filter(pk__in={row.team_id for row in page}).values_list("pk", "slug"))
    tokens = ATIToken.objects.in_bulk({row.token_id for row in page if row.token_id is not None})
    return [_named(row, slugs, emails, teams, tokens.get(row.token_id)) for row in page]


def _named(
    row: UsageReservation,
    slugs: dict[UUID, str],
    emails: dict[UUID, str],
    teams: dict[UUID, str],
    token: ATIToken | None,
) -> HeldCall:
    return HeldCall(
        id=row.pk,
        request_id=row.request_id,
        tenant=slugs.get(row.tenant_id),
        user=emails.get(row.user_id),
        token=token.prefix if token is not None else None,
        token_name=token.name if token is not None else "",
        team=teams.get(row.team_id),
        task=row.task,
        model=row.request_model,
        provider=row.provider_name,
        conversation=row.conversation_id,
        held_nano_usd=row.cost_nano_usd,
        since=row.created_at,
        lease_expires_at=row.lease_expires_at,
    )
