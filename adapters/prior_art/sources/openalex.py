"""OpenAlex: scholarly works, with abstracts. https://developers.openalex.org"""

from collections.abc import Mapping
from typing import Any

from adapters.prior_art.asked import Scope
from adapters.prior_art.features import ACADEMIC_SEARCH
from adapters.prior_art.numbers import one_doi
from adapters.prior_art.queries import Query
from adapters.prior_art.references import MAX_ABSTRACT_CHARACTERS, Reference, plain, web_address
from adapters.prior_art.sources.fields import inner, items, objects
from adapters.prior_art.sources.port import Page, SearchFailed, SearchRequest, SourceConfig

FIELDS = (
    "id,doi,title,display_name,publication_year,publication_date,primary_location,authorships,"
    "abstract_inverted_index"
)
MAX_WORDS = 5_000
MAX_SEARCH_CHARACTERS = 1_500
"""The whole address may have about 4 KB once every sign of it is escaped."""


class OpenAlex:
    """Works by search, page by page with a cursor."""

    name = "openalex"
    title = "OpenAlex"
    feature = ACADEMIC_SEARCH
    is_ranked = True
    has_classes = False
    at_once = 4
    no_match_status: int | None = None
    least_wait_s = 1.0

    def request(self, config: SourceConfig, query: Query, scope: Scope, cursor: str) -> SearchRequest:
        dates = {"from_publication_date": scope.date_from, "to_publication_date": scope.date_to}
        params = {
            "search": _short(query),
            "filter": ",".join(f"{name}:{day}" for name, day in dates.items() if day),
            "select": FIELDS,
            "per_page": str(min(config.page_size, 100)),
            "cursor": cursor or "*",
            "api_key": config.api_key,
        }
        return SearchRequest(
            method="GET", path="/works", params={name: value for name, value in params.items() if value}
        )

    def read(self, config: SourceConfig, cursor: str, answer: Mapping[str, Any]) -> Page:
        if not isinstance(answer.get("results"), list):
            raise SearchFailed("OpenAlex's answer has no results.")
        records = items(answer, "results")
        references = [found for record in records if (found := _reference(record))]
        following = inner(answer, "meta").get("next_cursor")
        return Page(
            references=references,
            unreadable=len(records) - len(references),
            cursor=following if isinstance(following, str) and records else "",
        )


def _short(query: Query) -> str:
    """The query, without its last groups where it is too long for an address."""
    groups = query.groups
    while len(groups) > 1 and len(query.written(groups)) > MAX_SEARCH_CHARACTERS:
        groups = groups[:-1]
    return query.written(groups)


def _reference(record: object) -> Reference | None:
    if not isinstance(record, Mapping):
        return None
    source_id = plain(record.get("id")).rpartition("/")[2]
    title = plain(record.get("title")) or plain(record.get("display_name"))
    if not source_id or not title:
        return None
    doi = one_doi(record.get("doi"))
    year = record.get("publication_year")
    first = next(objects(record, "authorships", 1), {})
    return Reference(
        source=OpenAlex.name,
        source_id=source_id,
        title=title,
        abstract=abstract_of(record.get("abstract_inverted_index")),
        doi=doi,
        date=plain(record.get("publication_date"), 10) or (str(year) if isinstance(year, int) else ""),
        url=f"https://doi.org/{doi}"
        if doi
        else web_address(inner(record, "primary_location").get("landing_page_url"))
        or web_address(record.get("id")),
        first_author=plain(inner(first, "author").get("display_name")),
    )


def abstract_of(index: object) -> str:
    """The text from its inverted index, `{"word": [positions]}`; what is no word at a position is left out."""
    if not isinstance(index, Mapping):
        return ""
    placed = [
        (position, word)
        for word, positions in index.items()
        if isinstance(positions, list)
        for position in positions[:MAX_WORDS]
        if isinstance(position, int)
    ]
    return plain(" ".join(word for _, word in sorted(placed)[:MAX_WORDS]), MAX_ABSTRACT_CHARACTERS)
