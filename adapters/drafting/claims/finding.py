"""What the checker says of a claim, and the rule behind each of its codes."""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]
Jurisdiction = Literal["US", "EP"]

RULES: Final[dict[str, dict[Jurisdiction, str]]] = {
    "numbering": {
        "US": "37 CFR 1.75(f) and 1.126, MPEP 608.01(j): numbered consecutively in Arabic numerals",
        "EP": "Rule 43(5) EPC, Guidelines F-IV, 5: numbered consecutively in Arabic numerals",
    },
    "single_sentence": {
        "US": "MPEP 608.01(m): a claim is one sentence; periods only at its end and in abbreviations",
        "EP": "Article 84 and Rule 43 EPC, Guidelines F-IV, 4.1: clarity of each claim",
    },
    "dependency_missing": {
        "US": "35 USC 112(d), 37 CFR 1.75(c), MPEP 608.01(n): a claim previously set forth",
        "EP": "Rule 43(4) EPC, Guidelines F-IV, 3.4: a reference to another claim that is there",
    },
    "dependency_forward": {
        "US": "35 USC 112(d), 37 CFR 1.75(c), MPEP 608.01(n): it refers back",
        "EP": "Rule 43(4) EPC, Guidelines F-IV, 3.4: it refers to previous claims",
    },
    "dependency_self": {
        "US": "35 USC 112(d), MPEP 608.01(n): another claim",
        "EP": "Rule 43(4) EPC, Guidelines F-IV, 3.4: another claim",
    },
    "multiple_dependency": {
        "US": "35 USC 112(e), 37 CFR 1.75(c), MPEP 608.01(n): in the alternative only, and on no other multiple",
        "EP": "Rule 43(4) EPC, Guidelines F-IV, 3.4: multiple dependency is allowed",
    },
    "category_mismatch": {
        "US": "35 USC 112(d), MPEP 608.01(n), III, and 2173.05(p): a dependent claim is of its parent's category",
        "EP": "Rule 43(4) EPC, Guidelines F-IV, 3.4 and 3.8: another category makes an independent claim",
    },
    "antecedent_missing": {
        "US": "35 USC 112(b), MPEP 2173.05(e): lack of antecedent basis",
        "EP": "Article 84 EPC, Guidelines F-IV, 4.1 and 4.2: clarity",
    },
    "antecedent_near": {
        "US": "35 USC 112(b), MPEP 2173.05(e): which earlier term is meant is uncertain",
        "EP": "Article 84 EPC, Guidelines F-IV, 4.1 and 4.2, F-II, 4.11: consistent terms",
    },
    "antecedent_duplicate": {
        "US": "35 USC 112(b), MPEP 2173.05(o): the same element may be claimed twice",
        "EP": "Article 84 EPC, Guidelines F-IV, 4.1: whether it is the same element",
    },
    "indefinite_term": {
        "US": "35 USC 112(b), MPEP 2173.05(b), (c) and (d): relative, preferred and exemplary wording",
        "EP": "Article 84 EPC, Guidelines F-IV, 4.6, 4.7 and 4.9: relative terms, `about`, optional features",
    },
    "means_plus_function": {
        "US": "35 USC 112(f), MPEP 2181: a function without the structure for it",
        "EP": "Guidelines F-IV, 2.1, 4.13 and 6.5: functional features",
    },
    "numeral_mismatch": {
        "US": "37 CFR 1.84(p)(4), MPEP 608.01(m): one reference character for one part",
        "EP": "Rule 43(7) and Rule 46(2)(i) EPC, Guidelines F-IV, 4.18: reference signs",
    },
    "unsupported_term": {
        "US": "35 USC 112(a), 37 CFR 1.75(d)(1), MPEP 608.01(o): support in the description",
        "EP": "Article 84 EPC, Guidelines F-IV, 6.1: support by the description",
    },
    "abstract_length": {
        "US": "37 CFR 1.72(b), MPEP 608.01(b): at most 150 words",
        "EP": "Rule 47(3) EPC, Guidelines F-II, 2.3: preferably 50 to 150 words",
    },
}
"""The rule behind each code, per jurisdiction."""

SEVERITIES: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault or remark, at one place."""

    code: str
    """A key of `RULES`."""
    severity: Severity
    """`error` is surely against the rule; `warning` is for a person to decide; `note` is only said."""
    claim: int | None
    """The claim's number; None for the abstract."""
    start: int
    """Offset of its first character in the claim's own text, as `split_claims` gives it, or in the abstract."""
    end: int
    """Offset after its last character there."""
    text: str
    """What stands there; empty for what concerns the whole claim."""
    message: str
    """What is wrong, as a sentence."""
    suggestion: str | None
    """How it may be mended."""
