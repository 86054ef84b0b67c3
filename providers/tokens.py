"""Token estimates without a vendor: deterministic, offline, close for prose and code."""

import re

_WORD = re.compile(rb"[A-Za-z]+|[0-9]{1,3}|[^\sA-Za-z0-9\x80-\xff]|[\x80-\xff]{1,3}")
BYTES_PER_WORD_TOKEN = 6


def estimate_tokens(text: bytes) -> int:
    """About how many tokens a text is: one for each short word, digit group or sign, more for long words."""
    return sum(1 + (len(word) - 1) // BYTES_PER_WORD_TOKEN for word in _WORD.findall(text))
