"""Streams as vendors frame them, well or badly, and cuts of bytes into pieces."""

import re
from itertools import pairwise

from tests.vendors.decisions import Decisions
from tests.vendors.odd_answers import OddAnswer

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_ENDS = (b"\n", b"\r\n", b"\r")
SPACES = (b" ", b"", b" ", b"  ")
DONE_FORMS = (b"[DONE]", b"[DONE] ", b'"[DONE]"', b"[done]", b"[DONE]}", b" [DONE]", b"[DONE", b"")
NOISE = (b": keep-alive", b":", b"event: chunk", b"id: 7", b"retry: 10", b"data", b"unknown: 1", b"data :x")
"""Lines that say nothing. A stream begins with none but the first five: by its first line it is told from JSON."""
JUNK = (b"data: {no", b"junk", b"\0\xff", b'data: {"error": "x"}', b'data: {"choices": []}', b"\n")


def stream_of(decide: Decisions) -> bytes:
    """A whole stream in some framing: chunks, of which the last ends the answer, and the usage."""
    odd = OddAnswer(decide)
    chunks = [odd.answer("delta", finish=False, usage=decide.once_in(4)) for _ in range(decide.below(4))]
    if not decide.once_in(odd.odd):
        chunks.append(odd.answer("delta", finish=True, usage=decide.once_in(4)))
    if decide.once_in(2):
        chunks.append(odd.answer("delta", choices=0))
    if decide.once_in(odd.odd):
        chunks.append(b'{"error": %b}' % odd.error_object())
    return framed(decide, chunks, is_odd=bool(odd.odd))


def framed(decide: Decisions, chunks: list[bytes], *, is_odd: bool) -> bytes:
    """These chunks as server-sent events."""
    line_end, field = decide.of(LINE_ENDS), b"data:" + decide.of(SPACES)
    data = BYTE_ORDER_MARK if decide.once_in(8) else b""
    if not decide.once_in(8):
        chunks = [*chunks, decide.of(DONE_FORMS) if is_odd else b"[DONE]"]
    for place, chunk in enumerate(chunks):
        lines = [decide.of(NOISE if place else NOISE[:5])] if is_odd and decide.once_in(4) else []
        if is_odd and decide.once_in(6):
            lines.append(b"")
        lines += [field + line for line in re.split(rb"[\r\n]", chunk)]
        data += line_end.join(lines) + line_end * (1 if is_odd and decide.once_in(12) else 2)
    if decide.once_in(6):
        data = data.rstrip(b"\r\n")
    return data + decide.of(JUNK) + decide.of((b"", line_end * 2)) if decide.once_in(6) else data


def pieces_of(decide: Decisions, data: bytes) -> list[bytes]:
    """The same bytes in pieces, none of which is empty."""
    match decide.below(4):
        case 0:
            places = [1, 2, 3]
        case 1:
            step = decide.below(7) + 1
            places = list(range(step, min(len(data), 400), step))
        case _:
            places = [decide.below(1 << 12) % (len(data) + 1) for _ in range(decide.below(8) + 1)]
    return [data[start:end] for start, end in pairwise([0, *sorted({*places, len(data)})]) if end > start]
