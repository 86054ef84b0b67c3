"""Documents that a model cites although nobody named them: patents by their numbers, papers by DOI, arXiv number,
address or authors. What a model knows from elsewhere may be wrong, and may not exist.
"""

import re
from collections.abc import Iterable

_PATENT = re.compile(
    r"\b(?:US|U\.S\.|EP|WO|DE|FR|GB|JP|CN|KR)\s{0,2}"
    r"(?:(?:Patents?|Pat\.|Applications?|Appl\.|Publications?|Pub\.|Nos?\.?|Number)\s{0,2}){0,4}"
    r"(?P<known_by>\d(?:[,./\u00a0 -]?\d){6,14})"
)
_DOI = re.compile(r"\b(?P<known_by>10\.\d{4,9}/[^\s\"'<>()\[\]]{1,200}(?<![.,;:]))")
_ARXIV = re.compile(r"\barXiv:\s?(?P<known_by>\d{4}\.\d{4,5})", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhttps?://(?P<known_by>[^\s\"'<>()\[\]]{1,200}(?<![.,;:]))")
_AUTHORS = re.compile(r"\b(?P<known_by>[^\W\d_][\w'-]{1,40}) et al\b\.?(?:,? \(?(?:19|20)\d\d\)?)?")
_KINDS = (_PATENT, _DOI, _ARXIV, _ADDRESS, _AUTHORS)
LEFT_OUT = "[a citation that no source gave]"
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[,./\u00a0 -](?=\d)")


def unknown_citations(text: str, given: Iterable[str]) -> list[str]:
    """The citations in a text, each as it stands there and once, that are in none of the texts that were given."""
    found = [(match[0], match["known_by"]) for kind in _KINDS for match in kind.finditer(text)]
    if not found:
        return []
    known = _plain("\n".join(given))
    return list(dict.fromkeys(shown for shown, known_by in found if _plain(known_by) not in known))


def without(citations: Iterable[str], text: str) -> str:
    """The text with a mark for each of these citations."""
    for citation in citations:
        text = text.replace(citation, LEFT_OUT)
    return text


def _plain(text: str) -> str:
    """Numbers without what people write between their digits."""
    return _BETWEEN_DIGITS.sub("", text).casefold()
