"""The most that an LLM call can cost, and the request that keeps to it. What is held is what is sent.

Input: a byte-level BPE token is at least one byte of UTF-8, so the bytes of the serialised request, which
contains every message and tool, are a ceiling. Where there is no room for that, and the model's tokenizer is known
exactly, the tokens of its texts take the place of their bytes (text_tokens.py). Chat templates add a few tokens of
their own, and schemas may be laid out more widely than they were sent, so they count twice. A picture counts as its
family's formula says (docs/pictures.md); of an unknown family it counts as the model's whole context, and so does all
else that is not text.
Output: the limit that is sent, times `n`; with the input it fits into the context.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

from metering.admission.denial import input_error
from metering.admission.forms.chat import CHAT, Caches, Parts, RequestForm, is_cheaper
from metering.admission.text_tokens import TextCeiling, no_text
from metering.amounts import Amounts
from metering.catalog.served import ServedModel
from metering.errors import InputTooLarge, MeteringError, ModelNotFound, UnpriceableRequest
from metering.policy.values import EffectivePolicy
from metering.ports import Body
from metering.price import Asked, marked_up
from metering.reservation.bounded_call import BoundedCall, BoundedRequest, most_of
from metering.reservation.tries import total_s

LONGEST_WAIT_S = 60
"""Of `wait_for_room_s`: a call may be sent so long after it was bounded."""
PLAIN_BYTES = 8
"""Of one token, for nearly every text: so much of a text for each token of a limit is beyond the limit."""

WHO_ANSWERS = frozenset({"models"})
"""Fields whose cost is known once the answer says which model gave it: OpenRouter's list of those that may."""
CONVERSATION = ("messages", "input")
"""Fields that nobody can leave out: something within them is at fault."""
ROOM = 64
"""Tokens that the estimate of an input is allowed to be short by, beside a quarter of it: tokenizers differ."""

TokenCounter = Callable[[bytes], int]
"""Estimates the tokens of a serialised request."""
PictureCounter = Callable[[str, Mapping[str, Any]], int | None]
"""Bounds the input tokens of a picture, given the vendor's name of the model and the content part; None: unknown."""

_encode = msgspec.json.Encoder().encode


def no_picture(model: str, part: Mapping[str, Any]) -> int | None:
    """Knows no family: every picture counts as the model's whole context."""
    return None


def refuse_unknown_price(model: ServedModel) -> None:
    """Raise UnpriceableRequest for a model whose price nobody knows."""
    if not model.price.is_known:
        raise UnpriceableRequest(
            f"The model {model.name!r} has no price, and a hard budget applies. Ask the platform's admin to "
            "enter its price, or call a model that has one.",
            param="model",
        )


def refuse_unbounded(body: Body, unpriced: list[str], form: RequestForm) -> None:
    """Raise UnpriceableRequest for a field whose cost cannot be bounded: one without a price, or a vendor's tool."""
    if not unpriced and not form.has_vendors_tool(body):
        return
    field = unpriced[0] if unpriced else "tools"
    known = field.lower()
    if field not in form.allowed and known in form.allowed:
        hint = f"Write `{known}` in lower case: servers differ in whether they read `{field}`."
    elif field in CONVERSATION:
        hint = (
            "Leave out what in it has no price here (sound, a tool that the vendor runs, a cache mark, what the vendor"
            " has kept), or ask for a plan without a hard budget."
        )
    elif field in form.allowed:
        hint = "Leave this value out, or ask for a plan without a hard budget."
    else:
        hint = "Leave it out, or ask for a plan without a hard budget."
    raise UnpriceableRequest(
        f"The cost of this `{field[:64]}` cannot be known before the call, and a hard budget applies. {hint}",
        param=field[:64],
    )


