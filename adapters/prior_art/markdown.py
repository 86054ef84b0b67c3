"""A result as Markdown for people."""

import re
from collections.abc import Mapping
from typing import Any

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~$])")


def as_markdown(result: Mapping[str, Any]) -> str:
    """A report: the elements, the documents with their quotes, the coverage, and how it was searched."""
    parts = [
        "# Prior art found",
        "This shows what published documents say. It is no opinion on novelty or patentability.",
        "## Elements",
        *[f"- **{element['id']}** {_text(element['text'])}" for element in result["elements"]],
        "## Documents",
        *[_document(found) for found in result["results"]],
        "## Coverage",
        _coverage(result),
        "## How it was searched",
        *[f"- `{query}`".replace("\n", " ") for query in result["queries"]],
        *[_source(name, status) for name, status in result["sources"].items()],
    ]
    if result["warnings"]:
        parts += ["## Warnings", *[f"- {_text(warning)}" for warning in result["warnings"]]]
    return _joined(parts)


def _document(found: Mapping[str, Any]) -> str:
    number = found.get("publication_number") or found.get("doi") or found["source_id"]
    title = _text(found["title"])
    address = found["url"].replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    lines = [
        f"### {found['rank']}. {f'[{title}]({address})' if address else title}",
        f"{_text(number)}, {found['date'] or 'date unknown'}, {found['source']}, score {found['score']:.2f}",
    ]
    if found["rationale"]:
        lines.append(_text(found["rationale"]))
    if found["evidence"]:
        lines.append(
            "\n".join(f"- **{one['element']}**: “{_text(one['quote'])}”" for one in found["evidence"])
        )
    return "\n\n".join(lines)


def _coverage(result: Mapping[str, Any]) -> str:
    rows = [
        f"| {row['element']} | {', '.join(map(str, row['results'])) or 'none'} |"
        for row in result["coverage"]
    ]
    return "\n".join(["| element | shown by documents |", "|---|---|", *rows])


def _source(name: str, status: Mapping[str, Any]) -> str:
    error = f": {_text(status['error'])}" if status["error"] else ""
    return f"- {name}: {status['status']}, {status['found']} documents{error}"


def _text(text: str) -> str:
    """A source's text, in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _joined(parts: list[str]) -> str:
    """Items of a list stand together, all else apart."""
    text = ""
    for before, part in zip(["", *parts], parts, strict=False):
        gap = "\n" if before.startswith("- ") and part.startswith("- ") else "\n\n"
        text += (gap if text else "") + part
    return text + "\n"
