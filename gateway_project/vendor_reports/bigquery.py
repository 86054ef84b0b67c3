"""Rows of a query of BigQuery (REST API v2, jobs.query and jobs.getQueryResults), a page at a time."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.exchange import Reports
from gateway_project.vendor_reports.fields import Fields, items, mapping, text
from gateway_project.vendor_reports.paging import pages

PAGE_ROWS = 10_000
WAIT_MS = 20_000
MOST_WAITS = 15
"""So often a query that goes on is asked for again."""


def query_rows(reports: Reports, *, project: str, query: str) -> Iterator[Fields]:
    """Each row by its columns' names; values are text, as BigQuery writes them. Raises BadReport."""
    path = f"/bigquery/v2/projects/{quote(project, safe=':')}/queries"
    body = {"query": query, "useLegacySql": False, "maxResults": PAGE_ROWS, "timeoutMs": WAIT_MS}
    first = mapping(reports.ask(path, body=body), "answer")
    job = mapping(first.get("jobReference") or {}, "jobReference")
    address = f"{path}/{quote(text(job, 'jobId'), safe='')}"
    asked = [("maxResults", str(PAGE_ROWS)), ("timeoutMs", str(WAIT_MS)), ("location", text(job, "location"))]
    waits = 0
    while first.get("jobComplete") is not True:
        if (waits := waits + 1) > MOST_WAITS:
            raise BadReport("BigQuery does not come to an end with the query; ask for a shorter time.")
        first = mapping(reports.ask(address, query=asked), "answer")
    found = [first]

    def ask(cursor: str) -> Any:
        return found.pop() if not cursor else reports.ask(address, query=[*asked, ("pageToken", cursor)])

    for page in pages(ask, lambda page: text(mapping(page, "page"), "pageToken")):
        yield from _rows(page)


def _rows(page: Fields) -> Iterator[Fields]:
    schema = mapping(page.get("schema") or {}, "schema")
    names = [text(mapping(field, "field"), "name") for field in items(schema.get("fields"), "fields")]
    for row in items(page.get("rows"), "rows"):
        cells = items(mapping(row, "row").get("f"), "f")
        if len(cells) != len(names):
            raise BadReport("A row of BigQuery has another number of columns than its schema.")
        yield {name: mapping(cell, "cell").get("v") for name, cell in zip(names, cells, strict=True)}
