"""Sets of claims made by hand, each for one rule, with where the rule stands.

Each says all errors and warnings that there are to be: claim, code, severity, text.
"""

from typing import Any, NamedTuple

import pytest

from adapters.drafting.claims import check_claims

E, W, N = "error", "warning", "note"


class Case(NamedTuple):
    """One set of claims, and what is to be said of it."""

    name: str
    source: str
    claims: str
    expected: tuple[tuple[int | None, str, str, str], ...] = ()
    options: dict[str, Any] = {}
    notes: bool = False


BASE = "1. A pump comprising a housing and a rotor.\n"
CASES = (
    Case(
        "numbers in their order",
        "37 CFR 1.75(f)",
        BASE + "2. The pump of claim 1, wherein the rotor is hollow.",
    ),
    Case(
        "a gap in the numbers",
        "37 CFR 1.75(f), MPEP 608.01(j)",
        BASE + "3. The pump of claim 1, wherein the rotor is hollow.",
        ((3, "numbering", E, ""),),
    ),
    Case(
        "a number twice",
        "37 CFR 1.126",
        BASE + "1. A valve comprising a seat.",
        ((1, "numbering", E, ""),),
    ),
    Case(
        "canceled claims keep their numbers",
        "37 CFR 1.121(c)",
        "1-3. (canceled)\n4. A pump comprising a rotor.\n5. (canceled)\n6. The pump of claim 4, with a lid.",
    ),
    Case(
        "a full stop inside",
        "MPEP 608.01(m)",
        "1. A pump comprising a rotor. The rotor is hollow.",
        ((1, "single_sentence", E, "."),),
    ),
    Case(
        "what a known thing stores, holds or makes",
        "MPEP 2173.05(e)",
        "1. A device comprising a processor, a memory and tanks, the memory storing instructions executable by the "
        "processor, the tanks holding coolant usable for cooling.\n"
        "2. A device comprising a processor and one or more memories, the one or more memories storing code.",
    ),
    Case(
        "one after a known term, and a part of a patient's body",
        "MPEP 2173.05(e)",
        "1. A device comprising a camera for viewing the stomach of a patient, and a decoder that reads a signal of "
        "the camera one word at a time.",
    ),
    Case(
        "a list that nobody has",
        "MPEP 2173.05(e)",
        "1. A server configured to sort records, to send the subset to a client and to keep the list of the records.",
        ((1, "antecedent_missing", E, "the subset"),),
    ),
    Case(
        "a preposition that is an adjective here",
        "MPEP 2173.05(e)",
        "1. A filter comprising a wall between an upstream chamber and an outlet, and a valve in the upstream chamber "
        "and upstream of the outlet, the inside of the wall being flat, and the downstream chamber being dry.",
        ((1, "antecedent_missing", E, "the downstream chamber"),),
    ),
    Case(
        "a verb before `one of`",
        "MPEP 2173.05(e)",
        "1. A system comprising a scheduler and machines, wherein the scheduler reallocates one of the machines, "
        "and the machine(s) is/are idle.",
    ),
    Case(
        "the members of a pair or an array",
        "MPEP 2173.05(e): which earlier term is meant is uncertain",
        "1. A device comprising an electrode pair and a meter that measures a current between the electrodes.",
        ((1, "antecedent_near", W, "the electrodes"),),
    ),
    Case(
        "the act of a verb, and what there is once",
        "MPEP 2173.05(e)",
        "1. A system comprising a node configured to acknowledge receipt of data, and a client that waits for the "
        "acknowledgement, the node being driven by the wind.",
    ),
    Case(
        "two full stops at the end",
        "MPEP 608.01(m)",
        BASE.rstrip() + ".",
        ((1, "single_sentence", E, ".."),),
    ),
    Case(
        "a full stop after an abbreviation's, and an ellipsis",
        "MPEP 608.01(m)",
        "1. A pump comprising a rotor and bolts of 5 in..\n2. A set comprising numbers 1, 2, ....",
    ),
    Case(
        "abbreviations, numbers and lettered steps hold full stops",
        "MPEP 608.01(m): periods may be used in abbreviations",
        "1. A method comprising:\na. heating a melt to 45.5 deg. Celsius, i.e. slowly;\nb. cooling it as in FIG. 1.",
    ),
    Case(
        "no full stop at the end",
        "MPEP 608.01(m): ends with a period",
        "1. A pump comprising a rotor",
        ((1, "single_sentence", E, "r"),),
    ),
    Case(
        "no full stop at the end, at the EPO",
        "Guidelines F-IV, 4.1",
        "1. A pump comprising a rotor",
        ((1, "single_sentence", W, "r"),),
        {"jurisdiction": "EP"},
    ),
    Case(
        "a claim that is not there",
        "35 USC 112(d), MPEP 608.01(n)",
        BASE + "2. The pump of claim 7, further comprising a seal.",
        ((2, "dependency_missing", E, "claim 7"),),
    ),
    Case(
        "a claim that is not there, by a number that no claim has",
        "35 USC 112(d), MPEP 608.01(n)",
        BASE + "2. The pump of claim 12345, further comprising a seal.",
        ((2, "dependency_missing", E, "claim 12345"),),
    ),
    Case(
        "a canceled parent",
        "MPEP 608.01(n), V",
        "1. (canceled)\n2. The pump of claim 1, further comprising a seal.",
        ((2, "dependency_missing", E, "claim 1"),),
    ),
    Case(
        "a later claim",
        "37 CFR 1.75(c): referring back",
        BASE
        + "2. The pump of claim 3, further comprising a seal.\n3. The pump of claim 1, further comprising a lid.",
        ((2, "dependency_forward", E, "claim 3"),),
    ),
    Case(
        "the claim itself",
        "Rule 43(4) EPC",
        BASE + "2. The pump according to claim 2, further comprising a seal.",
        ((2, "dependency_self", E, "claim 2"),),
        {"jurisdiction": "EP"},
    ),
    Case(
        "a claim named in the body is no dependency",
        "MPEP 608.01(n): the reference is in the preamble",
        BASE + "2. The pump of claim 1, wherein the rotor is made by a process other than that of claim 9.",
    ),
    Case(
        "a second claim named in the preamble is no dependency either",
        "MPEP 608.01(n): the reference phrase is the first",
        BASE + "2. The pump of claim 1 made by a process like that of claim 9, wherein the rotor is hollow.",
    ),
    Case(
        "a multiple dependent claim",
        "35 USC 112(e)",
        BASE
        + "2. The pump of claim 1, wherein the rotor is hollow.\n"
        + "3. The pump as claimed in claim 1 or 2, wherein the rotor is steel.",
    ),
    Case(
        "a multiple dependent claim on another",
        "37 CFR 1.75(c)",
        BASE
        + "2. The pump of claim 1, wherein the rotor is hollow.\n"
        + "3. The pump of claim 1 or claim 2, wherein the rotor is steel.\n"
        + "4. The pump of any one of claims 1 to 3, wherein the housing is steel.",
        ((4, "multiple_dependency", E, "any one of claims 1 to 3"),),
    ),
    Case(
        "a multiple dependent claim on another by a single one",
        "MPEP 608.01(n), I: directly or indirectly",
        BASE
        + "2. The pump of claim 1, wherein the rotor is hollow.\n"
        + "3. The pump of claim 1 or 2, wherein the rotor is steel.\n"
        + "4. The pump of claim 3, wherein the housing is steel.\n"
        + "5. The pump of claims 2 or 4, wherein the housing is round.",
        ((5, "multiple_dependency", E, "claims 2 or 4"),),
    ),
    Case(
        "multiple on multiple at the EPO",
        "Guidelines F-IV, 3.4",
        BASE
        + "2. The pump according to claim 1, wherein the rotor is hollow.\n"
        + "3. The pump according to claim 1 or 2, wherein the rotor is steel.\n"
        + "4. The pump according to any one of the preceding claims, wherein the housing is steel.",
        (),
        {"jurisdiction": "EP"},
    ),
    Case(
        "several claims together, not in the alternative",
        "37 CFR 1.75(c): in the alternative only",
        BASE
        + "2. The pump of claim 1, wherein the rotor is hollow.\n"
        + "3. The pump of claims 1 and 2, wherein the rotor is steel.",
        ((3, "multiple_dependency", E, "claims 1 and 2"),),
    ),
    Case(
        "a method of a device",
        "MPEP 608.01(n), III",
        BASE + "2. The method of claim 1, wherein the rotor is hollow.",
        ((2, "category_mismatch", E, "The method"),),
    ),
    Case(
        "a method of using a device is a claim of its own",
        "Guidelines F-IV, 3.8",
        BASE + "2. A method of using the pump of claim 1, comprising turning the rotor.",
    ),
    Case(
        "another name in the same category",
        "35 USC 112(d): a claim to the same subject",
        BASE + "2. The valve of claim 1, wherein the rotor is hollow.",
        ((2, "category_mismatch", W, "The valve"),),
    ),
    Case(
        "a term that is surely missing",
        "MPEP 2173.05(e): `said lever`",
        "1. A pump comprising a rotor, wherein said lever turns the rotor.",
        ((1, "antecedent_missing", E, "said lever"),),
    ),
    Case(
        "a term introduced only in a claim that is no parent",
        "MPEP 2173.05(e)",
        BASE
        + "2. The pump of claim 1, further comprising a gasket.\n"
        + "3. The pump of claim 1, wherein the gasket is rubber.",
        ((3, "antecedent_missing", E, "the gasket"),),
    ),
    Case(
        "terms are inherited along a chain",
        "35 USC 112(d): all the limitations of the claim referred to",
        BASE
        + "2. The pump of claim 1, further comprising a gasket.\n"
        + "3. The pump of claim 2, wherein the gasket and the rotor are rubber.",
    ),
    Case(
        "a term of only one of the parents",
        "35 USC 112(e): the limitations of the claim in relation to which it is considered",
        BASE
        + "2. The pump of claim 1, further comprising a gasket.\n"
        + "3. The pump of claim 1 or 2, wherein the gasket is rubber.",
        ((3, "antecedent_missing", W, "the gasket"),),
    ),
    Case(
        "an inherent part of what is named",
        "MPEP 2173.05(e): `the outer surface of said sphere`",
        "1. A bearing comprising a sphere, wherein the outer surface of said sphere is polished.",
    ),
    Case(
        "an inherent act",
        "MPEP 2173.05(e): no ipsis verbis antecedent is needed",
        "1. A method comprising rotating a shaft and stopping the rotation of the shaft.",
    ),
    Case(
        "plurals",
        "MPEP 2173.05(e)",
        "1. A system comprising a plurality of sensors and at least one lens, wherein the sensors face the at least "
        "one lens, and each of the sensors is behind the lens.",
    ),
    Case(
        "first and second of a kind",
        "MPEP 2173.05(e)",
        "1. A lock comprising a first and a second bolt, wherein the first and second bolts cross, and the third bolt "
        "is steel.",
        ((1, "antecedent_missing", E, "the third bolt"),),
    ),
    Case(
        "a second where there is only a first",
        "MPEP 2173.05(e)",
        "1. A lock comprising a first bolt, wherein the second bolt is steel.",
        ((1, "antecedent_missing", E, "the second bolt"),),
    ),
    Case(
        "a short name for a longer one",
        "MPEP 2173.05(e): reasonable certainty, no ipsis verbis antecedent",
        "1. A camera comprising an optical sensor, wherein the sensor is round.",
    ),
    Case(
        "two of a kind and a name for either",
        "MPEP 2173.05(e): `said lever` after two levers",
        "1. A lock comprising a long lever and a short lever, wherein the lever is steel.",
        ((1, "antecedent_near", W, "the lever"),),
    ),
    Case(
        "a longer name than the one introduced",
        "Guidelines F-II, 4.11: consistent terms",
        "1. A lock comprising a lever, wherein the steel lever turns.",
        ((1, "antecedent_near", W, "the steel lever"),),
    ),
    Case(
        "a slip of the pen",
        "MPEP 2173.05(e)",
        "1. A tool comprising a handle, wherein the handel is soft.",
        ((1, "antecedent_near", W, "the handel"),),
    ),
    Case(
        "introduced twice",
        "MPEP 2173.05(o)",
        "1. A lock comprising a lever and a bolt, wherein a lever moves the bolt.",
        ((1, "antecedent_duplicate", W, "a lever"),),
    ),
    Case(
        "exemplary wording",
        "MPEP 2173.05(d)",
        "1. A lock comprising a bolt of a metal, such as steel.",
        ((1, "indefinite_term", W, "such as"),),
    ),
    Case(
        "terms of degree are only noted",
        "MPEP 2173.05(b), III",
        "1. A lock comprising a substantially round bolt.",
        ((1, "indefinite_term", N, "substantially"),),
        notes=True,
    ),
    Case(
        "optional features",
        "Guidelines F-IV, 4.9",
        "1. A lock comprising a bolt, preferably of steel.",
        ((1, "indefinite_term", W, "preferably"),),
        {"jurisdiction": "EP"},
    ),
    Case(
        "means for a function",
        "35 USC 112(f), MPEP 2181",
        "1. A lock comprising means for holding a bolt.",
        ((1, "means_plus_function", N, "means for"),),
        notes=True,
    ),
    Case(
        "a sign that the description does not have",
        "Rule 43(7) EPC, Guidelines F-IV, 4.18",
        "1. A lock comprising a bolt (12) and a spring (99).",
        ((1, "numeral_mismatch", E, "99"),),
        {"jurisdiction": "EP", "description": "The lock has a bolt 12 and a spring 14."},
    ),
    Case(
        "one sign for two parts",
        "37 CFR 1.84(p)(4)",
        "1. A lock comprising a bolt (12) and a spring (12).",
        ((1, "numeral_mismatch", E, "12"),),
    ),
    Case(
        "signs that agree, and bracketed steps that are none",
        "Rule 43(7) EPC",
        "1. A lock comprising (1) a bolt (12) and (2) springs (14a, 14b).",
        (),
        {"jurisdiction": "EP", "description": "The lock has a bolt 12 and springs 14a and 14b."},
    ),
    Case(
        "a sign that only the drawings have",
        "Rule 46(2)(i) EPC",
        "1. A lock comprising a bolt (16).",
        (),
        {"jurisdiction": "EP", "description": "The lock has a bolt.", "drawings": ["Fig. 1: bolt 16"]},
    ),
    Case(
        "a term without support",
        "37 CFR 1.75(d)(1)",
        "1. A lock comprising a bolt and a magnet.",
        ((1, "unsupported_term", W, "magnet"),),
        {"description": "The lock has a bolt."},
    ),
    Case(
        "an abstract of more than 150 words",
        "37 CFR 1.72(b)",
        "1. A lock comprising a bolt.",
        ((None, "abstract_length", E, "more words"),),
        {"abstract": "word " * 150 + "more words"},
    ),
    Case(
        "an abstract of fewer than 50 words at the EPO",
        "Guidelines F-II, 2.3",
        "1. A lock comprising a bolt.",
        ((None, "abstract_length", W, ""),),
        {"abstract": "A lock with a bolt.", "jurisdiction": "EP"},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_what_is_said_of_a_set(case: Case) -> None:
    findings = check_claims(case.claims, **case.options)
    said = tuple(
        (finding.claim, finding.code, finding.severity, finding.text)
        for finding in findings
        if case.notes or finding.severity != N
    )
    assert said == case.expected, case.source
