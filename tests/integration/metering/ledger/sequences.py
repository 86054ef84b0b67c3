"""Random sequences of steps: what befalls several reservations, interleaved and disturbed."""

from hypothesis import strategies as st

from metering.types import MAX_AMOUNT
from tests.integration.metering.ledger.steps import (
    METERS,
    RESERVATIONS,
    VENDORS,
    Adjust,
    Again,
    Expire,
    Extend,
    Line,
    Release,
    Reserve,
    RunOut,
    Settle,
    Step,
    Used,
)

SEQUENCES: tuple[tuple[type[Step], ...], ...] = (
    (Reserve, Settle, Settle),
    (Reserve, Extend, Settle, Adjust),
    (Reserve, Release, Reserve),
    (Reserve, Extend, Extend, Release, Adjust),
    (Release, Reserve, Expire),
    (Reserve, RunOut, Expire, Settle, Adjust, Adjust),
    (Reserve, Extend, RunOut, Expire, Release, Settle),
    (Reserve, RunOut, Expire, Adjust, Expire),
    (Reserve, RunOut, Extend, Reserve, Settle),
    (Reserve, Expire, Adjust),
)
which = st.integers(0, RESERVATIONS - 1)
small = st.integers(0, 30)
huge = st.sampled_from([MAX_AMOUNT, MAX_AMOUNT - 1, MAX_AMOUNT // 2])


def steps_of(
    amounts: st.SearchStrategy[int], limits: st.SearchStrategy[int]
) -> st.SearchStrategy[list[Step]]:
    """What befalls several reservations, interleaved and disturbed, with these amounts and limits."""
    line = st.builds(
        Line,
        meter=st.integers(0, len(METERS) - 1),
        amount=amounts,
        limit=limits,
        enforced=st.sampled_from([True, True, False]),
        release=st.sampled_from([False, False, True]),
    )
    lines = st.lists(line, min_size=1, max_size=4, unique_by=lambda each: each.meter).map(tuple)
    used = st.builds(Used, st.sampled_from(VENDORS), amounts, amounts)
    failed = st.builds(
        Used, st.sampled_from(VENDORS), st.just(0), st.one_of(st.just(0), amounts), st.just(True)
    )
    attempts = st.lists(st.one_of(used, used, failed), max_size=2).map(tuple)
    signed = st.one_of(small, small.map(lambda amount: -amount))
    keys = st.one_of(st.none(), st.none(), st.tuples(st.integers(0, 1), st.integers(0, 1)))

    def happenings(of: st.SearchStrategy[int]) -> dict[type, st.SearchStrategy[Step]]:
        return {
            Reserve: st.builds(Reserve, of, lines, keys),
            Extend: st.builds(Extend, of, st.one_of(st.just(()), lines, lines), st.integers(1, 3)),
            Settle: st.builds(Settle, of, attempts),
            Release: st.builds(Release, of),
            RunOut: st.builds(RunOut, of),
            Expire: st.builds(Expire, of),
            Adjust: st.builds(Adjust, of, st.integers(1, 2), signed, signed, st.integers(-1, 1)),
            Again: st.builds(Again, st.integers(1, 10)),
        }

    def sequence(of: int) -> st.SearchStrategy[tuple[Step, ...]]:
        each = happenings(st.just(of))
        return st.sampled_from(SEQUENCES).flatmap(lambda kinds: st.tuples(*[each[kind] for kind in kinds]))

    disturbance = st.lists(st.one_of(*happenings(which).values()), max_size=12).map(tuple)
    return (
        st.tuples(*[sequence(of) for of in range(RESERVATIONS)], disturbance)
        .flatmap(_interleaved)
        .map(_resolved)
    )


def _interleaved(sequences: tuple[tuple[Step, ...], ...]) -> st.SearchStrategy[list[Step]]:
    """Every order that keeps each sequence's own."""
    turns = [place for place, sequence in enumerate(sequences) for _ in sequence]

    def told(order: list[int]) -> list[Step]:
        left = [list(sequence) for sequence in sequences]
        return [left[place].pop(0) for place in order]

    return st.permutations(turns).map(told)


def _resolved(steps: list[Step]) -> list[Step]:
    """With what is sent again in its place."""
    plain: list[Step] = []
    for step in steps:
        if not isinstance(step, Again):
            plain.append(step)
        elif plain:
            plain.append(plain[-min(step.back, len(plain))])
    return plain


everyday = steps_of(small, st.integers(0, 150))
near_the_end_of_bigint = steps_of(st.one_of(small, huge), st.one_of(st.integers(0, 150), huge, huge))
