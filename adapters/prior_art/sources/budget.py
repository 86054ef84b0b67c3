"""How the API calls that a task may make are divided between its sources: fairly, and the same way every time."""

from collections.abc import Sequence


def shares(wanted: Sequence[int], calls: int) -> list[int]:
    """How many of the calls each source gets, which wants so many: one in turn, until all or none are left.

    What one does not want the others get; the first ones get what is over.
    """
    given = [0] * len(wanted)
    left = calls
    while left:
        hungry = [place for place, want in enumerate(wanted) if given[place] < want]
        if not hungry:
            break
        each = max(1, min(left // len(hungry), min(wanted[place] - given[place] for place in hungry)))
        for place in hungry[:left]:
            given[place] += each
            left -= each
    return given
