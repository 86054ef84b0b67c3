"""One document for all the hits that tell of it: by its numbers, or by title, year and author where it has none."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from unicodedata import normalize

from msgspec import Struct

from adapters.prior_art.references import Hit, Reference

SAFE_TITLE_WORDS = 4
"""Shorter titles, such as `Heat sink`, are borne by many documents."""


class Document(Struct, kw_only=True):
    """A document with every place at which it was found."""

    reference: Reference
    """The one with the most text, by which it is shown and quoted."""
    others: list[Reference]
    """What other sources, or other records of the same one, tell of it."""
    places: list[tuple[str, int, int]]
    """Source, query and rank."""


def merge(hits: Sequence[Hit]) -> list[Document]:
    """The documents in the order of their first hits."""
    groups = _by_likeness(_by_identity(hits))
    return [_document(group) for group in groups]


def _by_identity(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits that share a DOI, a publication number, or a source's own number belong together."""
    roots = list(range(len(hits)))

    def root(place: int) -> int:
        while roots[place] != place:
            roots[place] = roots[roots[place]]
            place = roots[place]
        return place

    first_with: dict[tuple[str, ...], int] = {}
    for place, hit in enumerate(hits):
        for key in _identities(hit.reference):
            one, other = sorted((root(place), root(first_with.setdefault(key, place))))
            roots[other] = one
    groups: dict[int, list[Hit]] = {}
    for place, hit in enumerate(hits):
        groups.setdefault(root(place), []).append(hit)
    return list(groups.values())


def _identities(reference: Reference) -> Iterable[tuple[str, ...]]:
    yield "record", reference.source, reference.source_id
    if reference.doi:
        yield "doi", reference.doi
    for number in reference.numbers:
        yield "number", number


def _by_likeness(groups: list[list[Hit]]) -> list[list[Hit]]:
    """Join groups of the same title, year and first author, unless their numbers say that they are two documents."""
    joined: list[list[Hit]] = []
    alike: dict[tuple[str, ...], list[list[Hit]]] = defaultdict(list)
    for group in groups:
        likeness = _likeness(group[0].reference)
        partner = next((other for other in alike[likeness] if _may_be_one(group, other)), None)
        if likeness and partner is not None:
            partner += group
            continue
        joined.append(group)
        alike[likeness].append(group)
    return joined


def _likeness(reference: Reference) -> tuple[str, ...]:
    """Empty where it is not safe to go by title, year and author."""
    title, author = _words(reference.title), _family_name(reference.first_author)
    year = reference.date[:4]
    if len(title) < SAFE_TITLE_WORDS or not author or len(year) < 4:
        return ()
    return ("patent" if reference.is_patent else "work", " ".join(title), year, author)


def _may_be_one(group: list[Hit], other: list[Hit]) -> bool:
    """Not if both bear a DOI, or both a publication number: it would be the same one."""
    both_have_dois = all(any(hit.reference.doi for hit in hits) for hits in (group, other))
    both_have_numbers = all(any(hit.reference.numbers for hit in hits) for hits in (group, other))
    return not both_have_dois and not both_have_numbers


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", normalize("NFKD", text).casefold().translate(_NO_MARKS))


_NO_MARKS = dict.fromkeys(range(768, 880))
"""Accents, once letters are taken apart."""


def _family_name(name: str) -> str:
    """`Chevalier` of `Pascal Chevalier` and of `CHEVALIER, Pascal`."""
    family, comma, _ = name.partition(",")
    words = _words(family if comma else name)
    return words[-1] if words else ""


def _document(group: list[Hit]) -> Document:
    references = list(dict.fromkeys(hit.reference for hit in group))
    best = max(references, key=lambda reference: len(reference.abstract))  # the first of equals
    return Document(
        reference=best,
        others=[reference for reference in references if reference is not best],
        places=[(hit.reference.source, hit.query, hit.rank) for hit in group],
    )
