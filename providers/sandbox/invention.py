"""What a disclosure tells of an invention, read by simple rules: what it is, and what each sentence is about."""

import re
from typing import NamedTuple

from providers.sandbox.sentences import Part, parts_and_links, sentences

_ABOUT = re.compile(
    r"^(?:the |this |our |present )*(?:invention|disclosure|idea|application) "
    r"(?:concerns|relates to|provides|is|describes) (an? .+)$",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"^(an? [\w -]+?),? (?:comprises|comprising|includes|including|has|contains) (.+)$", re.I)
_NAMED = re.compile(r"^(an? (?:method|process|system|device|apparatus|machine)\b[^,]*)", re.IGNORECASE)
_PURPOSE = re.compile(r" (?:for|of|to|in|which|that|with|by)\b.*", re.IGNORECASE)
_KNOWN = re.compile(
    r"^(?:known|existing|conventional|traditional|prior|until now|so far|today|in the past|usually)\b", re.I
)
_EFFECT = re.compile(r"^(?:this|these|thereby|thus|therefore|hence|so|it|as a result)\b", re.IGNORECASE)
_FIGURE = re.compile(r"^figs?\.? ?\d", re.IGNORECASE)
_METHOD = re.compile(r"^(?:method|process)\b", re.IGNORECASE)
MOST_KIND_WORDS = 14


class Invention(NamedTuple):
    """A disclosure's sentences, without their full stops, by what they are about."""

    kind: str
    """What it is, without an article: "system for detecting fraudulent payments"."""
    has: str
    """What it has, as its first sentence lists it; "" if it does not."""
    acts: list[str]
    """What its parts do, or its steps."""
    known: list[str]
    """What there was before."""
    effects: list[str]
    figures: list[str]
    parts: list[Part]

    @property
    def is_method(self) -> bool:
        return bool(_METHOD.match(self.kind))

    @property
    def name(self) -> str:
        """The kind without its purpose: "system"."""
        return _PURPOSE.sub("", self.kind)


def read_invention(disclosure: str) -> Invention:
    """What the disclosure tells."""
    kind, has = "", ""
    acts: list[str] = []
    known: list[str] = []
    effects: list[str] = []
    figures: list[str] = []
    for sentence in sentences(disclosure):
        if not kind and (found := _kind_in(sentence)):
            kind, has = found
        elif _FIGURE.match(sentence):
            figures.append(sentence)
        elif _KNOWN.match(sentence):
            known.append(sentence)
        else:
            (effects if _EFFECT.match(sentence) else acts).append(sentence)
    parts, _ = parts_and_links(disclosure)
    whole = Invention(kind or "system", has, acts, known, effects, figures, parts)
    return whole._replace(parts=[part for part in parts if part.name not in (whole.kind, whole.name)])


def _kind_in(sentence: str) -> tuple[str, str] | None:
    """What the sentence says the invention is and has."""
    about = _ABOUT.match(sentence)
    text = about[1] if about else sentence
    whole = _WHOLE.match(text)
    if whole and len(whole[1].split()) <= MOST_KIND_WORDS:
        return _bare(whole[1]), whole[2]
    named = _NAMED.match(text)
    if (named or about) and len(text.split()) <= MOST_KIND_WORDS:
        return _bare(named[1] if named else text), ""
    return None


def _bare(text: str) -> str:
    """Without its article, reference signs and what no preamble can have."""
    plain = re.sub(r" \(?\d{1,4}[a-z]?\)?(?= |$)", "", re.sub(r"^an? ", "", text, flags=re.IGNORECASE))
    return re.sub(r"[^\w\s/-]", "", plain)
