"""What there is to know of one vendor's reports."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from gateway_project.vendor_reports.exchange import Reports, Vendor
from metering.reconciliation.vendor_report import ReportLine


class Source(Struct, frozen=True, kw_only=True):
    """`read` makes lines of one document, `documents` asks for all that a period has."""

    title: str
    vendor: Callable[[], Vendor]
    """From the environment. Raises BadReport where a variable is missing."""
    documents: Callable[[Reports, date, date], Iterator[Any]]
    read: Callable[[Any], Iterator[ReportLine]]
