"""Which claims a claim refers to, read from the words `claim 1`, `claims 2 to 4`, `any of the preceding claims`."""

from dataclasses import dataclass
from typing import Final

from adapters.drafting.claims.bounds import MAX_CLAIMS
from adapters.drafting.claims.vocabulary import word_set
from adapters.drafting.claims.words import Token

_PREAMBLE_ENDS: Final = word_set("wherein whereby characterized characterised where further additionally : ;")
_ALTERNATIVE: Final = frozenset(("or", "and/or", "any", "one", "either"))
_JOINTS: Final = frozenset((",", "or", "and", "to", "through", "-", "\u2013", "/", "until"))
MOST_DIGITS: Final = 9
"""Of a claim's number. There is none so large, but whoever writes one means a claim that is missing."""
_BEFORE: Final = frozenset(("preceding", "previous", "foregoing", "above", "prior"))


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of other claims."""

    numbers: tuple[int, ...]
    """In their order, each once; of `any preceding claim` all that come before."""
    first: int
    """Its first token: `claim`, or `any`, `one of`."""
    stop: int
    """The token after its last."""
    alternative: bool
    """Whether the claims are joined by `or`, or by `any of`."""
    in_preamble: bool
    """Whether it makes the claim a dependent one."""

    @property
    def multiple(self) -> bool:
        return len(self.numbers) > 1


def references_of(tokens: list[Token], number: int) -> list[Reference]:
    """All mentions in a claim of this number; at most one, the first, is in the preamble."""
    found: list[Reference] = []
    place = 0
    in_preamble = True
    while place < len(tokens):
        word = tokens[place].lower
        if word in _PREAMBLE_ENDS:
            in_preamble = False
        if word in ("claim", "claims"):
            reference = _listed(tokens, place, in_preamble) or _preceding(tokens, place, number, in_preamble)
            if reference is not None:
                found.append(reference)
                in_preamble = False
                place = reference.stop
                continue
        place += 1
    return found


def _listed(tokens: list[Token], claim: int, in_preamble: bool) -> Reference | None:
    """`claim 1`, `claims 1, 3 or 5 to 7`."""
    numbers: list[int] = []
    joints: list[str] = []
    place, stop = claim + 1, claim + 1
    while place < len(tokens):
        text = tokens[place].lower
        pair = text.replace("\u2010", "-").replace("\u2011", "-").replace("/", "-").split("-")
        if all(part.isdecimal() and len(part) <= MOST_DIGITS for part in pair) and len(pair) <= 2:
            if (numbers and not joints) or len(numbers) > 2 * MAX_CLAIMS:
                break
            low, high = int(pair[0]), int(pair[-1])
            if joints and joints[-1] in ("to", "through", "-", "\u2013", "until") and numbers:
                low = min(numbers[-1], high)
            numbers += range(low, min(high, low + MAX_CLAIMS) + 1)
            stop = place + 1
            seen = set(joints)
            if "or" in seen:
                joints = ["or"]
            elif "and" in seen:
                joints = ["and"]
        elif numbers and (text in _JOINTS or text in ("of", "any", "one", "either")):
            joints.append(text)
        elif not (numbers and text in ("claim", "claims") and joints):
            break
        place += 1
    if not numbers:
        return None
    words = {token.lower for token in tokens[claim:stop]}
    first = _first_of(tokens, claim)
    before = {token.lower for token in tokens[first:claim]}
    alternative = bool(words & {"or"}) or bool(before & _ALTERNATIVE)
    return Reference(tuple(dict.fromkeys(numbers)), first, stop, alternative, in_preamble)


def _preceding(tokens: list[Token], claim: int, number: int, in_preamble: bool) -> Reference | None:
    """`any one of the preceding claims`, `a previous claim`."""
    if claim == 0 or tokens[claim - 1].lower not in _BEFORE:
        return None
    before = tuple(range(1, number)) if number <= MAX_CLAIMS else ()
    return Reference(before, _first_of(tokens, claim - 1), claim + 1, True, in_preamble)


def _first_of(tokens: list[Token], claim: int) -> int:
    """Go back over `any one of`, `one of the`, `at least one of`, `either of`."""
    place = claim
    while place > 0 and tokens[place - 1].lower in (
        *("any", "one", "of", "the", "either", "at", "least", "all", "preceding", "a", "or", "more"),
    ):
        place -= 1
    while place < claim and tokens[place].lower in ("of", "the", "a"):
        place += 1
    return place
