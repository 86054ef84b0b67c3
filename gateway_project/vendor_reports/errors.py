"""What goes wrong with a vendor's report."""

from metering.errors import InvalidRequest


class BadReport(InvalidRequest):
    """The report is not what its vendor documents, or could not be had. Never holds a key or an address."""
