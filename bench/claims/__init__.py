"""`script/bench claims`: what the claim checker finds of faults made in real claims, and what it says of the claims as
they are.

Only errors count. docs/claims.md says what each number means.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from time import process_time
from typing import Any

from adapters.drafting.claims import check_claims
from bench.claims.fault import Fault
from bench.claims.mutate_form import (
    claims_renumbered,
    dependencies_broken,
    dependencies_doubled,
    full_stops_inside,
)
from bench.claims.mutate_signs import numerals_changed, with_signs
from bench.claims.mutate_terms import SIMILAR, introductions_deleted, terms_renamed
from bench.claims.real import RealSet, read_labels, read_real_sets
from bench.report import Report, new_report, print_table

SEEDS = (1, 2)
LEAST_RECALL = 95.0
MOST_FALSE_ALARMS = 2.0
"""Per 100 real claims."""
MAKERS: tuple[Callable[[RealSet, Random], Iterator[Fault]], ...] = (
    introductions_deleted,
    terms_renamed,
    claims_renumbered,
    dependencies_broken,
    dependencies_doubled,
    full_stops_inside,
    numerals_changed,
)


def measure(conninfo: str) -> Report:
    """Run and print both tables; `ok`: each kind is found often enough, and false alarms are rare enough."""
    report = new_report("claims", conninfo)
    sets = read_real_sets()
    alarms = [false_alarms(sets, "US"), false_alarms(sets, "EP"), false_alarms_with_signs(sets)]
    print_table(f"Real claims as they are: false alarms per 100 (at most {MOST_FALSE_ALARMS:.0f})", alarms)
    recalls = [row for seed in SEEDS for row in recall(sets, seed)]
    print_table(f"Faults made in them: found, in percent (at least {LEAST_RECALL:.0f})", recalls)
    report["figures"] = [*alarms, *recalls]
    report["ok"] &= all(row["per_100"] <= MOST_FALSE_ALARMS for row in alarms)
    report["ok"] &= all(row["recall"] >= LEAST_RECALL for row in recalls if row["kind"] != SIMILAR)
    return report


def false_alarms(sets: list[RealSet], jurisdiction: Any) -> dict[str, Any]:
    """Errors at places that no label names; beside them, how many of the labelled defects are found."""
    labels = {
        (str(label["application"]), label["claim"], label["code"], label["text"]) for label in read_labels()
    }
    begin = process_time()
    told = [
        (finding.severity, (claims.application, finding.claim, finding.code, finding.text))
        for claims in sets
        for finding in check_claims(
            claims.text(), description=claims.description, abstract=claims.abstract, jurisdiction=jurisdiction
        )
    ]
    took_s = process_time() - begin
    return {
        "claims_as": jurisdiction,
        "claims": sum(len(claims.claims) for claims in sets),
        "defects": len(labels),
        "found": len(labels & {place for _, place in told}),
        **_false({place for severity, place in told if severity == "error"} - labels, sets),
        "cpu_ms": round(took_s * 1000),
    }


def false_alarms_with_signs(sets: list[RealSet]) -> dict[str, Any]:
    """What is said of reference signs that are the description's own."""
    signed = [claims for claims in map(with_signs, sets) if claims.claims]
    begin = process_time()
    told = {
        (claims.application, finding.claim, finding.code, finding.text)
        for claims in signed
        for finding in check_claims(claims.text(), description=claims.description, jurisdiction="EP")
        if finding.code == "numeral_mismatch"
    }
    took_s = process_time() - begin
    return {
        "claims_as": "EP, with signs",
        "claims": sum(len(claims.claims) for claims in signed),
        "defects": 0,
        "found": 0,
        **_false(told, signed),
        "cpu_ms": round(took_s * 1000),
    }


def _false(false: set[Any], sets: list[RealSet]) -> dict[str, Any]:
    for alarm in sorted(false, key=str):
        print("false alarm:", *alarm)
    claims = sum(len(one.claims) for one in sets)
    return {"false": len(false), "per_100": round(100 * len(false) / claims, 2)}


def recall(sets: list[RealSet], seed: int) -> list[dict[str, Any]]:
    """Of each kind, how many were made and how many found."""
    made: dict[str, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for make in MAKERS:
        for claims in sets:
            for fault in make(claims, Random(seed)):
                made[fault.kind] += 1
                if fault.is_found(check_claims(fault.claims, description=fault.description)):
                    found[fault.kind] += 1
                else:
                    print("not found:", fault.kind, repr(fault.about))
    return [
        {
            "kind": kind,
            "seed": seed,
            "made": made[kind],
            "found": found[kind],
            "recall": round(100 * found[kind] / made[kind], 1),
        }
        for kind in sorted(made)
    ]
