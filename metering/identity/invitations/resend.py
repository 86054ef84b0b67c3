"""Send the mail of an invitation again, with another link and another week."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.check_standing import check_tenant
from metering.identity.invitations.bounds import LIFE, check_mails, check_resends
from metering.identity.invitations.mail import ask_for_mail
from metering.identity.tokens.ceiling import Ceiling, check_person_within
from metering.models import Invitation, User


@transaction.atomic
def resend_invitation(
    *, invitation: Invitation, actor: str, now: datetime, ceiling: Ceiling | None = None
) -> Invitation:
    """The invitation with its new end. The link of the mail before ends at once.

    Raises InvalidRequest for one that was accepted or withdrawn, or mailed too often; NotPermitted where its token is
    beyond the ceiling; TenantSuspended; RateLimited.
    """
    row: Invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    check_tenant(row.tenant)
    if not row.is_open:
        raise InvalidRequest("This invitation has ended.")
    check_person_within(ceiling, User(signup_token=row.token))
    check_resends(row)
    check_mails(tenant=row.tenant, email=row.email, now=now)
    row.asked_at, row.expires_at, row.digest = [*row.asked_at, now], now + LIFE, None
    row.save(update_fields=["asked_at", "expires_at", "digest"])
    ask_for_mail(row, now=now)
    record_change(
        action="invitation.sent_again",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"email": row.email},
    )
    return row
