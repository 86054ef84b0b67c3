"""How often the description names each term of the claims."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.drafting.claims.at import finding_at_tokens
from adapters.drafting.claims.finding import Finding
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.read import ClaimSet, ReadClaim, read_claims
from adapters.drafting.claims.split import Claim
from adapters.drafting.claims.words import Token, stem, tokens_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSupport:
    """One term of the claims, and how often the description has it."""

    term: str
    claim: int
    """The first claim that has it."""
    count: int


def term_support(claims: list[Claim], description: str) -> list[TermSupport]:
    """Each term that is introduced with an article or a quantity, in the order of the claims."""
    terms = _terms(read_claims(claims))
    counts = _counts(list(terms), tokens_of(description))
    return [
        TermSupport(term=" ".join(phrase.words), claim=item.number, count=counts[key])
        for key, (item, phrase) in terms.items()
    ]


def check_support(claims: ClaimSet, description: list[Token]) -> Iterator[Finding]:
    """Findings of the code unsupported_term: warnings for words that the description never has, else notes."""
    terms = _terms(claims)
    counts = _counts(list(terms), description)
    words = {stem(token.lower) for token in description}
    for key, (item, phrase) in terms.items():
        if counts[key]:
            continue
        missing = [word for word, one in zip(phrase.words, phrase.stems, strict=True) if one not in words]
        term = " ".join(phrase.words)
        yield finding_at_tokens(
            item,
            phrase.start,
            phrase.stop,
            "unsupported_term",
            "warning" if missing else "note",
            _lack(term, missing),
            "Use the description's word for it, or describe it there.",
        )


def _lack(term: str, missing: list[str]) -> str:
    if not missing:
        return f"The description does not have `{term}`; its words stand there apart."
    word = f", nor `{missing[0]}` alone" if missing[0] != term else ""
    return f"The description does not have `{term}`{word}."


def _terms(claims: ClaimSet) -> dict[tuple[str, ...], tuple[ReadClaim, Phrase]]:
    found: dict[tuple[str, ...], tuple[ReadClaim, Phrase]] = {}
    for item in claims.claims:
        for phrase in item.phrases:
            if phrase.counted and phrase.stems:
                found.setdefault(phrase.stems, (item, phrase))
    return found


def _counts(terms: list[tuple[str, ...]], description: list[Token]) -> dict[tuple[str, ...], int]:
    """Terms are looked up by length at each word of the description; a phrase has a bounded number of words."""
    counts: dict[tuple[str, ...], int] = dict.fromkeys(terms, 0)
    lengths: dict[str, set[int]] = defaultdict(set)
    for term in terms:
        lengths[term[0]].add(len(term))
    stems = [stem(token.lower) for token in description]
    for place, first in enumerate(stems):
        for length in lengths.get(first, ()):
            candidate = tuple(stems[place : place + length])
            if candidate in counts:
                counts[candidate] += 1
    return counts
