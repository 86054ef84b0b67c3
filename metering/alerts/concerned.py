"""Finds the one person whose own budget or token something is about."""

from uuid import UUID

from metering.models import User
from metering.types import SubjectType


def person_concerned(subject_type: str, subject_id: str) -> User | None:
    """The person behind a meter: itself, or the holder of its token; None where there is nobody alone, or no more.

    A token that is nobody's counts as a person by its own id, and has no holder.
    """
    if subject_type not in (SubjectType.USER, SubjectType.TOKEN) or not subject_id:
        return None
    people = User.objects.filter(is_active=True)
    if subject_type == SubjectType.TOKEN:
        return people.filter(ati_tokens=UUID(subject_id)).first()
    return people.filter(pk=UUID(subject_id)).first()
