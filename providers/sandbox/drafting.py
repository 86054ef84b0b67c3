"""The sandbox's answers to the drafting task: sections put together from the disclosure's own sentences and parts.

`sandbox:bad-claims=N` in the disclosure makes the first N answers for the claims faulty.
"""

import re
from collections.abc import Callable, Mapping

from providers.sandbox.sentences import Part, in_short, parts_and_links, sentences

MOST_PARTS = 6
ABSTRACT_WORDS = 120
TITLE_WORDS = 9
_BAD = re.compile(r"sandbox:bad-claims=(\d)")
_FIGURE = re.compile(r"\bFIG\.?\s*(\d+)")


def writer_of(code: str) -> Callable[[Mapping[str, str]], object]:
    """What answers the question for a section of text."""
    return lambda material: {"text": _TEXTS[code](material)}


def write_claims(material: Mapping[str, str], answers_before: int) -> object:
    """The answer to `draft_claims`."""
    text = material.get("disclosure", "")
    parts = _parts(text)
    kind = _kind(text)
    is_ep = "EP" in material.get("wish", "")
    signs = {part.name: f" ({part.numeral})" if is_ep and part.numeral else "" for part in parts}
    elements = [f"{_article(part.name)} {part.name}{signs[part.name]}" for part in parts]
    first, more = elements[:3], parts[3:]
    claims = [f"{_article(kind).capitalize()} {kind} comprising: {_listed(first)}."]
    claims += [
        f"The {kind} of claim 1, further comprising {_article(part.name)} {part.name}{signs[part.name]}."
        for part in more
    ]
    if len(parts) > 1:
        one, two = parts[0].name, parts[1].name
        claims.append(
            f"The {kind} of claim 1, wherein the {one}{signs[one]} is coupled to the {two}{signs[two]}."
        )
    bad = max((int(number) for number in _BAD.findall(text)), default=0)
    if answers_before < bad:
        claims.append(f"The {kind} of claim 99, wherein the flux regulator is closed.")
    return {"claims": [{"number": number, "text": claim} for number, claim in enumerate(claims, 1)]}


def _title(material: Mapping[str, str]) -> str:
    text = material.get("disclosure", "")
    names = [part.name for part in _parts(text)[:3]]
    if len(names) < 2:
        return in_short(next(iter(sentences(text)), "Device"), TITLE_WORDS).capitalize()
    return f"{_kind(text).capitalize()} with {_joined(names)}"


def _field(material: Mapping[str, str]) -> str:
    names = [part.name for part in _parts(material.get("disclosure", ""))[:2]]
    about = (
        f", and more particularly to {_joined([f'{_article(name)} {name}' for name in names])}"
        if names
        else ""
    )
    return f"The present disclosure relates to {_article(_kind(material.get('disclosure', '')))} " + (
        f"{_kind(material.get('disclosure', ''))}{about}."
    )


def _background(material: Mapping[str, str]) -> str:
    known = material.get("prior_art", "").strip()
    lead = "Solutions of this kind are used in many settings, in which size, cost and reliability matter."
    shown = f"\n\nThe following documents concern the field: {in_short(known, 40)}." if known else ""
    return f"{lead}{shown}\n\nThere is a continuing interest in arrangements that are simple to make and to control."


def _summary(material: Mapping[str, str]) -> str:
    claims = [line for line in material.get("claims", "").split("\n\n") if line]
    bodies = [claim.partition(". ")[2].rstrip(".") for claim in claims]
    if not bodies:
        return " ".join(f"{sentence}." for sentence in sentences(material.get("disclosure", ""))[:3])
    aspects = [f"In one aspect, {_lowered(bodies[0])} is provided."]
    for body in bodies[1:]:
        _, _, rest = body.partition(", ")
        aspects.append(f"In some embodiments, {rest.removeprefix('wherein ')}.")
    return "\n\n".join(aspects)


def _drawings(material: Mapping[str, str]) -> str:
    listed = [
        line.strip().rstrip(".") for line in material.get("drawings_list", "").splitlines() if line.strip()
    ]
    if listed:
        return "\n\n".join(f"{line}." for line in listed)
    figures = dict.fromkeys(_FIGURE.findall(material.get("disclosure", "")))
    if figures:
        return "\n\n".join(f"FIG. {number} shows an embodiment." for number in figures)
    return "No drawings are filed with this application."


def _description(material: Mapping[str, str]) -> str:
    text = material.get("disclosure", "")
    paragraphs = [
        "The following describes embodiments. They are examples, and features of one may be used in another."
    ]
    said = [f"{sentence}." for sentence in sentences(text)]
    paragraphs += [" ".join(said[place : place + 4]) for place in range(0, len(said), 4)]
    parts = _parts(text)
    if parts:
        kind = _kind(text)
        named = _joined([f"{_article(part.name)} {part.name} {part.numeral}".rstrip() for part in parts])
        paragraphs.append(f"As shown, the {kind} comprises {named}.")
    if len(parts) > 1:
        one, two = (f"{part.name} {part.numeral}".rstrip() for part in parts[:2])
        paragraphs.append(f"The {one} is coupled to the {two}, so that they work together.")
    return "\n\n".join(paragraphs)


def _abstract(material: Mapping[str, str]) -> str:
    words: list[str] = []
    for sentence in sentences(material.get("disclosure", "")):
        more = f"{sentence}.".split()
        if len(words) + len(more) > ABSTRACT_WORDS:
            break
        words += more
    return " ".join(words) or f"{_title(material)}."


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


def _parts(text: str) -> list[Part]:
    parts, _ = parts_and_links(text)
    return parts[:MOST_PARTS]


def _kind(text: str) -> str:
    return "method" if re.match(r"\s*(?:a|the)\s+method\b", text, re.IGNORECASE) else "system"


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeio" else "a"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _joined(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _listed(elements: list[str]) -> str:
    if not elements:
        return "a housing"
    return f"{'; '.join(elements[:-1])}; and {elements[-1]}" if len(elements) > 1 else elements[0]
