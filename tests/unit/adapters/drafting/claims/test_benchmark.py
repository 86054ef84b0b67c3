"""The benchmark is run for real on the real claims, with a seed that its published tables do not use."""

from random import Random

import pytest

from adapters.drafting.claims import Finding, check_claims
from bench.claims import LEAST_RECALL, MAKERS, false_alarms, false_alarms_with_signs, recall
from bench.claims.fault import Fault
from bench.claims.mutate_terms import SIMILAR
from bench.claims.real import RealSet, read_real_sets


@pytest.fixture(scope="module")
def sets() -> list[RealSet]:
    return read_real_sets()


def test_the_package_has_82_claims_of_five_applications(sets: list[RealSet]) -> None:
    assert [(claims.application, len(claims.claims)) for claims in sets] == [
        ("17100019", 20),
        ("16100020", 26),
        ("16100001", 6),
        ("16100006", 14),
        ("16100010", 16),
    ]


@pytest.mark.parametrize("jurisdiction", ["US", "EP"])
def test_real_claims_have_no_errors_but_the_labelled_defects(sets: list[RealSet], jurisdiction: str) -> None:
    row = false_alarms(sets, jurisdiction)
    assert (row["false"], row["found"], row["defects"]) == (0, 15, 18)


def test_the_descriptions_own_signs_raise_no_error(sets: list[RealSet]) -> None:
    row = false_alarms_with_signs(sets)
    assert (row["false"], row["claims"]) == (0, 56)


def test_faults_of_every_kind_are_found_with_a_fresh_seed(sets: list[RealSet]) -> None:
    rows = recall(sets, seed=7)
    assert len(rows) == 11
    assert [row["kind"] for row in rows if row["recall"] < LEAST_RECALL and row["kind"] != SIMILAR] == []


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seed_makes_the_same_faults_again_and_none_is_in_the_real_claims(make, sets: list[RealSet]) -> None:  # type: ignore[no-untyped-def]
    claims = sets[-2]
    faults = list(make(claims, Random(3)))
    assert faults == list(make(claims, Random(3)))
    assert all(fault.claims != claims.text() for fault in faults)
    assert not any(
        fault.is_found(check_claims(claims.text(), description=fault.description))
        for fault in faults
        if not fault.start
    )


FAULT = Fault(kind="k", claims="", codes=("antecedent_missing",), within=(2,), start=10, end=20, word="rotor")


def finding(**changes: object) -> Finding:
    values = {
        "code": "antecedent_missing",
        "severity": "error",
        "claim": 2,
        "start": 6,
        "end": 15,
        "text": "the rotor",
    }
    return Finding(message="", suggestion=None, **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"severity": "warning"}, False),
        ({"code": "antecedent_near"}, False),
        ({"claim": 1}, False),
        ({"end": 10}, False),
        ({"start": 20, "end": 29}, False),
        ({"text": "the motor"}, False),
    ],
)
def test_a_fault_is_found_by_an_error_of_its_code_at_its_place(
    changes: dict[str, object], is_found: bool
) -> None:
    assert FAULT.is_found([finding(**changes)]) is is_found
