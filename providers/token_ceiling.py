"""The most tokens that a text can be, wherever a vendor's template puts it: for tokenizers that are known exactly.

A byte-level BPE tokenizer first cuts a text into pieces by a pattern, then merges the bytes of each piece by itself, so
a piece is never more tokens than bytes. o200k's pattern never lets a piece of letters or digits go on into a space, a
line's end or a mark of punctuation other than the apostrophe, and it looks at nothing that came before. So there is
always a cut between a letter or digit and one of CUTTERS, whatever stands around the text:

1. The tokens between the first such cut and the last are counted exactly, some thousand characters at a time.
2. What stands before the first or behind the last may be one piece with the vendor's own words: its bytes count.
3. So do the bytes of a long run without a cut, and of a text in which something looks like one of the vendor's own
   signs.
"""

import re
from collections import deque

from providers.token_counting import ENCODING, count_tokens

KNOWN = frozenset({ENCODING})
"""What the trait `tokenizer` may say. splintr has OpenAI's published vocabulary, and counts as OpenAI's own tiktoken
does; tests/unit/providers/test_token_ceiling.py holds both against it."""
CUTTERS = ' \n\r,.;:!?()"。，、；：？！「」（）'  # noqa: RUF001
_CUT = re.compile(rf"[^\W_](?=[{re.escape(CUTTERS)}])")
SIGN = "<|"
"""How the vendor's own signs begin, such as `<|endoftext|>`."""
STRIDE = 8_000
"""Characters after which the next cut is looked for."""
LONGEST_RUN = 1_000
"""Characters of a piece beyond its stride; longer ones take the tokenizer more than proportional time."""


def text_ceiling(tokenizer: str, text: str) -> int | None:
    """The most tokens of a text; None: nothing is known of this tokenizer."""
    if tokenizer not in KNOWN:
        return None
    first = _CUT.search(text)
    if first is None or SIGN in text:
        return _bytes(text)
    at = first.end()
    tokens = _bytes(text[:at])
    while (cut := _next_cut(text, at)) is not None:
        piece = text[at : cut.end()]
        tokens += count_tokens(piece) if len(piece) <= STRIDE + LONGEST_RUN else _bytes(piece)
        at = cut.end()
    return tokens + _bytes(text[at:])


def _next_cut(text: str, at: int) -> "re.Match[str] | None":
    """The first cut that is a stride away, or the last one before; None: there is none."""
    cut = _CUT.search(text, at + STRIDE)
    if cut is not None and cut.end() - at <= STRIDE + LONGEST_RUN:
        return cut
    before = deque(_CUT.finditer(text, at, at + STRIDE + 1), maxlen=1)
    return before[0] if before else cut


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
