"""Bind a live ATI token to a team or user, or narrow it, without a new secret."""

from datetime import datetime
from typing import Any

from django.db import transaction

from metering.errors import InvalidRequest
from metering.identity.save_changes import save_changes
from metering.identity.tokens.ceiling import Ceiling, check_token_within, check_wanted
from metering.identity.tokens.narrow import Narrowed, check_signups, checked_narrowing
from metering.identity.tokens.width import NARROWED, given_after, image_of, narrowing_of
from metering.identity.validate import validate
from metering.models import ATIToken, User


class TokenChanges(Narrowed, total=False):
    """New values; what is not named stays as it is."""

    name: str
    user: User | None
    signups_allowed: int


@transaction.atomic
def change_token(
    *, token: ATIToken, changes: TokenChanges, actor: str, now: datetime, ceiling: Ceiling | None = None
) -> ATIToken:
    """The token with its new values, in force on every process within a second.

    What administrators narrow of the token that their own plan comes from they may widen again, up to what it was
    given; what anybody else sets is given.
    Raises InvalidRequest for a token that was revoked and for values that make no sense, NotPermitted for a token
    or values beyond the ceiling.
    """
    row: ATIToken = ATIToken.objects.select_for_update().get(pk=token.pk)
    check_token_within(ceiling, row)
    if row.revoked_at is not None:
        raise InvalidRequest("A revoked token cannot be changed.")
    before = image_of(row)
    for name, value in {**changes, **checked_narrowing(_narrowed(changes), now=now)}.items():
        setattr(row, name, value)
    check_wanted(ceiling, row)
    is_own = ceiling is not None and ceiling.token is not None and ceiling.token.pk == row.pk
    row.given = given_after(
        row.given, before=before, after=narrowing_of(row), named=changes.keys(), by_own_holder=is_own
    )
    check_signups(row.signups_allowed, used=row.signups_used)
    validate(row)
    save_changes(row, action="token.changed", before=before, after=image_of(row), actor=actor, now=now)
    return row


def _narrowed(changes: TokenChanges) -> Narrowed:
    said: Any = {name: value for name, value in changes.items() if name in NARROWED}
    narrowed: Narrowed = said
    return narrowed
