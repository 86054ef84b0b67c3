"""Issue a tenant's statement of a month that is over."""

from datetime import UTC, date, datetime

from django.db import connection, transaction
from msgspec.structs import replace

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import LedgerPeriod, Statement, Tenant
from metering.statements.draft import Draft, draft_statement
from metering.statements.figures import digest_of, text_of
from metering.statements.months import bounds_of, month_after
from metering.statements.tell import tell_of

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('metering.statements ' || %s, 0))"


def issue_statement(*, tenant: Tenant, month: date, actor: str, now: datetime) -> Statement:
    """The month's statement: the one that there is, or else a new one, after those of months between that lack one.

    However many ask at once, there is one. Raises InvalidRequest for a month that is not over, that is before the
    first one that was issued or before the tenant was made, or of which the ledger has dropped its rows.
    """
    issued = statements_of(tenant)
    while not issued or issued[-1].month < month:
        following = month_after(issued[-1].month) if issued else month
        end = bounds_of(tenant, following)[1]
        if end > now:
            raise InvalidRequest(f"{following:%Y-%m} is not over yet where the tenant is.", param="month")
        if end <= tenant.created_at:
            raise InvalidRequest("The tenant was made after that month.", param="month")
        _check_kept(tenant, following)
        draft = draft_statement(tenant=tenant, month=following, issued=issued, now=now)
        _keep(draft, tenant, after=issued[-1] if issued else None, actor=actor, now=now)
        issued = statements_of(tenant)
    for statement in issued:
        if statement.month == month:
            return statement
    first = issued[0].month
    raise InvalidRequest(f"The tenant's statements begin with {first:%Y-%m}.", param="month")


def _check_kept(tenant: Tenant, month: date) -> None:
    start, end = (moment.astimezone(UTC).date() for moment in bounds_of(tenant, month))
    dropped = LedgerPeriod.objects.filter(state=LedgerPeriod.State.DROPPED)
    if dropped.filter(month__gte=start.replace(day=1), month__lt=end).exists():
        raise InvalidRequest(f"What was used in {month:%Y-%m} is no longer kept.", param="month")


def statements_of(tenant: Tenant) -> list[Statement]:
    """Select a tenant's statements, the oldest first."""
    return list(Statement.objects.for_tenant(tenant).select_related("tenant").order_by("month"))


@transaction.atomic
def _keep(draft: Draft, tenant: Tenant, *, after: Statement | None, actor: str, now: datetime) -> None:
    """Another statement of the tenant that was kept meanwhile stays, and this draft is dropped: it was made before."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [str(tenant.pk)])
    last = Statement.objects.for_tenant(tenant).order_by("-month").first()
    if (last and last.pk) != (after and after.pk):
        return
    number = last.number + 1 if last else 1
    figures = replace(draft.figures, number=number)
    text = text_of(figures)
    statement = Statement.objects.create(
        number=number,
        tenant=tenant,
        month=figures.month,
        starts_at=figures.starts_at,
        ends_at=figures.ends_at,
        issued_at=now,
        read_at=draft.read_at,
        seen=draft.seen,
        figures=text,
        digest=digest_of(text),
    )
    facts = {"number": statement.name, "month": f"{figures.month:%Y-%m}", "nano_usd": figures.total_nano_usd}
    record_change(
        action="statement.issued", actor=actor, target=statement, tenant_id=tenant.pk, now=now, facts=facts
    )
    tell_of(statement, figures, now=now)
