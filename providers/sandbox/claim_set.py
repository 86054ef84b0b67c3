"""The sandbox's claims: the disclosure's sentences as elements, steps and features, each term introduced once."""

import re
from typing import NamedTuple

from providers.sandbox.invention import Invention
from providers.sandbox.sentences import WORD, name_at

MOST_ELEMENTS = 4
"""Of the first claim; what is left makes dependent claims."""
MOST_CLAIMS = 12
MOST_WORDS = 45
_USABLE = re.compile(r"[\w\s,%°/()'+-]+")
_NOT_IN_CLAIMS = re.compile(r"\b(?:claims?|figs?|figures?|tables?|invention|disclosure|embodiments?)\b", re.I)
_LEAD = re.compile(r"^(?:then|next|finally|first|second|subsequently|afterwards|in addition|also),? ", re.I)
_CONDITION = re.compile(r"^((?:if|when|while|after|before|once|as soon as) [^,]+), (.+)$", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:an?|the) ", re.IGNORECASE)
_PASSIVE = re.compile(r"^((?:an?|the) .+?|[a-z][\w -]*?s) (?:is|are) (?:then )?(\w+)\b(.*)$", re.IGNORECASE)
_AND_PASSIVE = re.compile(r",? and (?=(?:an?|the) [\w -]+? (?:is|are) \w+(?:ed|en|t)\b)", re.IGNORECASE)
_PARTICIPLES = {
    "held": "holding", "sent": "sending", "made": "making", "given": "giving", "taken": "taking", "fed": "feeding",
    "cut": "cutting", "put": "putting", "read": "reading", "found": "finding", "written": "writing",
    "driven": "driving", "kept": "keeping", "built": "building", "drawn": "drawing", "shown": "showing",
    "brought": "bringing", "set": "setting", "chosen": "choosing", "spread": "spreading",
}  # fmt: skip
_MASS = frozenset(
    [
        "water",
        "air",
        "liquid",
        "fluid",
        "gas",
        "steam",
        "oil",
        "light",
        "heat",
        "power",
        "energy",
        "fuel",
        "data",
    ]
)


class Claim(NamedTuple):
    """One claim, and all the names that a claim depending on it may call "the ..."."""

    text: str
    scope: frozenset[str]


class Terms:
    """Gives each noun the article that it needs: "a" where it is named first, "the" from then on."""

    def __init__(self, known: frozenset[str], signs: dict[str, str]) -> None:
        self.known = set(known)
        self._signs = signs

    def told(self, text: str) -> str:
        """The text with the right articles, and with reference signs where there are to be any."""
        found = list(WORD.finditer(text))
        words = [word[0] for word in found]
        parts: list[str] = []
        done = place = 0
        while place < len(words):
            if words[place].lower() not in ("a", "an", "the"):
                place += 1
                continue
            name, numeral, after = name_at(words, place + 1)
            if not name:
                place = max(after, place + 1)
                continue
            end = found[after - 1].end()
            noun = text[found[place + 1].start() : found[after - (2 if numeral else 1)].end()].rstrip(" (")
            if numeral and text[end : end + 1] == ")":
                end += 1
                after += 1
            parts += [text[done : found[place].start()], self._article(noun), noun]
            parts.append(f" ({self._signs[name]})" if name in self._signs else "")
            done, place = end, after
        return "".join([*parts, text[done:]])

    def knows_of(self, text: str) -> int:
        """How many of the text's nouns are known."""
        other = Terms(frozenset(), {})
        other.told(text)
        return len(other.known & self.known)

    def _article(self, noun: str) -> str:
        name = noun.lower()
        if name in self.known:
            return "the "
        self.known.add(name)
        last = name.split()[-1]
        if last in _MASS or (last.endswith("s") and not last.endswith(("ss", "us", "is"))):
            return ""
        return article(noun)


def claims_of(invention: Invention, *, with_signs: bool) -> list[str]:
    """The texts of the claims, the first of which is independent."""
    signs = {part.name: part.numeral for part in invention.parts if part.numeral} if with_signs else {}
    features = [clean for act in invention.acts if act[:1].isupper() and (clean := _clean(act))]
    write = _steps if invention.is_method else _elements
    terms = Terms(frozenset({invention.kind, invention.name}), signs)
    kind = terms.told(invention.kind)
    elements, rest = write(invention, features, terms)
    if not elements:
        elements = [_named(part.name, terms) for part in invention.parts[:MOST_ELEMENTS]] or ["a housing"]
    claims = [
        Claim(f"{article(kind).capitalize()}{kind}, comprising: {listed(elements)}.", frozenset(terms.known))
    ]
    for feature in rest[: MOST_CLAIMS - 1]:
        claims.append(_dependent(invention, feature, claims, signs))
    return [claim.text for claim in claims]