def bound_request(
    body: Body,
    candidates: tuple[ServedModel, ...],
    policy: EffectivePolicy,
    *,
    count_tokens: TokenCounter,
    count_picture: PictureCounter = no_picture,
    text_ceiling: TextCeiling = no_text,
    hard: bool,
    now: datetime | None = None,
    form: RequestForm = CHAT,
) -> BoundedRequest:
    """The request at each candidate that can serve it: its output clamped, its input measured, both priced.

    With `text_ceiling` the texts' tokens are counted where the model's tokenizer is known, which takes time. `hard`: an
    enforced budget on tokens or cost applies, so what cannot be priced is refused. `now` is about when it is sent
    (None: at any time), `form` its protocol's. Raises UnpriceableRequest and InputTooLarge where no candidate can serve
    it.
    """
    given = body
    if hard:
        body = form.within_hard_budget(body)
    caches, parts = form.caches_of(body), form.parts_beyond_text(body)
    request = _Request(
        given,
        body,
        form,
        caches,
        parts,
        form.asked_of(body, caches, parts),
        policy,
        count_tokens,
        count_picture,
        text_ceiling,
        hard,
        now,
        longest_s(candidates),
        {},
    )
    calls: list[BoundedCall] = []
    first: _Input | None = None
    refusal: MeteringError | None = None
    for model in candidates:
        try:
            call, measured = _bound_call(request, model)
        except (UnpriceableRequest, InputTooLarge) as error:
            refusal = refusal or error
            continue
        if first is None:
            first = measured
        else:
            call = structs.replace(call, encoded=b"")  # made again where it is needed: bodies may be large
        calls.append(call)
    if first is None:
        raise refusal or ModelNotFound("No model is left that could serve this.", param="model")
    return BoundedRequest(
        calls=tuple(calls),
        bound=calls[0].bound if len(calls) == 1 else most_of(calls),
        answer_tokens=calls[0].answer_tokens,
        estimate_input=first.estimate,
    )


def longest_s(candidates: Iterable[ServedModel]) -> float:
    """How long after it was bounded the last attempt of a call may begin, at most: the model that is tried first says
    how long all of them may take.
    """
    return LONGEST_WAIT_S + max(map(total_s, candidates), default=0.0)


class _Request(NamedTuple):
    """What is the same for every model."""

    given: Body
    """As the caller sent it."""
    body: Body
    form: RequestForm
    caches: Caches
    parts: Parts
    asked: Asked
    policy: EffectivePolicy
    count_tokens: TokenCounter
    count_picture: PictureCounter
    text_ceiling: TextCeiling
    hard: bool
    now: datetime | None
    ahead_s: float
    spared: dict[str, int]
    """By tokenizer: how many fewer tokens than bytes its texts are."""

    def spared_at(self, model: ServedModel) -> int:
        """By how much fewer tokens than bytes its texts are at the model."""
        tokenizer = model.traits.get("tokenizer")
        if not isinstance(tokenizer, str) or self.text_ceiling is no_text:
            return 0
        if tokenizer not in self.spared:
            self.spared[tokenizer] = self.form.spared_by_counting(self.body, tokenizer, self.text_ceiling)
        return self.spared[tokenizer]


def _bound_call(request: _Request, model: ServedModel) -> tuple[BoundedCall, "_Input"]:
    """The request at one model, and how large its input is there."""
    body, form, policy = request.body, request.form, request.policy
    asked, price = request.asked, model.price
    unpriced = form.unpriced_fields(body, price, request.caches)
    if request.hard:
        refuse_unknown_price(model)
        refuse_unbounded(body, unpriced, form)
    choices = form.choices_of(body)
    wanted = _output_limit(request, model)
    edited = form.edited(body, model, wanted)
    payload = _encode(edited)
    measured = _measure(request, payload, model)
    refuse_large_input(measured.ceiling, measured.estimate, model, policy, inputs=form.inputs_of(body))
    output_tokens = min(wanted, _room(measured, wanted, model.context_tokens)) if wanted else 0
    if output_tokens != wanted:
        edited = form.edited(body, model, output_tokens)
        payload = _encode(edited)
    total_output = output_tokens * choices
    ceiling = price.ceiling_nano_usd(
        input_tokens=measured.ceiling,
        output_tokens=total_output,
        asked=asked,
        at=request.now,
        ahead_s=request.ahead_s,
    )
    call = BoundedCall(
        model=model,
        body=edited,
        encoded=payload,
        asked=request.given,
        choices=choices,
        inputs=form.inputs_of(body),
        answer_tokens=output_tokens,
        partly_priced=bool(unpriced) or not price.is_known or is_cheaper(asked.service_tier, price),
        partly_priced_anyway=not WHO_ANSWERS.issuperset(unpriced) or is_cheaper(asked.service_tier, price),
        priced=asked,
        markup=policy.markup,
        bound=Amounts(
            input_tokens=measured.ceiling,
            output_tokens=total_output,
            cost_nano_usd=marked_up(ceiling, model.markup, policy.markup),
            steps=1,
        ),
    )
    return call, measured


