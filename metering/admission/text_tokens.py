"""How far an input's bytes are above its tokens, where the model's tokenizer is known exactly.

Only what people and models say is counted: texts of the roles below, which a vendor puts into its template as they are.
Tools, schemas, tool calls, their results and all names stay bytes: nobody outside knows how they are laid out.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from metering.ports import Body

TextCeiling = Callable[[str, str], int | None]
"""Returns the most tokens of a text, whatever stands around it, given the tokenizer's name; None: it is not known."""
SPOKEN = frozenset({"system", "developer", "user", "assistant"})
TEXT_FIELDS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Content parts that are text, and where it stands."""

_encode = msgspec.json.Encoder().encode


def no_text(tokenizer: str, text: str) -> int | None:
    """Knows no tokenizer: every text counts its bytes."""
    return None


def spared_by_counting(body: Body, tokenizer: str, text_ceiling: TextCeiling) -> int:
    """How many fewer tokens than bytes the texts of a request are, at least, as they stand in its JSON."""
    spared = 0
    for text in _texts(body):
        tokens = text_ceiling(tokenizer, text)
        if tokens is None:
            return 0
        spared += max(0, len(_encode(text)) - len('""') - tokens)
    return spared


def _texts(body: Body) -> Iterator[str]:
    for message in body["messages"]:
        if message.get("role") not in SPOKEN:
            continue
        content: Any = message.get("content")
        if isinstance(content, str):
            yield content
        elif isinstance(content, list):
            for part in content:
                text = part.get(TEXT_FIELDS.get(part.get("type"), ""))
                if isinstance(text, str):
                    yield text
