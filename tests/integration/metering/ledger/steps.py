"""Random things that can happen to a few reservations on a few shared meters, as plain values."""

from dataclasses import dataclass

from hypothesis import strategies as st

from metering.types import MAX_AMOUNT, Dimension

METERS = (Dimension.TOKENS, Dimension.COST, Dimension.REQUESTS, Dimension.CONCURRENCY, Dimension.TOKENS)
VENDOR_METER = 4
"""Shared by all tenants, and charged for the attempts of one vendor only."""
VENDORS = ("sandbox", "elsewhere")
RESERVATIONS = 6


@dataclass(frozen=True)
class Line:
    meter: int
    amount: int
    limit: int
    enforced: bool
    release: bool


@dataclass(frozen=True)
class Reserve:
    of: int
    lines: tuple[Line, ...]
    key: tuple[int, int] | None
    """An idempotency key and what the caller's body was."""


@dataclass(frozen=True)
class Extend:
    of: int
    lines: tuple[Line, ...]
    sequence: int


@dataclass(frozen=True)
class Used:
    """One attempt."""

    vendor: str
    tokens: int
    cost: int


@dataclass(frozen=True)
class Settle:
    of: int
    attempts: tuple[Used, ...]


@dataclass(frozen=True)
class Release:
    of: int


@dataclass(frozen=True)
class Expire:
    of: int


@dataclass(frozen=True)
class RunOut:
    """The lease is over from here on."""

    of: int


@dataclass(frozen=True)
class Adjust:
    of: int
    number: int
    tokens: int
    cost: int
    requests: int


@dataclass(frozen=True)
class Again:
    """An earlier step is sent once more."""

    back: int


Step = Reserve | Extend | Settle | Release | Expire | RunOut | Adjust | Again

which = st.integers(0, RESERVATIONS - 1)
small = st.integers(0, 30)
huge = st.sampled_from([MAX_AMOUNT, MAX_AMOUNT - 1, MAX_AMOUNT // 2])


def steps_of(
    amounts: st.SearchStrategy[int], limits: st.SearchStrategy[int]
) -> st.SearchStrategy[list[Step]]:
    """Sequences in which these amounts meet these limits."""
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
    signed = st.one_of(small, small.map(lambda amount: -amount))
    step = st.one_of(
        st.builds(Reserve, which, lines, st.none()),
        st.builds(Reserve, which, lines, st.tuples(st.integers(0, 1), st.integers(0, 1))),
        st.builds(Extend, which, st.one_of(st.just(()), lines), st.integers(1, 3)),
        st.builds(Settle, which, st.lists(used, max_size=2).map(tuple)),
        st.builds(Release, which),
        st.builds(RunOut, which),
        st.builds(Expire, which),
        st.builds(Adjust, which, st.integers(1, 2), signed, signed, st.integers(-1, 1)),
        st.builds(Again, st.integers(1, 10)),
    )
    return st.lists(step, min_size=5, max_size=40).map(_resolved)


def _resolved(steps: list[Step]) -> list[Step]:
    """With what is sent again in its place."""
    plain: list[Step] = []
    for step in steps:
        if not isinstance(step, Again):
            plain.append(step)
        elif plain:
            plain.append(plain[-min(step.back, len(plain))])
    return plain


everyday = steps_of(small, st.integers(0, 60))
near_the_end_of_bigint = steps_of(st.one_of(small, huge), st.one_of(st.integers(0, 60), huge))
