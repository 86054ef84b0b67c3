"""What a chat answer cites, as the annotations of the texts of a Responses answer.

OpenAI and who follows it send `annotations`, each with its place in the text. Perplexity sends its sources once for the
whole answer and refers to them by number, `[1]`: where such a number stands, its source is cited. A source that no text
refers to has no place, and none is made up for it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_CITATIONS = 1_000
"""Of one answer."""
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
"""There `[1]` is an index and no source."""
Annotation = dict[str, Any]


class _Citation(NamedTuple):
    """A source, and the characters of the answer with which it is cited."""

    start: int
    end: int
    url: str
    title: str


class Citations:
    """Those of one answer, collected as they come and told with the text in which they stand."""

    def __init__(self) -> None:
        self._found: dict[_Citation, None] = {}
        self._sources: Mapping[str, Any] = {}
        """The answer or chunk that names them."""
        self._before = 0
        """Characters of the texts that have been told."""

    def note_sources(self, answer: Mapping[str, Any]) -> None:
        """What an answer or chunk says of the sources of all of it."""
        if answer.get("citations") or answer.get("search_results"):
            self._sources = answer

    def add(self, message: Mapping[str, Any]) -> None:
        """What a message or delta cites."""
        annotations = message.get("annotations")
        for each in annotations if isinstance(annotations, list) else ():
            cited = each.get("url_citation") if isinstance(each, Mapping) else None
            if isinstance(cited, Mapping) and (citation := _citation(cited)) is not None:
                if len(self._found) >= MAX_CITATIONS:
                    return
                self._found[citation] = None  # some vendors repeat them with every chunk

    def of(self, text: str) -> Iterator[Annotation]:
        """The annotations of the next text of the answer, which is whole now."""
        begin, self._before = self._before, self._before + len(text)
        if not self._found:
            yield from _numbered_in(text, _sources_in(self._sources))
        for each in self._found:
            if begin <= each.start <= begin + len(text):
                yield _annotation(each._replace(start=each.start - begin, end=each.end - begin))
        self._found = {each: None for each in self._found if each.start > begin + len(text)}


def _citation(given: Mapping[str, Any]) -> _Citation | None:
    """One that says what it cites and where."""
    start, end, url = given.get("start_index"), given.get("end_index"), given.get("url")
    if type(start) is not int or type(end) is not int or not 0 <= start <= end:
        return None
    return _Citation(start, end, url, _title_in(given)) if isinstance(url, str) and url else None


def _sources_in(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The address and the title of each source, in the order of their numbers."""
    results = [each for each in _items(answer.get("search_results")) if isinstance(each, Mapping)]
    titles = {url: _title_in(each) for each in results if isinstance(url := each.get("url"), str)}
    given = _items(answer.get("citations")) or [each.get("url") for each in results]
    urls = [url if isinstance(url, str) else "" for url in given[:MAX_CITATIONS]]
    return [(url, titles.get(url, "")) for url in urls]


def _numbered_in(text: str, sources: list[tuple[str, str]]) -> Iterator[Annotation]:
    if not sources:
        return
    words = _CODE.sub(lambda code: " " * len(code[0]), text)
    for count, number in enumerate(_NUMBER.finditer(words)):
        place = int(number[1]) - 1
        if count >= MAX_CITATIONS:
            return
        if 0 <= place < len(sources) and sources[place][0]:
            yield _annotation(_Citation(number.start(), number.end(), *sources[place]))


def _annotation(cited: _Citation) -> Annotation:
    return {
        "type": "url_citation",
        "start_index": cited.start,
        "end_index": cited.end,
        "url": cited.url,
        "title": cited.title,
    }


def _title_in(source: Mapping[str, Any]) -> str:
    title = source.get("title")
    return title if isinstance(title, str) else ""


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
