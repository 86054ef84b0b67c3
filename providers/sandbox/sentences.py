"""What a text speaks of, found by simple rules: its sentences, the parts they name, and what connects the parts."""

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

MAX_CHARACTERS = 20_000
"""So much of a text is read."""
MAX_PARTS = 12
ENOUGH = 4
"""Where so many parts have numerals, the nouns without are left out."""
NAME_WORDS = 3
_SENTENCE = re.compile(r"(?<=[a-z0-9)])(?<!\bfig)(?<!\bfigs)[.;:](?:\s+|$)|\n+", re.IGNORECASE)
_CLAIM_NUMBER = re.compile(r"^\s*\d+\s*[.)]\s*")
_DIRECTIVE = re.compile(r"sandbox:\S+")
WORD = re.compile(r"[A-Za-z][A-Za-z-]*|S?\d+[a-z]?\b|[,()]")
_NUMERAL = re.compile(r"S?\d{1,4}[a-z]?")
_WORDS = {
    "articles": ("a an the said each another its their first second third "),
    "no_parts": (
        "claim claims fig figs figure figures example embodiment invention method process step steps way "
        "state mode time case order one plurality number amount least most same other end user's "
        "accordance "
    ),
    "stops": (
        "a an and are as at be being between by can comprise comprises comprising configured contains "
        "during each for from further has have having if in include includes including into is it its "
        "may of on onto or out over said so such than that the their then thereby therein through to "
        "under until upon via was wherein when where which while who will with within without according "
        "after before again above across against along around behind below beneath beside down off up "
    ),
    "nouns_in_ing": (
        "bearing bushing casing coating coupling fitting heading housing lining opening ring spring "
        "string tubing wing winding building reading "
    ),
    "units": ("mm cm m km g kg s ms min v a w kw hz khz percent degrees hours seconds minutes "),
}
_ARTICLES = frozenset(_WORDS["articles"].split())
_NO_PARTS = frozenset(_WORDS["no_parts"].split())
_STOPS = frozenset(_WORDS["stops"].split())
_NOUNS_IN_ING = frozenset(_WORDS["nouns_in_ing"].split())
_UNITS = frozenset(_WORDS["units"].split())


class Part(NamedTuple):
    name: str
    numeral: str


class Link(NamedTuple):
    """Part `source` does something to part `target`, both by name."""

    source: str
    target: str
    verb: str


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, without those that are for the sandbox itself."""
    plain = _DIRECTIVE.sub("", text[:MAX_CHARACTERS])
    found = (_CLAIM_NUMBER.sub("", sentence).strip(" \t.;:,") for sentence in _SENTENCE.split(plain))
    return [" ".join(sentence.split()) for sentence in found if len(sentence.split()) > 1]


def in_short(sentence: str, most_words: int) -> str:
    """The beginning of a sentence without articles and numerals."""
    plain = re.sub(r"\s+\(?S?\d{1,4}[a-z]?\)?(?=[,\s]|$)(?! %| degrees)", "", sentence)
    words = [word for word in plain.split() if word.lower() not in _ARTICLES]
    if len(words) > most_words:
        del words[most_words:]
        if "and" in words[2:]:  # rather half a sentence than half of what is said after "and"
            del words[len(words) - 1 - words[::-1].index("and") :]
        while len(words) > 1 and words[-1].lower().strip(",") in _STOPS:
            words.pop()
    return " ".join(words).strip(",") or sentence


def parts_and_links(text: str) -> tuple[list[Part], list[Link]]:
    """The parts in the order of their first mention, and what the sentences say of them."""
    numerals: dict[str, str] = {}
    links: list[Link] = []
    for sentence in sentences(text):
        mentions = _mentions(WORD.findall(sentence))
        for name, numeral, _ in mentions:
            if name in numerals or len(numerals) < MAX_PARTS:
                numerals[name] = numerals.get(name) or numeral
        links += [link for link in _links(mentions) if link.source in numerals and link.target in numerals]
    first_of_a_pair = {(link.source, link.target): link for link in reversed(links)}
    named = [Part(name, numeral) for name, numeral in numerals.items() if numeral]
    whole = Counter(link.source for link in links if numerals[link.target] and not numerals[link.source])
    if len(named) < ENOUGH:
        named = [Part(name, numeral) for name, numeral in numerals.items()]
    else:
        named = [Part(name, "") for name, times in whole.items() if times > 1] + named
    names = {part.name for part in named}
    return named, [
        link
        for link in dict.fromkeys(links)
        if first_of_a_pair[link.source, link.target] == link and names.issuperset((link.source, link.target))
    ]


_Mention = tuple[str, str, list[str]]
"""A part's name, its numeral or "", and the words between the part before and this one."""


def _mentions(words: list[str]) -> list[_Mention]:
    mentions: list[_Mention] = []
    between: list[str] = []
    place = 0
    while place < len(words):
        if words[place].lower() not in _ARTICLES:
            between.append(words[place])
            place += 1
            continue
        name, numeral, after = name_at(words, place + 1)
        if name:
            mentions.append((name, numeral, between))
            between = []
        place = max(after, place + 1)
    return mentions


def name_at(words: list[str], start: int) -> tuple[str, str, int]:
    """The part that is named from here on, its numeral, and the place after it."""
    place, name = start, list[str]()
    while place < len(words) and len(name) < NAME_WORDS and not _ends_name(words, place, len(name)):
        if words[place].lower() not in _ARTICLES:
            name.append(words[place].lower())
        place += 1
    if not name or name[-1] in _NO_PARTS:
        return "", "", place
    if place < len(words) and words[place] == "(":
        place += 1
    numeral = ""
    if place < len(words) and _NUMERAL.fullmatch(words[place]) and _following(words, place) not in _UNITS:
        numeral = words[place]
        place += 1
    return " ".join(name), numeral, place


def _ends_name(words: list[str], place: int, length: int) -> bool:
    word = words[place].lower()
    if not word[0].isalpha() or _NUMERAL.fullmatch(words[place]):
        return True
    if word in _STOPS:
        return length > 0 or word not in _ARTICLES
    if not length:
        return False
    is_verb = (
        word.endswith("s") and not word.endswith("ss") and _following(words, place) in (_STOPS | _ARTICLES)
    )
    is_participle = word.endswith(("ed", "ing", "ly", "iven")) and word not in _NOUNS_IN_ING
    return is_verb or is_participle


def _following(words: list[str], place: int) -> str:
    return words[place + 1].lower() if place + 1 < len(words) else ""


def _links(mentions: list[_Mention]) -> list[Link]:
    """The first part of a sentence does what stands before the second; in a list it does it to all."""
    if not mentions:
        return []
    links, subject, verb = [], mentions[0][0], ""
    for before, (name, _, between) in pairwise(mentions):
        words = [word.lower() for word in between if word[0].isalpha()]
        if "claim" in words or (
            words and between[-1] == ","
        ):  # a new clause begins, as after "if the pump runs,"
            subject = name
            continue
        if "which" in words or "that" in words:
            subject = before[0]
        said = [
            word
            for word in words
            if word not in ("and", "or", "which", "that", "is", "are", "wherein", "then")
        ]
        verb = " ".join(said[:NAME_WORDS]) or verb
        if name != subject:
            links.append(Link(subject, name, verb))
    return links
