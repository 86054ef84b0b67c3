"""One question to an LLM whose answer is a JSON object of a known shape, repaired by asking again.

1. The instructions, the caller's texts between marks, and the shape as a JSON schema go to the model.
2. Its answer is read as that shape and checked by the task.
3. What cannot be used goes back to the model with the reason, `REPAIRS` times at most and within the task's steps.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from adapters.prompt import MATERIAL, Prompt, marked
from metering.errors import ContextLengthExceeded, InputTooLarge, VendorError
from metering.ports import Body, Spending

T = TypeVar("T")
REPAIRS = 2
QUOTED_CHARACTERS = 8_000
"""So much of a useless answer is shown to the model again."""
NOT_A_COMPLETION = "The vendor's answer is no chat completion."
CUT_OFF = "The answer was cut off at the output limit; a shorter one is wanted."
WHOSE_LIMIT = "That limit is the rule max_tokens_out, or what the model or this step may answer."
NO_ROOM = (InputTooLarge, ContextLengthExceeded)
"""A question that is longer than it may be: a repair is, where the first question only just fitted."""


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class Unusable(VendorError):
    """The model's answer could not be read, although it was asked again."""

    def __init__(self, name: str, complaint: str) -> None:
        whose = f" {WHOSE_LIMIT}" if complaint.startswith(CUT_OFF) else ""
        super().__init__(f"The model gave no usable answer to {name}: {complaint}{whose}", retryable=True)
        self.complaint = complaint


def question(prompt: Prompt, given: Mapping[str, str], answer: type[Any], *, max_tokens: int) -> Body:
    """The request for one answer of the shape `answer` (a msgspec Struct), of `max_tokens` at most."""
    return {
        "messages": [
            {"role": "system", "content": f"{prompt.instructions}\n\n{MATERIAL}"},
            {"role": "user", "content": marked(given)},
        ],
        "max_tokens": max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": prompt.name, "schema": msgspec.json.schema(answer)},
        },
    }


async def ask(
    allowance: Spending,
    body: Body,
    answer: type[T],
    *,
    check: Callable[[T], str] = lambda _: "",
    repairs: int = REPAIRS,
    steps_kept: int = 0,
) -> T:
    """The answer to a `question`. `check` returns what is wrong with an answer of the right shape, or "",
    in a thread, because it may look through long texts.

    Repairs leave `steps_kept` of the task's steps for what it does afterwards.

    Raises Unusable, also where there is no room for a repair, and what `Spending.complete` raises.
    """
    complaint = ""
    for repairs_left in reversed(range(repairs + 1)):
        try:
            answered = await allowance.complete(body)
        except NO_ROOM:
            if not complaint:
                raise
            raise Unusable(name_of(body), no_room(complaint)) from None
        text, complaint = read_text(answered.body)
        if not complaint:
            found = await asyncio.to_thread(read_answer, text, answer, check)
            if not isinstance(found, Complaint):
                return found
            complaint = found.text
        if not repairs_left or allowance.steps_left <= steps_kept:
            break
        body = asked_again(body, text, complaint)
    raise Unusable(name_of(body), complaint)


class Complaint(msgspec.Struct, frozen=True):
    """What is wrong with an answer."""

    text: str


def read_answer(text: str, answer: type[T], check: Callable[[T], str]) -> "T | Complaint":
    """The answer in a model's text, or what is wrong with it."""
    try:
        found = msgspec.json.decode(_unfenced(text), type=answer)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        return Complaint(str(error))
    complaint = check(found)
    return Complaint(complaint) if complaint else found


def asked_again(body: Body, text: str, complaint: str) -> Body:
    """The request with the useless answer and the reason behind it."""
    return body | {
        "messages": [
            *body["messages"],
            {"role": "assistant", "content": text[:QUOTED_CHARACTERS] or "(nothing)"},
            {
                "role": "user",
                "content": f"This cannot be used: {complaint} Answer again with the JSON object alone.",
            },
        ]
    }


def no_room(complaint: str) -> str:
    """Why an answer with this fault was not asked for again."""
    return f"{complaint} There is no room to ask again."


def name_of(body: Body) -> str:
    """The name of the question."""
    return str(body["response_format"]["json_schema"]["name"])


def read_text(body: bytes) -> tuple[str, str]:
    """The text of a chat completion, and what is wrong with it, or ""."""
    try:
        choice = msgspec.json.decode(body, type=_Completion).choices[0]
    except (msgspec.DecodeError, msgspec.ValidationError, IndexError):
        return "", NOT_A_COMPLETION
    text = choice.message.content or ""
    return text, complaint_of_text(text, choice.finish_reason)


def complaint_of_text(text: str, finish_reason: str | None) -> str:
    """What is wrong with a model's text, whatever stands in it, or ""."""
    if finish_reason == "length":
        return CUT_OFF
    return "" if text else "The answer is empty."


def _unfenced(text: str) -> str:
    """The text without the fence that models like to put around JSON."""
    text = text.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0]
    return text
