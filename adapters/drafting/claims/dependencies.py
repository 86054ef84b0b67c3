"""Numbers of claims, and what their preambles refer to."""

from collections.abc import Iterator
from typing import Final

from adapters.drafting.claims.at import finding_at, finding_at_tokens
from adapters.drafting.claims.finding import Finding, Jurisdiction
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.references import Reference
from adapters.drafting.claims.vocabulary import DETERMINERS, word_set
from adapters.drafting.claims.words import stem

_PROCESSES: Final = frozenset(map(stem, word_set("method process procedure use technique")))
_NEITHER: Final = frozenset(
    map(
        stem,
        word_set("invention improvement step feature limitation element claim subject-matter matter one"),
    )
)
_TO_A_CLAIM: Final = word_set(
    "of in according to as claimed defined recited set forth described by per accordance with any one , "
    "further wherein under"
)
"""Words between a claim's name and the claims that it refers to."""


def check_numbering(claims: ClaimSet) -> Iterator[Finding]:
    """Each claim's number is the one before it plus one, and the first is 1."""
    last = 0
    for item in claims.claims:
        if item.number != last + 1:
            seen = claims.index[item.number] < item.place
            yield finding_at(
                item,
                0,
                0,
                "numbering",
                "error",
                f"Claim {item.number} "
                + ("has a number that is taken." if seen else f"stands where claim {last + 1} is expected."),
                f"Number it {last + 1}, and adapt what refers to it.",
            )
        last = item.number


def check_dependencies(claims: ClaimSet, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """Findings of the codes dependency_*, multiple_dependency and category_mismatch."""
    multiple = 0
    for item in claims.claims:
        reference = item.preamble
        if reference is None:
            continue
        yield from _targets(item, reference, claims)
        if jurisdiction == "US":
            yield from _multiple(item, reference, claims, multiple)
        if reference.multiple:
            multiple |= 1 << item.place
        yield from _category(item, reference, claims)


def _targets(item: ReadClaim, reference: Reference, claims: ClaimSet) -> Iterator[Finding]:
    most = max(claims.index)
    for number in reference.numbers:
        place = claims.index.get(number)
        if number == item.number:
            code, says = "dependency_self", f"Claim {item.number} depends on itself."
        elif place is None or claims.claims[place].claim.canceled:
            state = "is canceled" if place is not None else "does not exist"
            code, says = (
                "dependency_missing",
                f"Claim {item.number} depends on claim {number}, which {state}.",
            )
        elif place > item.place:
            code = "dependency_forward"
            says = f"Claim {item.number} depends on claim {number}, which comes after it."
        else:
            continue
        advice = "Refer to an earlier claim." if item.number > 1 else "Make it an independent claim."
        if most == 1:
            advice = "Make it an independent claim."
        yield finding_at_tokens(item, reference.first, reference.stop, code, "error", says, advice)
        return


def _multiple(item: ReadClaim, reference: Reference, claims: ClaimSet, multiple: int) -> Iterator[Finding]:
    if not reference.multiple:
        return
    if not reference.alternative:
        yield finding_at_tokens(
            item,
            reference.first,
            reference.stop,
            "multiple_dependency",
            "error",
            f"Claim {item.number} refers to several claims together, not in the alternative.",
            "Join the claims by `or`, or write `any one of claims`.",
        )
    parents = item.ancestors & multiple
    if parents:
        first = claims.claims[(parents & -parents).bit_length() - 1].number
        yield finding_at_tokens(
            item,
            reference.first,
            reference.stop,
            "multiple_dependency",
            "error",
            f"Claim {item.number} depends on several claims and, by them, on claim {first}, which does so too.",
            "Depend on one claim, or on claims none of which depends on several.",
        )


def _category(item: ReadClaim, reference: Reference, claims: ClaimSet) -> Iterator[Finding]:
    named = _named_before(item, reference)
    if named is None or not item.parents:
        return
    parent = claims.claims[item.parents[0]]
    subject = subject_of(parent)
    if subject is None or named.stems[-1] in _NEITHER or subject.stems[-1] in _NEITHER:
        return
    is_process, was_process = (phrase.stems[-1] in _PROCESSES for phrase in (named, subject))
    name = " ".join(subject.words)
    if is_process != was_process:
        kinds = ("a method", "a product") if was_process else ("a product", "a method")
        yield finding_at_tokens(
            item,
            named.first,
            named.stop,
            "category_mismatch",
            "error",
            f"Claim {parent.number} claims {kinds[0]}; `{item.tokens[named.stop - 1].text}` is {kinds[1]}.",
            f"Write `{name}`, or refer to a claim of the same category.",
        )
    elif not is_process and not _is_named_in(named, parent, claims):
        yield finding_at_tokens(
            item,
            named.first,
            named.stop,
            "category_mismatch",
            "warning",
            f"Claim {parent.number} claims `{name}`, not `{' '.join(named.words)}`.",
            f"Write `{name}`.",
        )


def _named_before(item: ReadClaim, reference: Reference) -> Phrase | None:
    """What is said to be `of claim 1`, if the claim is in dependent form: its own subject, or `the device`."""
    before = [phrase for phrase in item.phrases if phrase.stems and phrase.stop <= reference.first]
    for phrase in reversed(before):
        between = {token.lower for token in item.tokens[phrase.stop : reference.first]}
        if set(phrase.words) <= _TO_A_CLAIM:
            continue
        if not between <= _TO_A_CLAIM | DETERMINERS | {"claimed", "recited", "defined"}:
            return None
        is_own = phrase.first == 0
        return phrase if is_own or phrase.definite else None
    return None


def subject_of(item: ReadClaim) -> Phrase | None:
    """What the claim claims: its first noun phrase."""
    return next((phrase for phrase in item.phrases if phrase.stems), None)


def _is_named_in(named: Phrase, parent: ReadClaim, claims: ClaimSet) -> bool:
    nouns = {named.stems[end - 1] for end in named.ends}
    places = [parent.place]
    rest = parent.ancestors
    while rest:
        lowest = rest & -rest
        places.append(lowest.bit_length() - 1)
        rest ^= lowest
    return any(nouns & set(phrase.stems) for place in places for phrase in claims.claims[place].phrases)
