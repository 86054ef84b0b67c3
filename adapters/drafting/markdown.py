"""A draft as Markdown."""

import re

from adapters.drafting.draft import Draft
from adapters.drafting.section import section_text
from adapters.drafting.sections import TITLES, Code

_LINE_END = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SIGNS = re.compile(r"[\\`*_\[\]~|$#]")
"""What means something anywhere in a line."""
_AT_START = re.compile(r"[>+=-]")
"""What begins a quotation, a list or a line across the page."""
_NUMBER_AT_START = re.compile(r"(\d+)([.)])")


def as_markdown(draft: Draft) -> str:
    """The finished sections under their headings. What stands in them is text, whatever signs it has."""
    parts = []
    for code in draft.wanted:
        if not draft.has(code):
            continue
        text = section_text(draft, code)
        if code is Code.TITLE:
            parts.append(f"# {escaped(' '.join(text.split()))}")
        else:
            parts.append(f"## {TITLES[draft.jurisdiction][code]}\n\n{escaped(text)}")
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """The text such that Markdown shows it as it is, but for the blanks at the ends of its lines."""
    return "\n".join(_line(line.strip()) for line in _LINE_END.split(text))


def _line(line: str) -> str:
    plain = _SIGNS.sub(lambda sign: f"\\{sign[0]}", line).replace("&", "&amp;").replace("<", "&lt;")
    if number := _NUMBER_AT_START.match(plain):
        return f"{number[1]}\\{plain[number.start(2) :]}"
    return f"\\{plain}" if _AT_START.match(plain) else plain
