"""International bank account numbers: as long as their country's are, and right by their two check digits."""

from metering.content.detectors.detector import BLANKS, DASHES, DIGITS, LETTERS, Detector, Span, at, compiled

_BY_LENGTH = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL SD FK",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK MN",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL OM SO",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
LENGTHS = {country: length for length, countries in _BY_LENGTH.items() for country in countries.split()}
"""How many characters a country's have."""


def is_iban(text: str) -> bool:
    """Whether a text without spaces is one."""
    if LENGTHS.get(text[:2]) != len(text):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def _check(text: bytes, start: int, end: int) -> Span | None:
    """The candidate may go on with what follows it: the country says how long it is."""
    wanted = LENGTHS.get(text[start : start + 2].decode("ascii").upper())
    if wanted is None:
        return None
    found = bytearray()
    place = start
    while place < end and len(found) < wanted:
        if text[place] in DIGITS or text[place] in LETTERS:
            found.append(text[place])
        place += 1
    after = at(text, place)
    if after in DIGITS or after in LETTERS or after == ord("_"):
        return None
    return Span(start, place) if is_iban(found.decode("ascii").upper()) else None


IBAN = Detector(
    kind="iban",
    name="a bank account number",
    pattern=compiled(
        rb"(?i)\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?:[" + BLANKS + DASHES + rb"][A-Z0-9]{4}){2,7}"
        rb"(?:[" + BLANKS + DASHES + rb"][A-Z0-9]{1,4})?)\b"
    ),
    check=_check,
)
