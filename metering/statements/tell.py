"""Tell those who want to know that a statement is there: one notice for each, however often it is asked for."""

from datetime import datetime

from metering.models import BillingProfile, Statement
from metering.money import usd_text
from metering.notices import raise_notice
from metering.statements.figures import Figures
from metering.statements.round import cents_text
from metering.types import Audience, EventType


def tell_of(statement: Statement, figures: Figures, *, now: datetime) -> None:
    """In the transaction of what issues it. To the tenant's administrators, unless its profile says otherwise."""
    profile = BillingProfile.objects.for_tenant(statement.tenant).first()
    to = profile.statements_to if profile is not None else BillingProfile.Recipients.ADMINS
    recipient = profile.recipient if profile is not None and to == BillingProfile.Recipients.PERSON else None
    # Of somebody who has left nobody would hear.
    person = recipient.pk if recipient is not None and recipient.is_active else None
    if to == BillingProfile.Recipients.NOBODY:
        return
    month = f"{figures.month:%B %Y}"
    raise_notice(
        type=EventType.STATEMENT_READY,
        audience=Audience.TENANT_ADMINS if person is None else Audience.PERSON,
        tenant_id=statement.tenant_id,
        user_id=person,
        subject=f"Statement of {month}: ${cents_text(figures.total_nano_usd)}",
        text=(
            f"The statement {statement.name} of {figures.tenant_name} for {month} is there: "
            f"${cents_text(figures.total_nano_usd)}, of {figures.usage.requests:,} requests. "
            "It can be read in the console, and taken along as PDF and CSV."
        ),
        data={
            "statement": str(statement.pk),
            "number": statement.name,
            "month": f"{figures.month:%Y-%m}",
            "total_usd": usd_text(figures.total_nano_usd),
            "digest": statement.digest,
        },
        path=f"/admin/statements/{statement.pk}/",
        dedupe_key=f"statement.ready {statement.pk}",
        now=now,
    )
