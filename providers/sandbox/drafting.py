"""The sandbox's answers to the drafting task: sections put together from the disclosure's own sentences and parts.

`sandbox:bad-claims=N` in the disclosure makes the first N answers for the claims faulty.
"""

import re
from collections.abc import Callable, Mapping

from providers.sandbox.claim_set import article, claims_of, lowered
from providers.sandbox.invention import Invention, read_invention
from providers.sandbox.sentences import in_short

ABSTRACT_WORDS = 120
TITLE_WORDS = 12
QUOTED_WORDS = 40
"""Of each document of the prior art."""
PARAGRAPH_SENTENCES = 4
_BAD = re.compile(r"sandbox:bad-claims=(\d)")
_FIGURE = re.compile(r"\bFIGS?\.?\s*(\d+)", re.IGNORECASE)
_CLAIM = re.compile(r"^\d+\. ", re.MULTILINE)
_HEAD = re.compile(r"^The .+? of claim \d+, ", re.DOTALL)


def writer_of(code: str) -> Callable[[Mapping[str, str]], object]:
    """What answers the question for a section of text."""
    return lambda material: {"text": _TEXTS[code](material)}


def write_claims(material: Mapping[str, str], answers_before: int) -> object:
    """The answer to `draft_claims`."""
    invention = _invention(material)
    claims = claims_of(invention, with_signs="EP" in material.get("wish", ""))
    bad = max((int(number) for number in _BAD.findall(material.get("disclosure", ""))), default=0)
    if answers_before < bad:
        claims.append(f"The {invention.name} of claim 99, wherein the flux regulator is closed.")
    return {"claims": [{"number": number, "text": claim} for number, claim in enumerate(claims, 1)]}


def _title(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    names = [part.name for part in invention.parts[:3]]
    if invention.kind != invention.name or not names:
        return in_short(invention.kind, TITLE_WORDS).capitalize()
    return f"{invention.kind.capitalize()} with {_joined(names)}"


def _field(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    names = [f"{article(part.name)}{part.name}" for part in invention.parts[:3]]
    kind = f"{article(invention.kind)}{invention.kind}"
    more = f", and more particularly to {article(invention.name)}{invention.name} with {_joined(names)}"
    return f"The present disclosure relates to {kind}{more if names and not invention.is_method else ''}."


def _background(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    documents = [text.split() for text in material.get("prior_art", "").split("\n\n") if text.strip()]
    paragraphs = [_text(invention.known)] if invention.known else []
    if documents:
        known = "; ".join(" ".join(words[:QUOTED_WORDS]).rstrip(".") for words in documents)
        paragraphs.append(f"The following is known in the field: {known}.")
    if not paragraphs:
        paragraphs.append(
            f"Size, cost and reliability matter wherever {article(invention.name)}{invention.name} is used."
        )
    return "\n\n".join(
        [*paragraphs, f"There is a continuing interest in improving {_plural(invention.name)} of this kind."]
    )


def _summary(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    texts = [text.strip() for text in _CLAIM.split(material.get("claims", ""))]
    claims = [text.rstrip(".") for text in texts if text and not text.startswith("(")]  # (canceled)
    if not claims:
        return _text(invention.acts[:3]) or f"{_title(material)}."
    aspects = [
        f"In one aspect, there is provided {lowered(text)}." for text in claims if not _HEAD.match(text)
    ]
    for body in [_HEAD.sub("", text) for text in claims if _HEAD.match(text)]:
        is_more = body.startswith("further comprising ")
        told = body.removeprefix("wherein").removeprefix("further comprising").lstrip(" ,")
        lead = f"the {invention.name} further comprises " if is_more else ""
        aspects.append(f"In some embodiments, {lead}{told}.")
    return "\n\n".join([*aspects, _text(invention.effects)]).strip()


def _drawings(material: Mapping[str, str]) -> str:
    listed = [
        line.strip().rstrip(".") for line in material.get("drawings_list", "").splitlines() if line.strip()
    ]
    invention = _invention(material)
    if listed or invention.figures:
        return "\n\n".join(f"{line}." for line in listed or invention.figures)
    figures = dict.fromkeys(_FIGURE.findall(material.get("disclosure", "")))
    if figures:
        return "\n\n".join(
            f"FIG. {number} shows an embodiment of the {invention.name}." for number in figures
        )
    return "No drawings are filed with this application."


def _description(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    whole = f"{article(invention.kind).capitalize()}{invention.kind}"
    has = f" comprises {invention.has}" if invention.has else " is described"
    said = [f"{whole}{has}", *invention.acts, *invention.effects]
    figures = _FIGURE.findall(f"{material.get('drawings_list', '')} {' '.join(invention.figures)}")
    paragraphs = [
        "Embodiments are described below by way of example. Features of one may be combined with those of another."
    ]
    paragraphs += [
        _text(said[place : place + PARAGRAPH_SENTENCES]) for place in range(0, len(said), PARAGRAPH_SENTENCES)
    ]
    if figures:
        paragraphs[1] = (
            f"Reference is made to {_joined([f'FIG. {number}' for number in dict.fromkeys(figures)])}. {paragraphs[1]}"
        )
    signs = [f"{part.name} {part.numeral}" for part in invention.parts if part.numeral]
    if signs:
        paragraphs.append(f"The reference signs are: {_joined(signs)}.")
    return "\n\n".join(
        [*paragraphs, "What is described here are examples; the claims say what is protected."]
    )


def _abstract(material: Mapping[str, str]) -> str:
    invention = _invention(material)
    whole = f"{article(invention.kind).capitalize()}{invention.kind}"
    words = f"{whole} {f'comprises {invention.has}' if invention.has else 'is disclosed'}.".split()
    for sentence in [*invention.acts, *invention.effects]:
        more = f"{sentence}.".split()
        if len(words) + len(more) > ABSTRACT_WORDS:
            break
        words += more
    return " ".join(words[:ABSTRACT_WORDS])


_TEXTS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "title": _title,
    "field": _field,
    "background": _background,
    "summary": _summary,
    "drawings": _drawings,
    "description": _description,
    "abstract": _abstract,
}
CODES = tuple(_TEXTS)


def _invention(material: Mapping[str, str]) -> Invention:
    return read_invention(material.get("disclosure", ""))


def _text(sentences: list[str]) -> str:
    return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences)


def _plural(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"


def _joined(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
