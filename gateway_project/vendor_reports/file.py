"""Reads a report that was saved: a vendor's JSON, as one page, a list of pages or a page on each line, or CSV."""

from collections.abc import Iterator
from typing import Any

from gateway_project.vendor_reports.csv_invoice import is_csv, read_csv
from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.fields import decode
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine

MOST_CHARACTERS = 512 * 1024 * 1024


def is_invoice(content: str) -> bool:
    """Whether it is CSV, and no vendor's JSON."""
    return is_csv(content.removeprefix("\ufeff").partition("\n")[0].lower())


def read_report(content: str, source: Source | None) -> Iterator[ReportLine]:
    """`source` is the vendor's; without one only CSV can be read. Raises BadReport."""
    if len(content) > MOST_CHARACTERS:
        raise BadReport(f"The file has more than {MOST_CHARACTERS:,} characters; give a shorter time.")
    is_of_csv = is_invoice(content)
    content = content.removeprefix("\ufeff")
    lines = content.splitlines()
    if is_of_csv:
        yield from read_csv([lines[0].lower(), *lines[1:]])
        return
    if source is None:
        raise BadReport("No format of this provider's vendor is known; give its invoice as CSV.")
    for document in _documents(content, lines):
        yield from source.read(document)


def _documents(content: str, lines: list[str]) -> Iterator[Any]:
    if not content.strip():
        return
    try:
        whole = decode(content)
    except BadReport:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield decode(line)
                except BadReport:
                    raise BadReport(f"Line {number} is no JSON, and no header of CSV.") from None
        return
    yield from whole if isinstance(whole, list) else [whole]
