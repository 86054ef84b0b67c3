"""How a finding about a term is written."""

from adapters.drafting.claims.finding import Finding, Severity
from adapters.drafting.claims.needs import Place
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.vocabulary import VERBS
from adapters.drafting.claims.words import is_plural


def introduction_of(phrase: Phrase) -> str:
    words = phrase.words[: likely_end(phrase)]
    first, last = words[0], words[-1]
    article = (
        "an " if first[0] in "aeio" or (first[0] == "u" and first[:3] not in ("use", "uni", "uti")) else "a "
    )
    return f"{'' if is_plural(last) else article}{' '.join(words)}"


def likely_end(phrase: Phrase) -> int:
    """How many words to show: `the rotor` of `the rotor turns`."""
    shortest = phrase.ends[-1]
    if len(phrase.ends) > 1 and phrase.words[shortest] in VERBS and phrase.words[shortest].endswith("s"):
        return shortest
    return phrase.ends[0]


def antecedent_finding(
    place: Place, code: str, severity: Severity, says: str, suggestion: str, words: int = 0
) -> Finding:
    """A finding from the phrase's article to its last word, or to as many of its words as are given."""
    tokens, phrase = place.item.tokens, place.phrase
    last = words or likely_end(phrase)
    start, end = tokens[phrase.first].start, tokens[phrase.places[last - 1]].end
    text = place.item.text[start:end]
    return Finding(
        code=code,
        severity=severity,
        claim=place.item.number,
        start=start,
        end=end,
        text=text,
        message=f"`{text}` {says}",
        suggestion=suggestion,
    )
