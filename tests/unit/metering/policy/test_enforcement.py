"""Which mode a limit is in: the loosest that concerns it, and the same principals for a growing share."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.policy.enforcement import ENFORCE, OBSERVE, WARN, Modes, mode_for, percentile_of
from metering.types import EnforcementMode


@pytest.mark.parametrize(
    ("own", "tenant", "switch", "operators_own", "expected"),
    [
        (ENFORCE, ENFORCE, ENFORCE, False, ENFORCE),
        (WARN, ENFORCE, ENFORCE, False, WARN),
        (ENFORCE, OBSERVE, ENFORCE, False, OBSERVE),
        (ENFORCE, OBSERVE, ENFORCE, True, ENFORCE),
        (ENFORCE, ENFORCE, WARN, True, WARN),
        (WARN, OBSERVE, ENFORCE, False, OBSERVE),
        (OBSERVE, ENFORCE, WARN, False, OBSERVE),
    ],
)
def test_the_loosest_mode_counts_and_a_tenants_own_does_not_touch_the_operators_limits(
    own: EnforcementMode,
    tenant: EnforcementMode,
    switch: EnforcementMode,
    operators_own: bool,
    expected: EnforcementMode,
) -> None:
    modes = Modes(switch=switch, tenant=tenant)
    assert modes.of_limit(own, 100, operators_own=operators_own) is expected


@given(st.uuids(), st.integers(0, 100), st.integers(0, 100))
def test_whoever_is_enforced_stays_enforced_when_the_share_grows(
    principal: UUID, one: int, other: int
) -> None:
    small, large = sorted((one, other))
    if mode_for(ENFORCE, small, principal) is ENFORCE:
        assert mode_for(ENFORCE, large, principal) is ENFORCE


@given(st.uuids())
def test_none_of_a_hundred_and_all_of_a_hundred(principal: UUID) -> None:
    assert mode_for(ENFORCE, 0, principal) is OBSERVE
    assert mode_for(ENFORCE, 100, principal) is ENFORCE


def test_a_share_is_about_that_share() -> None:
    places = [percentile_of(uuid4()) for _ in range(4_000)]
    assert 800 < sum(place < 25 for place in places) < 1_200
