"""E-mail addresses, those with letters beyond ASCII too."""

from metering.content.detectors.detector import Detector, Span, at, compiled

NO_TOP_LEVEL = frozenset(
    b"png jpg jpeg gif svg webp ico css js ts tsx jsx rb go java json yaml yml xml html txt csv pdf zip gz "
    b"tar local localhost internal lan test invalid".split()
)
"""What stands behind a point in names of files and of machines at home, and is nobody's domain."""


def _check(text: bytes, start: int, end: int) -> Span | None:
    name, _, domain = text[start:end].partition(b"@")
    domain = domain.rstrip(b"-")
    end = start + len(name) + 1 + len(domain)
    while name[:1] in (b".", b"-", b"'", b"+"):
        name, start = name[1:], start + 1
    if not name or name.endswith(b".") or b".." in name:
        return None
    parts = domain.split(b".")
    if any(not part or part.startswith(b"-") or part.endswith(b"-") for part in parts):
        return None
    last = parts[-1].lower()
    if last in NO_TOP_LEVEL or not (_is_word(last) or last.startswith(b"xn--")):
        return None
    if at(text, end) == ord(":") and at(text, end + 1) not in b" \t\r\n\0" and name == b"git":
        return None  # where a repository is
    if at(text, end) == ord("@"):
        return None
    return Span(start, end)


def _is_word(part: bytes) -> bool:
    return len(part) > 1 and all(byte > 127 or chr(byte).isalpha() for byte in part)


EMAIL = Detector(
    kind="email",
    name="an e-mail address",
    pattern=compiled(
        rb"[A-Za-z0-9._%'+~\x{80}-\x{10ffff}-]{1,64}@"
        rb"[A-Za-z0-9\x{80}-\x{10ffff}-]{1,63}(?:\.[A-Za-z0-9\x{80}-\x{10ffff}-]{1,63}){1,6}"
    ),
    check=_check,
    needs=b"@",
    skips=True,
)
