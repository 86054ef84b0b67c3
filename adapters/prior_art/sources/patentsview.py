"""A server that speaks the PatentSearch protocol of PatentsView: granted US patents, with abstracts."""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.prior_art.asked import Scope
from adapters.prior_art.features import PATENT_DATABASES
from adapters.prior_art.numbers import one_number, shown_number
from adapters.prior_art.queries import Query
from adapters.prior_art.references import MAX_ABSTRACT_CHARACTERS, MAX_CLASSES, Reference, plain
from adapters.prior_art.sources.fields import items, objects
from adapters.prior_art.sources.port import Page, SearchFailed, SearchRequest, SourceConfig

FIELDS = [
    "patent_id",
    "patent_title",
    "patent_date",
    "patent_abstract",
    "inventors.inventor_name_first",
    "inventors.inventor_name_last",
    "cpc_current.cpc_group_id",
]
SEARCHED = ("patent_title", "patent_abstract")


class PatentsView:
    """Patents by their titles and abstracts, page by page after the last number of the page before."""

    name = "patentsview"
    title = "PatentsView"
    feature = PATENT_DATABASES
    is_ranked = False
    has_classes = True
    at_once = 2
    no_match_status: int | None = None
    least_wait_s = 1.0

    def request(self, config: SourceConfig, query: Query, scope: Scope, cursor: str) -> SearchRequest:
        options: dict[str, object] = {"size": config.page_size}
        if cursor:
            options["after"] = cursor
        return SearchRequest(
            method="GET",
            path="/api/v1/patent/",
            params={
                "q": _json({"_and": [*map(_any_of, query.groups), *_within(scope)]}),
                "f": _json(FIELDS),
                "s": _json([{"patent_id": "asc"}]),
                "o": _json(options),
            },
            headers={"x-api-key": config.api_key},
        )

    def read(self, config: SourceConfig, cursor: str, answer: Mapping[str, Any]) -> Page:
        if answer.get("error") or "patents" not in answer:
            raise SearchFailed("PatentsView's answer is an error.")
        records = items(answer, "patents")
        references = [found for record in records if (found := _reference(record))]
        has_more = len(records) >= config.page_size and bool(references)
        return Page(
            references=references,
            unreadable=len(records) - len(references),
            cursor=references[-1].source_id if has_more else "",
        )


def _any_of(group: tuple[str, ...]) -> dict[str, Any]:
    return {"_or": [{"_text_phrase": {field: term}} for term in group for field in SEARCHED]}


def _within(scope: Scope) -> list[dict[str, Any]]:
    bounds: list[dict[str, Any]] = []
    if scope.date_from:
        bounds.append({"_gte": {"patent_date": scope.date_from}})
    if scope.date_to:
        bounds.append({"_lte": {"patent_date": scope.date_to}})
    if scope.classes:
        bounds.append(
            {"_or": [{"_begins": {"cpc_current.cpc_group_id": symbol}} for symbol in scope.classes]}
        )
    return bounds


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _reference(record: object) -> Reference | None:
    if not isinstance(record, Mapping):
        return None
    patent_id, title = plain(record.get("patent_id")), plain(record.get("patent_title"))
    if not patent_id or not title:
        return None
    first = next(objects(record, "inventors", 1), {})
    symbols = (plain(entry.get("cpc_group_id"), 40) for entry in objects(record, "cpc_current", MAX_CLASSES))
    shown = shown_number(patent_id)
    return Reference(
        source=PatentsView.name,
        source_id=patent_id,
        title=title,
        abstract=plain(record.get("patent_abstract"), MAX_ABSTRACT_CHARACTERS),
        numbers=tuple(filter(None, (one_number(patent_id),))),
        shown_number=shown,
        date=plain(record.get("patent_date"), 10),
        url=f"https://patents.google.com/patent/{shown}/en" if shown else "",
        first_author=plain(
            f"{plain(first.get('inventor_name_first'))} {plain(first.get('inventor_name_last'))}"
        ),
        classes=tuple(dict.fromkeys(filter(None, symbols))),
    )
