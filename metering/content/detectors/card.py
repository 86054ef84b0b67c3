"""Numbers of payment cards: as long and beginning as an issuer's are, in one or in its groups, and right by Luhn."""

from metering.content.detectors.detector import BLANKS, DASHES, DIGITS, Detector, Span, at, compiled

ISSUERS: tuple[tuple[range, frozenset[int]], ...] = (
    (range(4000, 5000), frozenset({13, 16, 19})),  # Visa
    (range(5100, 5600), frozenset({16})),  # Mastercard
    (range(2221, 2721), frozenset({16})),  # Mastercard
    (range(3400, 3500), frozenset({15})),  # American Express
    (range(3700, 3800), frozenset({15})),  # American Express
    (range(6011, 6012), frozenset({16, 19})),  # Discover
    (range(6440, 6600), frozenset({16, 19})),  # Discover
    (range(3528, 3590), frozenset({16, 17, 18, 19})),  # JCB
    (range(3000, 3060), frozenset({14})),  # Diners Club
    (range(3600, 3700), frozenset({14, 16})),  # Diners Club
    (range(3800, 4000), frozenset({14, 16})),  # Diners Club
    (range(6200, 6300), frozenset({16, 17, 18, 19})),  # UnionPay
    (range(5018, 5019), frozenset({16})),  # Maestro
    (range(5020, 5021), frozenset({16})),  # Maestro
    (range(5038, 5039), frozenset({16})),  # Maestro
    (range(6304, 6305), frozenset({16})),  # Maestro
    (range(6759, 6764), frozenset({16})),  # Maestro
)
"""The first four digits, and how many there are."""


def is_card(digits: bytes) -> bool:
    """Whether some issuer may have given this number."""
    first = int(digits[:4])
    return any(first in firsts and len(digits) in lengths for firsts, lengths in ISSUERS) and luhn(digits)


def luhn(digits: bytes) -> bool:
    """Whether the last digit checks the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = digit - 48
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _check(text: bytes, start: int, end: int) -> Span | None:
    if _goes_on(text, start, end):
        return None
    digits = bytes(byte for byte in text[start:end] if byte in DIGITS)
    return Span(start, end) if len(set(digits)) > 1 and is_card(digits) else None


def _goes_on(text: bytes, start: int, end: int) -> bool:
    """Whether it is only a part of a longer number, or of a number with a point."""
    before, after = at(text, start - 1), at(text, end)
    if before in b".,-" and at(text, start - 2) in DIGITS:
        return True
    return after in b".,-" and at(text, end + 1) in DIGITS


CARD = Detector(
    kind="card",
    name="a card number",
    pattern=compiled(
        rb"\b[2-6](?:\d{12,18}"
        rb"|\d{3}(?:[" + BLANKS + rb"]\d{4}){3}(?:[" + BLANKS + rb"]\d{3})?"
        rb"|\d{3}(?:[" + DASHES + rb"]\d{4}){3}(?:[" + DASHES + rb"]\d{3})?"
        rb"|\d{3}[" + BLANKS + DASHES + rb"]\d{6}[" + BLANKS + DASHES + rb"]\d{4,5})\b"
    ),
    check=_check,
)
