"""A claim as the checks see it: its tokens, phrases, references and what it depends on."""

from dataclasses import dataclass, field

from adapters.drafting.claims.phrases import Phrase, phrases_of
from adapters.drafting.claims.references import Reference, references_of
from adapters.drafting.claims.split import Claim
from adapters.drafting.claims.words import Token, tokens_of


@dataclass(slots=True)
class ReadClaim:
    """One claim, read."""

    place: int
    """Its index in the set."""
    claim: Claim
    tokens: list[Token]
    phrases: list[Phrase]
    references: list[Reference]
    parents: tuple[int, ...] = ()
    """Indices of the claims that its preamble names and that stand before it."""
    mentioned: int = 0
    """A bit for the index of every earlier claim that it names anywhere."""
    ancestors: int = 0
    """A bit for the index of every claim whose words it takes over."""
    preamble: Reference | None = field(default=None)

    @property
    def number(self) -> int:
        return self.claim.number

    @property
    def text(self) -> str:
        return self.claim.text


@dataclass(slots=True)
class ClaimSet:
    """All claims of an application, read, with the index of each number."""

    claims: list[ReadClaim]
    index: dict[int, int]


def read_claims(claims: list[Claim]) -> ClaimSet:
    """Read each claim and join it to those that it names; a number that comes twice means the first."""
    read = []
    index: dict[int, int] = {}
    for place, claim in enumerate(claims):
        tokens = tokens_of(claim.text)
        references = references_of(tokens, claim.number)
        read.append(ReadClaim(place, claim, tokens, phrases_of(tokens), references))
        index.setdefault(claim.number, place)
    for item in read:
        _join(item, read, index)
    return ClaimSet(read, index)


def _join(item: ReadClaim, read: list[ReadClaim], index: dict[int, int]) -> None:
    for reference in item.references:
        places = [index[number] for number in reference.numbers if number in index]
        earlier = [place for place in places if place < item.place and not read[place].claim.canceled]
        if reference.in_preamble:
            item.preamble = reference
            item.parents = tuple(earlier)
        for place in earlier:
            item.mentioned |= 1 << place
            item.ancestors |= read[place].ancestors | 1 << place
