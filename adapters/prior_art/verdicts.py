"""Words by which a rationale would judge novelty or patentability, which is for people to do."""

import re

_ALWAYS = re.compile(
    r"\b(?:novel(?:ty|ties)?|(?:un|non-?)?patentab\w+|(?:un|non-?)?inventive(?:ness|ly)?|infring\w*|"
    r"(?:non-?|un)obvious\w*|lacks? novelty|not new|(?:is|are|was|were|be|seems?) new|new over|"
    r"(?:claims?|idea|invention)\b[^.]{0,40}\b(?:valid(?:ity)?|(?:un)?allowable)|freedom to operate)\b",
    re.IGNORECASE,
)
_UNLESS_THE_SOURCE_SAYS_SO = re.compile(
    r"\b(?P<stem>anticipat|invalid|obvious)\w*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def verdict_in(rationale: str, source: str) -> str:
    """The first word of a verdict, or "". Some are also words of technology: those pass if the source has them."""
    found = _ALWAYS.search(rationale)
    if found:
        return found[0]
    known = source.casefold()
    for word in _UNLESS_THE_SOURCE_SAYS_SO.finditer(rationale):
        if word["stem"].casefold() not in known:
            return word[0]
    return ""


def without_verdicts(rationale: str, source: str) -> str:
    """Return the sentences of a text that hold no verdict."""
    sentences = _SENTENCE.split(rationale)
    return " ".join(sentence for sentence in sentences if not verdict_in(sentence, source))
