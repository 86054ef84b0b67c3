"""Addresses of machines: IPv4, IPv6 and MAC. Those that every machine has for itself say nothing and are let be."""

import re
from ipaddress import IPv4Address, IPv6Address

from metering.content.detectors.detector import DIGITS, WORD, Detector, Span, at, compiled

KIND, NAME = "address", "a machine's address"
_VERSION = re.compile(rb"(?i)\b(?:v|versions?|release|build|section|chapter|rev\.?|ver\.?)[ :=\"']{0,3}$")
_BEFORE, _BEFORE_MAC = 12, 24
MAC_LENGTH = 17


def _ipv4(text: bytes, start: int, end: int) -> Span | None:
    before, after = at(text, start - 1), at(text, end)
    if before in b".-" and at(text, start - 2) in WORD:
        return None
    if after in b".-" and at(text, end + 1) in WORD:
        return None
    try:
        address = IPv4Address(text[start:end].decode("ascii"))
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or text.startswith(b"255.", start):
        return None  # a mask, or nobody
    return None if _VERSION.search(text[max(0, start - _BEFORE) : start]) else Span(start, end)


def _ipv6(text: bytes, start: int, end: int) -> Span | None:
    if end - start > 2 and text[end - 1] == ord(":") and text[end - 2] != ord(":"):
        end -= 1  # of the sentence
    before, after = at(text, start - 1), at(text, end)
    if before in WORD or after in WORD or before == ord(":"):
        return None
    written = text[start:end].decode("ascii")
    groups = [group for group in written.split(":") if group]
    is_short = written.count(":") == 2
    if is_short and (len(groups) < 2 or len(groups[0]) != 4 or not any(map(str.isdigit, written))):
        return None
    try:
        address = IPv6Address(written)
    except ValueError:
        return None
    return None if address.is_loopback or address.is_unspecified else Span(start, end)


def _mac(text: bytes, start: int, end: int) -> Span | None:
    separator, written = text[start + 2], text[start:end]
    if len(written) != MAC_LENGTH or any(written[place] != separator for place in range(2, len(written), 3)):
        return None
    if at(text, start - 1) == separator or at(text, end) == separator or set(written) <= {48, separator}:
        return None
    if set(written) - DIGITS - {separator}:
        return Span(start, end)
    # Pairs of digits may be moments or measures, unless they are said to be an address.
    said = text[max(0, start - _BEFORE_MAC) : start].lower()
    return Span(start, end) if any(word in said for word in (b"mac", b"ether", b"hw")) else None


MAC = Detector(
    kind=KIND,
    name=NAME,
    pattern=compiled(rb"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,60}\b"),
    check=_mac,
    skips=True,
)
IPV4 = Detector(
    kind=KIND,
    name=NAME,
    pattern=compiled(rb"\b\d{1,3}(?:\.\d{1,3}){3,40}\b"),
    check=_ipv4,
    skips=True,
)
IPV6 = Detector(
    kind=KIND,
    name=NAME,
    pattern=compiled(rb"(?:\b[0-9A-Fa-f]{1,4}|:)(?::[0-9A-Fa-f]{0,4}){2,40}"),
    check=_ipv6,
    skips=True,
)
