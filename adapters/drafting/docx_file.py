"""A draft as a file for word processors (Office Open XML, by python-docx)."""

import re
from io import BytesIO

from docx import Document
from docx.document import Document as DocxDocument
from docx.shared import Pt

from adapters.drafting.draft import Draft
from adapters.drafting.sections import TITLES, Code

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARAGRAPH = re.compile(r"\n\s*\n|\n")


def as_docx(draft: Draft) -> bytes:
    """The finished sections: a title, headings, numbered paragraphs, and claims and abstract on a page of their own."""
    document = Document()
    document.styles["Normal"].font.size = Pt(12)
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.title = _plain(draft.texts.get(Code.TITLE, ""))[:255]
    number = 0
    for code in draft.wanted:
        if not draft.has(code):
            continue
        if code is Code.TITLE:
            document.add_heading(_plain(" ".join(draft.texts[code].split())), level=0)
            continue
        heading = document.add_heading(TITLES[draft.jurisdiction][code], level=1)
        heading.paragraph_format.page_break_before = code in (Code.CLAIMS, Code.ABSTRACT)
        if code is Code.CLAIMS:
            for claim in draft.claims:
                document.add_paragraph(_plain(f"{claim.number}. {claim.text}"))
            continue
        number = _add_paragraphs(document, draft.texts[code], number, is_numbered=code is not Code.ABSTRACT)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add_paragraphs(document: DocxDocument, text: str, number: int, *, is_numbered: bool) -> int:
    """Numbered as 37 CFR 1.52(b)(6) has it: [0001]. Returns the last number."""
    for paragraph in _PARAGRAPH.split(text):
        if not paragraph.strip():
            continue
        number += is_numbered
        mark = f"[{number:04d}] " if is_numbered else ""
        document.add_paragraph(mark + _plain(paragraph.strip()))
    return number


def _plain(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
