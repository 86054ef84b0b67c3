"""Whether an answer names the model that was asked for. Vendors name it more exactly, with a date, a version or a host,
and in another order: `anthropic/claude-sonnet-4.5` answers as `anthropic/claude-4.5-sonnet-20250929`.
"""

import re

_DATE = re.compile(r"(?<!\d)(?:20\d\d-\d\d-\d\d|\d\d-\d\d(?!\d)|\d{8}|\d{6}|\d{4}|0\d\d)(?!\d)")
"""Also of months alone (`0613`, `2411`, `05-06`), and numbers of revisions (`001`)."""
_WORD = re.compile(r"(?<![a-z])v\d+(?:\.\d+)*|[a-z]+\d*[a-z]*|\d+[a-z]*")
_SIZES = """
    nano micro tiny mini small medium large lite light flash air plus pro max ultra turbo fast high low
    haiku sonnet opus fable distill
"""
LATEST = "latest"
"""In a name that stands for whichever version is the newest."""
SIZES = frozenset(_SIZES.split())
"""Words that tell models of one family apart, which have prices of their own."""


def is_other_model(asked: str, named: str) -> bool:
    """Whether `named` cannot be another name of the model that was asked for. Where it says nothing, it can."""
    if not named or named == asked:
        return False
    first, second = _words_of(asked), _words_of(named)
    if not (first - {LATEST} <= second or second <= first):
        return True
    more = first ^ second
    may_be_any = LATEST in first
    return any(word in SIZES or (word.isdigit() and not may_be_any) for word in more)


def answering_model(asked: str, named: str) -> str:
    """The model that gave an answer in which the vendor names one, by the name that was asked for if it is that one."""
    return named if is_other_model(asked, named) else asked


def _words_of(model: str) -> frozenset[str]:
    name = model.lower().rpartition("/")[2].partition(":")[0]
    return frozenset(_WORD.findall(_DATE.sub(" ", name)))
