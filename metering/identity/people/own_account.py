"""What people may not change of their own account: nobody locks himself out, or opens another door for himself."""

from collections.abc import Collection

from metering.errors import NotPermitted
from metering.models import User

BARRED = {"role": "role", "is_active": "is_active", "token": "token", "signup_token": "token"}


def check_own_account(*, user: User, by: User | None, changed: Collection[str]) -> None:
    """Raises NotPermitted where `by` is this person and changes the own role, standing or ATI token."""
    if by is None or user.pk != by.pk:
        return
    if barred := sorted({BARRED[name] for name in changed if name in BARRED}):
        raise NotPermitted(f"Somebody else has to change your {', '.join(barred)}.")
