"""Compares a vendor's report with the ledger, keeps what was found, and on order books it."""

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct

from metering.errors import InvalidRequest, NotFound
from metering.models import Provider
from metering.reconciliation.book import Booked, SubmitAll, book
from metering.reconciliation.compare import Comparison, compare
from metering.reconciliation.keep import keep
from metering.reconciliation.model_names import names_of
from metering.reconciliation.rates import rates_of
from metering.reconciliation.read_ledger import check_period, read_ledger
from metering.reconciliation.vendor_report import ReportLine, report_of


class Reconciled(Struct, frozen=True, kw_only=True):
    """What was found, and what was booked of it; None: nothing was to be."""

    comparison: Comparison
    booked: Booked | None = None


def reconcile_usage(
    *,
    provider: str,
    lines: Iterable[ReportLine],
    since: date,
    until: date,
    actor: str,
    now: datetime,
    zone: str = "UTC",
    keys: frozenset[str] = frozenset(),
    submit: SubmitAll | None = None,
) -> Reconciled:
    """Of the days [since, until) in a zone. With `submit` the findings are booked as corrections; `keys` are the
    vendor's ids of the gateway's keys (none: all are).

    Raises NotFound for an unknown provider, and InvalidRequest for a period that is empty or too long, and where a
    report without a line is to be booked: all that had been estimated would be given back.
    """
    if not Provider.objects.filter(pk=provider).exists():
        raise NotFound(f"There is no provider {provider!r}.", param="provider")
    check_period(since, until)
    names = names_of(provider)

    def compared() -> Comparison:
        return compare(
            report=report,
            ledger=read_ledger(provider=provider, since=since, until=until, zone=zone, names=names),
            names=names,
            rates=rates_of(provider),
            since=since,
            keys=keys,
        )

    report = report_of(lines, since=since, until=until, zone=zone)
    if submit is not None and not report.lines:
        raise InvalidRequest(
            f"The report has no line of {since} to {until}. A file of other days or an empty one is not booked.",
            param="book",
        )
    found = compared()
    booked = None
    if submit is not None:
        booked = book(
            comparison=found, provider=provider, zone=zone, names=names, submit=submit, actor=actor, now=now
        )
        found = compared()
    keep(found, provider=provider, since=since, until=until, now=now)
    return Reconciled(comparison=found, booked=booked)
