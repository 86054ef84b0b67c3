"""A draft as Markdown."""

import re

from adapters.drafting.context import claims_text
from adapters.drafting.draft import Draft
from adapters.drafting.sections import TITLES, Code

_MARKUP = re.compile(r"^(\s*)([#>*+-]|\d+[.)])(?=\s)", re.MULTILINE)
"""What would begin a heading, a quotation or a list."""


def as_markdown(draft: Draft) -> str:
    """The finished sections under their headings. What stands in them is text, whatever signs it has."""
    parts = []
    for code in draft.wanted:
        if not draft.has(code):
            continue
        if code is Code.TITLE:
            parts.append(f"# {_escaped(draft.texts[code])}")
            continue
        text = claims_text(draft) if code is Code.CLAIMS else draft.texts[code]
        parts.append(f"## {TITLES[draft.jurisdiction][code]}\n\n{_escaped(text)}")
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("<", "&lt;")
    for sign in "`*_[]":
        plain = plain.replace(sign, f"\\{sign}")
    return _MARKUP.sub(lambda found: f"{found[1]}{_marked(found[2])}", plain)


def _marked(sign: str) -> str:
    return f"{sign[:-1]}\\{sign[-1]}" if sign[0].isdigit() else f"\\{sign}"
