"""DOIs and publication numbers in one form each, so that one document is known again whoever tells of it."""

import re
from unicodedata import normalize

_DOI = re.compile(r"10\.\d{4,9}/\S+", re.ASCII)
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*")
_NUMBER = re.compile(
    r"(?P<country>US|(?!RE|PP|AI)[A-Z]{2})?(?P<series>RE|PP|AI|[DHTX])?(?P<digits>\d{1,5}/\d{1,8}|\d{1,14})(?P<kind>[A-Z]\d?)?",
    re.ASCII,
)
_SEPARATORS = str.maketrans("", "", " \t\n,.-_")


def one_doi(value: object) -> str:
    """A DOI in lower case without its address: `10.1000/xyz`; empty: it is none."""
    if not isinstance(value, str):
        return ""
    text = _DOI_PREFIX.sub("", value.strip().casefold(), count=1).rstrip(".,;")
    return text if _DOI.fullmatch(text) else ""


def one_number(value: object) -> str:
    """A publication number without kind code, separators and leading zeros: `US-2020/0123456-A1` is US20200123456.

    One without a country is of the US. Empty: it is no publication number.
    """
    found = _match(value)
    if found is None:
        return ""
    country = found["country"] or "US"
    digits = found["digits"]
    if not found["series"]:
        yearly = _year_and_serial(country, digits)
        if yearly is not None:
            return f"{country}{yearly}"
    if "/" in digits or not int(digits):
        return ""
    return f"{country}{found['series'] or ''}{int(digits)}"


def shown_number(value: object) -> str:
    """The number as people write it: with its kind code, without separators."""
    number, found = one_number(value), _match(value)
    return number + (found["kind"] or "") if number and found else ""


def _match(value: object) -> re.Match[str] | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    return _NUMBER.fullmatch(normalize("NFKC", value).upper().translate(_SEPARATORS))


def _year_and_serial(country: str, digits: str) -> str | None:
    """The digits of a number that begins with a year: the US's and WIPO's applications as they are published."""
    width = {"US": 7, "WO": 6}.get(country)
    year, slash, serial = digits.partition("/")
    if width is None:
        return None
    if not slash:
        if len(digits) < 4 + width - 1:  # a granted patent's number, or WIPO's of before 2004
            return None
        year, serial = digits[:4], digits[4:]
    if country == "WO" and len(year) == 2:
        year = ("19" if int(year) >= 78 else "20") + year
    if len(year) != 4 or year[:2] not in ("19", "20") or len(serial) > width or not int(serial):
        return None
    return f"{year}{int(serial):0{width}d}"
