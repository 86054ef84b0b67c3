"""Reads one field of a vendor's report: leniently in its form, since vendors write numbers as text and the other way
round, and strictly in its meaning, since what is skipped would be missing from the bill.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from gateway_project.vendor_reports.errors import BadReport
from metering.types import MAX_AMOUNT

NANO = Decimal(1_000_000_000)
Fields = Mapping[str, Any]
_decoder = msgspec.json.Decoder(float_hook=Decimal)
"""A float of JSON keeps the digits that the vendor wrote."""


def decode(text: bytes | str) -> Any:
    """Raises BadReport for what is no JSON."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError):
        raise BadReport("The report is no JSON.") from None


def mapping(value: object, what: str) -> Fields:
    if not isinstance(value, dict):
        raise BadReport(f"The report's {what} is no object.")
    return value


def items(value: object, what: str) -> Sequence[Any]:
    """A list; None is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadReport(f"The report's {what} is no list.")
    return value


def text(row: Fields, name: str) -> str:
    """Empty where the field is missing or null."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadReport(f"The report's {name} is no text.")
    return value.strip()


def number(row: Fields, name: str) -> Decimal | None:
    """A number or one in a text; None where the field is missing, null or an empty text."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise BadReport(f"The report's {name} is no number.")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise BadReport(f"The report's {name} is no number.") from None
    if not found.is_finite() or abs(found) > MAX_AMOUNT:
        raise BadReport(f"The report's {name} is no number that can be reckoned with.")
    return found


def count(row: Fields, name: str) -> int:
    """Whole and not below zero; 0 where the field is missing."""
    found = number(row, name)
    if found is None:
        return 0
    if found < 0 or found != found.to_integral_value():
        raise BadReport(f"The report's {name} is no count.")
    return int(found)


def nano_usd(usd: Decimal) -> int:
    """Read dollars as nano-USD, rounded to the nearest."""
    found = usd * NANO
    if abs(found) > MAX_AMOUNT:
        raise BadReport("The report has a cost that cannot be reckoned with.")
    return int(found.to_integral_value())


def half_of_last_digit(usd: Decimal) -> int:
    """By how much an amount may be rounded that was written with so many digits, in nano-USD."""
    exponent = usd.as_tuple().exponent
    return int(NANO.scaleb(exponent) / 2) if isinstance(exponent, int) and exponent < 0 else int(NANO / 2)


def currency_is_usd(code: str) -> None:
    """Raise BadReport for a currency that is not US dollars."""
    if code and code.upper() != "USD":
        raise BadReport(f"The report is in {code[:8]}, and not in US dollars.")


def day_of_seconds(row: Fields, name: str) -> date:
    """The day in UTC of a Unix time."""
    found = number(row, name)
    try:
        if found is None:
            raise ValueError
        return datetime.fromtimestamp(int(found), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise BadReport(f"The report's {name} is no moment.") from None


def day_of_text(row: Fields, name: str) -> date:
    """The day in UTC of a date or a moment (RFC 3339, or with a blank between date and time)."""
    value = text(row, name).removesuffix(" UTC")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadReport(f"The report's {name} is no moment.") from None
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