def listed(elements: list[str]) -> str:
    """Return elements as a claim lists them."""
    return f"{'; '.join(elements[:-1])}; and {elements[-1]}" if len(elements) > 1 else elements[0]


def article(noun: str) -> str:
    return "an " if noun[:1].lower() in "aeio" else "a "


def _elements(invention: Invention, features: list[str], terms: Terms) -> tuple[list[str], list[str]]:
    """Of a device: what it has, or the parts that the first sentences are about."""
    if invention.has and (has := _clean(invention.has)):
        pieces = re.split(r", and |, | and (?=an? )", has)
        return [terms.told(piece) for piece in pieces if piece], features
    elements: list[str] = []
    rest: list[str] = []
    for feature in features:
        words = WORD.findall(feature)
        name, _, after = name_at(words, 1)
        is_first = (
            len(elements) < MOST_ELEMENTS and _SUBJECT.match(feature) and name and name not in terms.known
        )
        if is_first and 1 < after < len(words):
            subject = feature[: _end_of(feature, after)]
            elements.append(terms.told(f"{subject} that{feature[len(subject) :]}"))
        else:
            rest.append(feature)
    return elements, rest


def _steps(invention: Invention, features: list[str], terms: Terms) -> tuple[list[str], list[str]]:
    """Of a method: what is done, step by step."""
    steps = [(feature, _as_step(feature)) for feature in features]
    first = [step for _, step in steps if step][:MOST_ELEMENTS]
    return [terms.told(step) for step in first], [
        feature for feature, step in steps if not step or step not in first
    ]


def _dependent(invention: Invention, feature: str, claims: list[Claim], signs: dict[str, str]) -> Claim:
    """On the first claim that knows the most of the feature's terms."""
    step = _as_step(feature) if invention.is_method else ""
    text = step or feature
    known = [Terms(claim.scope, signs).knows_of(text) for claim in claims]
    parent = known.index(max(known))
    terms = Terms(claims[parent].scope, signs)
    said = terms.told(lowered(text))
    joint = "further comprising " if step else "wherein, " if _CONDITION.match(feature) else "wherein "
    return Claim(f"The {invention.name} of claim {parent + 1}, {joint}{said}.", frozenset(terms.known))


def _as_step(sentence: str) -> str:
    """ "If A, the flow is interrupted" is "interrupting the flow if A"; "" for what is no step."""
    condition = _CONDITION.match(sentence)
    clauses = _AND_PASSIVE.split(condition[2] if condition else sentence)
    steps = [_gerund(clause) for clause in clauses]
    if not all(steps):
        return ""
    done = " and ".join(steps)
    return f"{done} {lowered(condition[1])}" if condition else done


def _gerund(clause: str) -> str:
    passive = _PASSIVE.match(clause)
    if not passive:
        return ""
    subject, verb, rest = lowered(passive[1]), passive[2].lower(), passive[3]
    if verb in _PARTICIPLES:
        return f"{_PARTICIPLES[verb]} {subject}{rest}"
    if verb.endswith("ied"):
        return f"{verb[:-3]}ying {subject}{rest}"
    return f"{verb[:-2]}ing {subject}{rest}" if verb.endswith("ed") else ""


def _clean(sentence: str) -> str:
    """The sentence as part of a claim; "" for one that cannot be."""
    plain = _LEAD.sub("", sentence)
    is_usable = _USABLE.fullmatch(plain) and not _NOT_IN_CLAIMS.search(plain)
    words = WORD.findall(plain)
    names_all = all(name_at(words, place + 1)[0] for place, word in enumerate(words) if word.lower() == "the")
    return plain if is_usable and names_all and len(plain.split()) <= MOST_WORDS else ""


def _named(name: str, terms: Terms) -> str:
    return terms.told(f"{article(name)}{name}")


def _end_of(text: str, words: int) -> int:
    return [word.end() for word in WORD.finditer(text)][words - 1]


def lowered(text: str) -> str:
    """With a small letter at the beginning, unless it begins with an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
