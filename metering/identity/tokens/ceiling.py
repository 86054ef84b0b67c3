"""Bounds what a tenant's own administrators may do with credentials by the token that their own plan comes from.

Every verb that makes, changes, renews or lends a credential asks here, about the rows as they are now. Taking
something away needs no question: whoever administers a tenant may revoke any token of it and deactivate anybody in it.
"""

from dataclasses import dataclass

from metering.errors import NotPermitted
from metering.identity.tokens.width import excess, width_given, width_now
from metering.models import ATIToken, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The width that somebody may give away at most. For operators there is none: `ceiling=None`."""

    token: ATIToken | None
    """The token that the administrator's own plan comes from. None: the administrator has no plan to pass on."""


def ceiling_of(*, role: User.Role, token: ATIToken | None) -> Ceiling | None:
    """The ceiling of somebody with this role whose plan comes from this token."""
    return None if role == User.Role.SUPER_ADMIN else Ceiling(token=token)


def plan_holder(ceiling: Ceiling) -> ATIToken:
    """The token whose plan can be passed on. Raises NotPermitted where there is none."""
    if ceiling.token is None:
        raise NotPermitted("Your account has no plan to pass on.")
    return ceiling.token


def check_wanted(ceiling: Ceiling | None, token: ATIToken) -> None:
    """Whether a token may be as it is to become. Raises NotPermitted naming the field that goes beyond the ceiling."""
    if ceiling is None:
        return
    if (beyond := excess(width_now(token), width_given(plan_holder(ceiling)))) is not None:
        field, sentence = beyond
        raise NotPermitted(sentence, param=field)


def check_token_within(ceiling: Ceiling | None, token: ATIToken) -> None:
    """Whether something may be done with a token that is there. Raises NotPermitted for one above the ceiling."""
    if ceiling is None:
        return
    if (beyond := excess(width_given(token), width_given(plan_holder(ceiling)))) is not None:
        raise NotPermitted(f"The token {token.prefix} goes beyond your own. {beyond[1]}", param="token")


def check_person_within(ceiling: Ceiling | None, user: User) -> None:
    """Whether something may be given to a person. Raises NotPermitted where a token above the ceiling is behind them.

    Whoever sets the password or the role of somebody acts with that person's token, or makes somebody else do so.
    """
    if user.signup_token is not None:
        check_token_within(ceiling, user.signup_token)
