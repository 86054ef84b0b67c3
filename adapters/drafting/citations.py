"""Documents that a model cites although nobody named them: patents by their numbers, papers by their DOIs.

A draft may name prior art only where it was given. What a model knows from elsewhere may be wrong, and may not exist.
"""

import re

from adapters.drafting.draft import Draft
from adapters.drafting.sections import Code

_PATENT = re.compile(
    r"\b(?:US|U\.S\.|EP|WO|DE|FR|GB|JP|CN|KR)\s{0,2}"
    r"(?:(?:Patents?|Pat\.|Applications?|Appl\.|Publications?|Pub\.|Nos?\.?|Number)\s{0,2}){0,4}"
    r"(?P<number>\d(?:[,./\u00a0 -]?\d){6,14})"
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>()\[\]]{1,200}")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[,./\u00a0 -](?=\d)")


def invented_citations(draft: Draft, code: Code) -> list[str]:
    """The citations in a section, each as it stands there and once, that are in none of the texts that were given."""
    text = draft.texts.get(code, "")
    found = [(match[0], match["number"]) for match in _PATENT.finditer(text)]
    found += [(match[0].rstrip(".,;:"), match[0].rstrip(".,;:")) for match in _DOI.finditer(text)]
    if not found:
        return []
    given = "\n".join([draft.disclosure, *draft.prior_art, *draft.drawings])
    if draft.claims_are_given:
        given += "\n".join(claim.text for claim in draft.claims)
    known = _plain(given)
    return list(dict.fromkeys(shown for shown, number in found if _plain(number) not in known))


def _plain(text: str) -> str:
    """Numbers without what people write between their digits."""
    return _BETWEEN_DIGITS.sub("", text).casefold()
