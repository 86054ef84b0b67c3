"""One answer of a model, told while it comes.

A model answers with a JSON object that has one long text in it. What is there of that text is told at once; the whole
answer is read and checked as any other, and repaired by asking again.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec

from adapters.ask import (
    NO_ROOM,
    NOT_A_COMPLETION,
    REPAIRS,
    Complaint,
    Unusable,
    ask,
    asked_again,
    complaint_of_text,
    name_of,
    no_room,
    read_answer,
)
from adapters.drafting.text_reader import TextReader
from metering.ports import Body, Spending

T = TypeVar("T")


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []


async def write(
    allowance: Spending, body: Body, answer: type[T], check: Callable[[T], str]
) -> AsyncGenerator[str, None]:
    """Parts of the text as they come. The answer is the last one that `check` was asked about, in a thread.

    After a repair the text is another one than what was told. Raises Unusable and what `Spending.stream` raises.
    """
    text, complaint, finish_reason, reader = "", "", None, TextReader()
    async with aclosing(allowance.stream(body | {"stream": True})) as chunks:
        async for chunk in chunks:
            if chunk.only_usage or not chunk.data:
                continue
            try:
                choices = msgspec.json.decode(chunk.data, type=_Chunk).choices[:1]
            except (msgspec.DecodeError, msgspec.ValidationError):
                complaint = NOT_A_COMPLETION
                continue
            for choice in choices:
                piece = choice.delta.content or ""
                finish_reason = choice.finish_reason or finish_reason
                text += piece
                if told := reader.add(piece):
                    yield told
    complaint = complaint or complaint_of_text(text, finish_reason)
    if not complaint:
        found = await asyncio.to_thread(read_answer, text, answer, check)
        complaint = found.text if isinstance(found, Complaint) else ""
    if not complaint:
        return
    if not allowance.steps_left:
        raise Unusable(name_of(body), complaint)
    try:
        await ask(allowance, asked_again(body, text, complaint), answer, check=check, repairs=REPAIRS - 1)
    except NO_ROOM:
        raise Unusable(name_of(body), no_room(complaint)) from None