def _output_limit(request: _Request, model: ServedModel) -> int:
    """The smallest of what the caller asks, the policy allows and the model can do."""
    if not request.form.makes_text:
        return 0
    limits = [model.max_output_tokens]
    limits += [
        value for field in request.form.output_fields if (value := request.body.get(field)) is not None
    ]
    allowed = request.policy.number("max_tokens_out")
    if allowed is not None:
        limits.append(allowed)
    return min(limits)


class _Input:
    """How large an input is: at most, and about (which costs a count, so it is asked only where it matters)."""

    def __init__(self, ceiling: int, pictures: int, text: bytes, count_tokens: TokenCounter) -> None:
        self.ceiling = ceiling
        self._pictures = pictures
        self._text = text
        self._count_tokens = count_tokens

    def estimate(self, limit: int) -> int:
        """Tokens, or those of its beginning if that is beyond the limit already."""
        start = self._text[: limit * PLAIN_BYTES]
        estimate = self._pictures + self._count_tokens(start)
        if estimate > limit or len(start) == len(self._text):
            return estimate
        return self._pictures + self._count_tokens(self._text)


def _measure(request: _Request, payload: bytes, model: ServedModel) -> _Input:
    body, form, parts = request.body, request.form, request.parts
    context = model.context_tokens * form.inputs_of(body)
    overhead = form.overhead_of(body) - request.spared_at(model)
    if not parts:
        ceiling = len(payload) + overhead
        return _Input(min(ceiling, context), 0, payload, request.count_tokens)
    text = _encode(form.text_alone(body))
    family = _family(model)
    pictures = 0
    for part in parts:
        count = request.count_picture(family, part)
        if count is None:
            return _Input(context, 0, text, request.count_tokens)
        pictures += count
    ceiling = len(text) + overhead + pictures
    return _Input(min(ceiling, context), pictures, text, request.count_tokens)


def _family(model: ServedModel) -> str:
    """The name by which the formula for pictures is found."""
    return str(model.traits.get("pictures", model.physical_name))


def _room(measured: _Input, wanted: int, context: int) -> int:
    """What the context leaves for the output. A vendor refuses a limit that does not fit beside the input."""
    if measured.ceiling + wanted <= context:
        return wanted
    estimate = measured.estimate(context)
    return max(1, context - estimate - min(estimate // 4 + ROOM, (context - estimate) // 2))


def estimated_input(
    body: Body,
    model: ServedModel,
    *,
    form: RequestForm,
    count_tokens: TokenCounter,
    count_picture: PictureCounter = no_picture,
) -> int:
    """About how many tokens the input of a request has at a model."""
    parts = form.parts_beyond_text(body)
    text = _encode(form.text_alone(body) if parts else body)
    counts = [count_picture(_family(model), part) for part in parts]
    if None in counts:
        return model.context_tokens
    return count_tokens(text) + sum([count or 0 for count in counts])


def refuse_large_input(
    ceiling: int,
    estimate: Callable[[int], int],
    model: ServedModel,
    policy: EffectivePolicy,
    *,
    inputs: int = 1,
) -> None:
    """Raise InputTooLarge where the estimate is over the context of the model, which each of so many inputs has to
    itself, or over the rule `max_tokens_in`.

    The ceiling is several times the truth for plain text, so it only tells whether the estimate has to be made.
    """
    limit = largest_input(model, policy, inputs=inputs)
    if ceiling < limit or (tokens := estimate(limit)) <= limit:
        return
    allowed = policy.number("max_tokens_in")
    raise input_error(tokens, limit, is_models=allowed is None or allowed > model.context_tokens * inputs)


def largest_input(model: ServedModel, policy: EffectivePolicy, *, inputs: int = 1) -> int:
    """Tokens: the model's context for each input, or less by the rule `max_tokens_in`."""
    allowed, context = policy.number("max_tokens_in"), model.context_tokens * inputs
    return context if allowed is None else min(allowed, context)
