"""The USPTO's Open Data Portal: patent applications, by title alone. https://data.uspto.gov

Its answers have no abstract and no claims, so titles are all that is searched and quoted.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.prior_art.asked import Scope
from adapters.prior_art.features import PATENT_DATABASES
from adapters.prior_art.numbers import one_number, shown_number
from adapters.prior_art.queries import Query
from adapters.prior_art.references import MAX_CLASSES, Reference, plain
from adapters.prior_art.sources.fields import inner, items
from adapters.prior_art.sources.port import Page, SearchFailed, SearchRequest, SourceConfig

META = "applicationMetaData"
FIELDS = ["applicationNumberText"] + [
    f"{META}.{name}"
    for name in (
        "inventionTitle",
        "patentNumber",
        "grantDate",
        "filingDate",
        "earliestPublicationNumber",
        "earliestPublicationDate",
        "firstApplicantName",
        "firstInventorName",
        "cpcClassificationBag",
    )
]
TITLE_GROUPS = 2
"""A title is short: more groups than these would leave nothing."""


class Uspto:
    """Applications by their titles, page by page with an offset, one request at a time."""

    name = "uspto"
    title = "USPTO Open Data Portal"
    feature = PATENT_DATABASES
    is_ranked = False
    has_classes = True
    at_once = 1
    no_match_status: int | None = 404
    least_wait_s = 5.0

    def request(self, config: SourceConfig, query: Query, scope: Scope, cursor: str) -> SearchRequest:
        offset = int(cursor or 0)
        body = {
            "q": " AND ".join(
                filter(
                    None,
                    (
                        f"{META}.inventionTitle:({query.written(query.groups[:TITLE_GROUPS])})",
                        _classes(scope),
                        _published(scope),
                    ),
                )
            ),
            "fields": FIELDS,
            "pagination": {"offset": offset, "limit": config.page_size},
        }
        return SearchRequest(
            method="POST",
            path="/api/v1/patent/applications/search",
            headers={"x-api-key": config.api_key, "content-type": "application/json"},
            body=msgspec.json.encode(body),
        )

    def read(self, config: SourceConfig, cursor: str, answer: Mapping[str, Any]) -> Page:
        if not answer:
            return Page(references=[])
        if not isinstance(answer.get("patentFileWrapperDataBag"), list):
            raise SearchFailed("The USPTO Open Data Portal's answer has no list of applications.")
        records = items(answer, "patentFileWrapperDataBag")
        references = [found for record in records if (found := _reference(record))]
        count, end = answer.get("count"), int(cursor or 0) + len(records)
        has_more = bool(records) and isinstance(count, int) and end < count
        return Page(
            references=references,
            unreadable=len(records) - len(references),
            cursor=str(end) if has_more else "",
        )


def _classes(scope: Scope) -> str:
    """Each symbol with all below it."""
    if not scope.classes:
        return ""
    symbols = " OR ".join(symbol.replace("/", "\\/") + "*" for symbol in scope.classes)
    return f"{META}.cpcClassificationBag:({symbols})"


def _published(scope: Scope) -> str:
    """Published as an application or as a patent: not every patent's application was published before."""
    if not scope.date_from and not scope.date_to:
        return ""
    span = f"[{scope.date_from or '*'} TO {scope.date_to or '*'}]"
    return f"({META}.earliestPublicationDate:{span} OR {META}.grantDate:{span})"


def _reference(record: object) -> Reference | None:
    meta = inner(record, META)
    application = plain(record.get("applicationNumberText")) if isinstance(record, Mapping) else ""
    title = plain(meta.get("inventionTitle"))
    if not application or not title:
        return None
    published, granted = meta.get("earliestPublicationNumber"), meta.get("patentNumber")
    shown = shown_number(published) or shown_number(granted)
    dates = (meta.get(name) for name in ("earliestPublicationDate", "grantDate", "filingDate"))
    symbols = (
        "".join(plain(symbol, 40).split()) for symbol in items(meta, "cpcClassificationBag", MAX_CLASSES)
    )
    return Reference(
        source=Uspto.name,
        source_id=application,
        title=title,
        numbers=tuple(filter(None, (one_number(published), one_number(granted)))),
        shown_number=shown,
        date=next(filter(None, (plain(day, 10) for day in dates)), ""),
        url=f"https://patents.google.com/patent/{shown}/en" if shown else "",
        first_author=plain(meta.get("firstInventorName")),
        classes=tuple(filter(None, symbols)),
    )
