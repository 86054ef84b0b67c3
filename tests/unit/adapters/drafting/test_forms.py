"""A draft as Markdown and as a file for word processors."""

import re
from io import BytesIO

import msgspec
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.drafting.docx_file import as_docx
from adapters.drafting.draft import Draft
from adapters.drafting.markdown import as_markdown, escaped
from adapters.drafting.sections import ClaimText, Code
from tests.properties import thorough
from tests.support.workspace import MemoryWorkspace
from tests.unit.adapters.drafting.drafting import drafted, texts, wanted

HOSTILE = st.text("#>*_-+=~`|[]()!<>&\\$ \t\n\r1.ab:/@{}\"'", max_size=60) | st.text(max_size=40)
BREAKOUTS = [
    "# A heading", "A\n===", "A\n---", "***", "- item", "+ item", "1. item", "1) item", "> quote", "```\ncode\n```",
    "~~~\nx",
    "    code", "\tcode", "<script>alert(1)</script>", "<!-- x", "&lt;b&gt; &copy;", "![x](http://x)", "[a]: http://x",
    "[a](javascript:x)", "| a | b |\n|---|---|\n| 1 | 2 |", "a\r# b", "a\x0b# b", "a\u2028# b", "~~gone~~",
    "*a* _b_ `c`",
    "<http://x.org>", "a  \nb", "a\\\nb", "#", "-", "=", "1.", "A\n\n\n\n# B", "$x$", "- [ ] task",
]  # fmt: skip


def shown(markdown: str) -> tuple[list[str], str]:
    """The kinds of blocks and marks that a reader of GitHub's Markdown makes of it, and the plain text."""
    kinds, text = [], []
    for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(markdown):
        kinds.append(f"{token.type}:{token.tag}")
        for inner in token.children or []:
            kinds.append(inner.type)
            text.append(inner.content or " ")
        text.append(" ")
    return kinds, "".join(text)


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]", " ", text).split())


@pytest.mark.parametrize("text", BREAKOUTS)
def test_markdown_shows_a_text_as_it_is(text: str) -> None:
    kinds, said = shown(escaped(text))
    assert set(kinds) <= {
        "paragraph_open:p",
        "paragraph_close:p",
        "inline:",
        "text",
        "text_special",
        "softbreak",
    }
    assert plain(said) == plain(text)


@thorough(300)
@given(title=HOSTILE, field=HOSTILE, claim=HOSTILE)
def test_no_text_breaks_out_of_its_section(title: str, field: str, claim: str) -> None:
    draft = Draft(
        id="1",
        disclosure="",
        wanted=list(Code),
        texts={Code.TITLE: f"T{title}", Code.FIELD: f"F{field}"},
        claims=[ClaimText(1, f"A{claim}")],
    )
    kinds, said = shown(as_markdown(draft))
    blocks = [kind for kind in kinds if kind.endswith(("h1", "h2")) and "open" in kind]
    assert blocks == ["heading_open:h1", "heading_open:h2", "heading_open:h2"]
    allowed = {"inline:", "text", "text_special", "softbreak"}
    assert all(re.match(r"(heading|paragraph)_(open|close):", kind) or kind in allowed for kind in kinds)
    assert plain(said) == plain(f"T{title} Technical Field F{field} Claims 1. A{claim}")


async def made(**fields: object) -> tuple[Draft, dict[str, str]]:
    workspace = MemoryWorkspace()
    result = await drafted(wanted(workspace, **fields))
    return msgspec.msgpack.decode(workspace.contents[result["draft_id"]], type=Draft), texts(result)


async def test_the_file_opens_with_title_headings_and_numbered_paragraphs() -> None:
    draft, sections = await made()
    document = Document(BytesIO(as_docx(draft)))
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    headings = [each.text for each in document.paragraphs if each.style.name == "Heading 1"]
    assert (styles[0], document.paragraphs[0].text) == ("Title", sections["title"])
    assert document.core_properties.title == sections["title"]
    assert headings == [
        "Technical Field", "Background", "Summary", "Brief Description of the Drawings", "Detailed Description",
        "Claims", "Abstract",
    ]  # fmt: skip
    numbers = [found[1] for each in document.paragraphs if (found := re.match(r"\[(\d{4})\] ", each.text))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    assert f"[0001] {sections['field']}" == document.paragraphs[2].text


async def test_claims_and_abstract_begin_a_page_and_claims_have_their_own_numbers() -> None:
    draft, _ = await made()
    paragraphs = Document(BytesIO(as_docx(draft))).paragraphs
    breaks = [each.text for each in paragraphs if each.paragraph_format.page_break_before]
    assert breaks == ["Claims", "Abstract"]
    texts_of_file = [each.text for each in paragraphs]
    for claim in draft.claims:
        assert f"{claim.number}. {claim.text}" in texts_of_file


@thorough(25)
@given(text=st.text(st.characters(exclude_categories=[]), min_size=1, max_size=60))
def test_any_text_makes_a_file_that_opens(text: str) -> None:
    draft = Draft(
        id="1",
        disclosure="",
        wanted=list(Code),
        texts={Code.TITLE: f"T {text}", Code.ABSTRACT: f"A {text}"},
        claims=[ClaimText(1, f"A pump\x00\x0b {text}")],
    )
    paragraphs = Document(BytesIO(as_docx(draft))).paragraphs
    assert paragraphs[0].text.startswith("T")
    assert "\x0b" not in paragraphs[2].text


async def test_a_draft_in_which_nothing_is_finished_makes_a_file_too() -> None:
    assert Document(BytesIO(as_docx(Draft(id="1", disclosure="A pump.", wanted=list(Code))))).paragraphs == []
