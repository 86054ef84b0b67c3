"""What the sandbox answers to the prior-art task's prompts, from their material alone.

`sandbox:invented-reference`, `-quote`, `-citation` and `sandbox:verdict` in the caller's text make it lie about each
document, as a model might, however often it is asked again.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

Material = Mapping[str, str]
MAX_ELEMENTS = 6
MAX_QUERIES = 5
MAX_WORDS = 6
SENTENCE_WORDS = 12
"""Of a sentence that is quoted, at most."""
_DIRECTIVE = re.compile(r"sandbox:[a-z-]+(?:=[\d.]+)?")
_CLAUSE_END = re.compile(
    r"[.;:,\n]+|\b(?:wherein|whereby|characterised in that|comprising|comprises|and|which|that)\b", re.I
)
_CLAIM_NUMBER = re.compile(r"^\s*\d+\s*[.)]\s*", re.MULTILINE)
_DEPENDENT = re.compile(
    r"\b(?:the|an?)\s+[^.;:,]{1,80}?\s(?:of|according to|as claimed in)\s+(?:any (?:one )?of )?claims?\s+\d+",
    re.I,
)
"""How a dependent claim begins: its words are the parent's."""
_WORD = re.compile(r"[^\W\d_][^\W_]{2,}(?:-[^\W_]+)*")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the and for with from that this which wherein into onto are has have having its one two more least said such "
        "each other than can may used using use between via per also being been will when while where what how there "
        "method system device apparatus invention according claim claims first second plurality configured comprising "
        "comprises includes including include provided means about over under after before them they their least both "
        "element elements embodiment described disclosed not any all our new way like some very",
    )
)


def plan(material: Material) -> dict[str, Any]:
    """Elements are the text's clauses, queries their words."""
    text = _DEPENDENT.sub(" ", _CLAIM_NUMBER.sub("", _DIRECTIVE.sub(" ", " ".join(material.values()))))
    clauses = [" ".join(clause.split()) for clause in _CLAUSE_END.split(text)]
    elements = _own(list(dict.fromkeys(clause for clause in clauses if _telling(clause))))[:MAX_ELEMENTS]
    elements = elements or [" ".join(text.split())[:200] or "the idea"]
    telling = list(dict.fromkeys(word for element in elements for word in _telling(element))) or ["idea"]
    phrases = [" ".join(_telling(element)[:2]) for element in elements if _telling(element)] or telling
    pairs = [[[one], [other]] for one, other in pairwise(phrases)]
    queries = [[phrases[:MAX_WORDS]], *pairs[-2:], [telling[:MAX_WORDS]], [telling[-MAX_WORDS:]]]
    different = [groups for place, groups in enumerate(queries) if groups not in queries[:place]]
    return {
        "elements": [element[:300] for element in elements],
        "queries": [{"groups": groups} for groups in different[:MAX_QUERIES]],
    }


def chart(material: Material) -> dict[str, Any]:
    """Each document by the words that it shares with the elements, quoted from its own sentences."""
    elements = [line.split(": ", 1) for line in material.get("elements", "").splitlines() if ": " in line]
    asked = material.get("about", "")
    results = [
        _entry(name, text, elements, asked) for name, text in material.items() if re.fullmatch(r"R\d+", name)
    ]
    if "sandbox:invented-reference" in asked:
        results.append({"id": "R99", "score": 0.99, "rationale": "It shows everything.", "evidence": []})
    return {"results": results}


def _own(clauses: list[str]) -> list[str]:
    """Those that say something that no other one says."""
    said = [set(_telling(clause)) for clause in clauses]
    return [
        clause
        for place, clause in enumerate(clauses)
        if not any(said[place] < other for other in said[:place] + said[place + 1 :])
    ]


def _entry(name: str, text: str, elements: list[list[str]], asked: str) -> dict[str, Any]:
    sentences = _sentences(text)
    evidence, shares = [], []
    for element, wanted in elements:
        best, share = _best(set(_telling(wanted)), sentences)
        shares.append(share)
        if share >= 0.3:
            evidence.append({"element": element, "quote": " ".join(best.split()[:SENTENCE_WORDS])})
    shown = ", ".join(one["element"] for one in evidence)
    missing = ", ".join(
        element for element, _ in elements if element not in {one["element"] for one in evidence}
    )
    rationale = f"The text shows words of {shown or 'no element'}."
    if missing:
        rationale += f" It has little or nothing of {missing}."
    if "sandbox:verdict" in asked:
        rationale += " The idea is therefore not novel and its claims are invalid."
    if "sandbox:invented-citation" in asked:
        rationale += " Smith et al. (2015) and US 9,876,543 show the rest."
    if "sandbox:invented-quote" in asked and elements:
        evidence.append({"element": elements[0][0], "quote": f"{name} teaches exactly what is claimed here"})
    score = round(sum(shares) / len(shares), 2) if shares else 0.0
    return {"id": name, "score": score, "rationale": rationale, "evidence": evidence}


def _sentences(text: str) -> list[str]:
    """Of the title and the abstract."""
    parts = []
    for line in text.splitlines():
        label, colon, value = line.partition(": ")
        if colon and label in ("Title", "Abstract"):
            parts += re.split(r"(?<=[.!?])\s+", value)
    return [part for part in parts if part and part != "(none given)"]


def _best(wanted: set[str], sentences: list[str]) -> tuple[str, float]:
    """The sentence that has most of the wanted words, and which part of them; the first of equals."""
    if not wanted or not sentences:
        return "", 0.0
    shares = [len(wanted & set(_telling(sentence))) / len(wanted) for sentence in sentences]
    most = max(shares)
    return sentences[shares.index(most)], most


def _telling(text: str) -> list[str]:
    """The words that say what it is about, in lower case."""
    words = (word.casefold() for word in _WORD.findall(text))
    return [word for word in words if word not in _COMMON]
