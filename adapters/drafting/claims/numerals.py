"""Reference signs: one part, one sign, in the claims, the description and the drawings."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.drafting.claims.at import finding_at_tokens
from adapters.drafting.claims.finding import Finding
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.vocabulary import NOUNS_IN_ING, STOPS, SURELY_VERBS, word_set
from adapters.drafting.claims.words import Token, stem

MAX_SIGNS: Final = 8
"""Tokens between a noun and its last sign."""
_LABELS: Final = frozenset(
    map(
        stem,
        word_set(
            "formula formulae equation equations expression claim claims step steps fig figs figure figures table "
            "example examples no nos number compound scheme embodiment condition relation inequality seq id page "
            "chapter paragraph item option"
        ),
    )
)
"""Nouns whose number is a name and no reference sign."""
_UNITS: Final = word_set(
    "mm cm m km nm um kg g mg l ml s ms min h hz khz mhz ghz v kv mv a ma w kw mw j kj k c f pa kpa mpa bar "
    "psi percent degrees degree wt mol mm2 cm2 m2 inches inch feet hours minutes seconds days years bits "
    "bytes times volts"
)


@dataclass(slots=True)
class _Known:
    """What a text says of its reference signs."""

    nouns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The nouns before each sign."""
    signs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The signs after each noun, and after each noun with the word before it."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign in brackets after a term of a claim."""

    item: ReadClaim
    token: int
    sign: str
    noun: str
    pair: str
    """The noun with the word before it, or the noun alone."""


def check_numerals(claims: ClaimSet, description: list[Token], drawings: list[Token]) -> Iterator[Finding]:
    """Findings of the code numeral_mismatch."""
    known = _read(description)
    drawn = {token.lower for token in drawings if _is_sign(token.lower)}
    given = bool(known.nouns)
    of_noun: dict[str, set[str]] = defaultdict(set)
    first_noun: dict[str, _Sign] = {}
    for sign in _signs(claims):
        says = _against_texts(sign, known, given, drawn) or _against_claims(sign, of_noun, first_noun, known)
        of_noun[sign.pair].add(sign.sign)
        first_noun.setdefault(sign.sign, sign)
        if says:
            yield finding_at_tokens(
                sign.item,
                sign.token,
                sign.token + 1,
                "numeral_mismatch",
                "error",
                says,
                _advice(sign, known, of_noun),
            )


def _against_texts(sign: _Sign, known: _Known, given: bool, drawn: set[str]) -> str | None:
    name = f"`{sign.sign}`"
    if given and sign.sign not in known.nouns and sign.sign not in drawn:
        return f"The description has no reference sign {name}."
    if given and sign.sign in known.nouns:
        belongs = known.signs.get(sign.pair) or known.signs.get(sign.noun)
        if belongs and sign.sign not in belongs and sign.noun not in known.nouns[sign.sign]:
            return f"In the description {name} is not the sign of `{_shown(sign)}`."
        if sign.pair != sign.noun and sign.pair in known.signs and sign.sign not in known.signs[sign.pair]:
            return f"In the description {name} is not the sign of `{_shown(sign)}`."
    if drawn and sign.sign not in drawn and not given:
        return f"The drawings have no reference sign {name}."
    return None


def _against_claims(
    sign: _Sign, of_noun: dict[str, set[str]], first_noun: dict[str, _Sign], known: _Known
) -> str | None:
    """What the description allows is no fault in the claims: several signs for one part, one for several."""
    allowed = known.signs.get(sign.pair, set()) | known.signs.get(sign.noun, set())
    others = of_noun[sign.pair] - {sign.sign}
    if others and sign.sign not in of_noun[sign.pair] and sign.sign not in allowed:
        return f"`{_shown(sign)}` has the sign `{min(others)}` elsewhere in the claims."
    first = first_noun.get(sign.sign)
    if first is not None and first.noun != sign.noun and sign.sign not in allowed:
        return f"`{sign.sign}` is the sign of `{_shown(first)}` elsewhere in the claims."
    return None


def _advice(sign: _Sign, known: _Known, of_noun: dict[str, set[str]]) -> str:
    right = known.signs.get(sign.pair) or known.signs.get(sign.noun) or of_noun[sign.pair] - {sign.sign}
    if right and len(right) == 1:
        return f"Write `({next(iter(right))})`."
    return "Use one sign for one part throughout."


def _shown(sign: _Sign) -> str:
    return sign.item.tokens[sign.token - 2].text if sign.token >= 2 else ""


def _is_sign(word: str) -> bool:
    """`12`, `12a`, `104`: digits, and a letter at most."""
    digits = word.rstrip("abcdefghijklmnopqrstuvwxyz'")
    return 0 < len(digits) <= 4 and digits.isdecimal() and len(word) - len(digits) <= 2 and digits[0] != "0"


def _signs(claims: ClaimSet) -> Iterator[_Sign]:
    """Signs in brackets after a word: `sensor (12)`, `sensors (12a, 12b)`. `(1)` that begins a step is none."""
    for item in claims.claims:
        tokens = item.tokens
        place = 1
        while place < len(tokens) - 2:
            if tokens[place].text == "(" and _names_part(tokens, place - 1):
                noun = stem(tokens[place - 1].lower)
                pair = _pair(tokens, place - 1)
                inside = place + 1
                while inside < len(tokens) and tokens[inside].text not in "()":
                    inside += 1
                signs = tokens[place + 1 : inside]
                if all(_is_sign(token.lower) or token.text in ",;-/" for token in signs):
                    for offset, token in enumerate(signs):
                        if _is_sign(token.lower):
                            yield _Sign(item, place + 1 + offset, token.lower, noun, pair)
                place = inside
            place += 1


def _names_part(tokens: list[Token], place: int) -> bool:
    token = tokens[place]
    if not token.is_word or token.text[0].isdigit() or token.lower in STOPS or token.lower in SURELY_VERBS:
        return False
    if token.lower.endswith("ing") and token.lower not in NOUNS_IN_ING:
        return False
    return stem(token.lower) not in _LABELS


def _pair(tokens: list[Token], place: int) -> str:
    before = tokens[place - 1] if place else None
    noun = stem(tokens[place].lower)
    if before is None or not before.is_word or before.lower in STOPS or before.text[0].isdigit():
        return noun
    return f"{stem(before.lower)} {noun}"


def _read(description: list[Token]) -> _Known:
    """`sensor 12`, `sensor (12)` and `sensors 12a and 12b`; `FIG. 1`, `step 3`, `claim 4` and `10 mm` are none."""
    known = _Known()
    for place, token in enumerate(description):
        if not _is_sign(token.lower) or place == 0:
            continue
        following = description[place + 1].lower if place + 1 < len(description) else ""
        if following in _UNITS or following in ("%", "\u00b0"):
            continue
        back = place - 1
        while back > max(0, place - MAX_SIGNS) and _joins_signs(description[back]):
            back -= 1
        if not _names_part(description, back):
            continue
        noun = stem(description[back].lower)
        known.nouns[token.lower].add(noun)
        known.signs[noun].add(token.lower)
        known.signs[_pair(description, back)].add(token.lower)
    return known


def _joins_signs(token: Token) -> bool:
    """`sensors 12a, 12b and 12c`: all of them are signs of the sensors."""
    return token.lower in ("(", ",", "and", "or", "to") or _is_sign(token.lower)
