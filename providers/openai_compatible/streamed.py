"""A vendor's stream, read event by event: a value that takes bytes and gives chunks, without any I/O."""

from collections.abc import Iterator

from msgspec.structs import replace

from providers.openai_compatible.answer import without_choices
from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.events import BoundedEvents
from providers.openai_compatible.final_usage import usage_of_answer, usage_of_cut
from providers.openai_compatible.finish import ends_any, failure_in, has_own_finish, with_known_finish
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient, on_one_line
from providers.openai_compatible.model_names import answering_model
from providers.openai_compatible.named_object import CHUNK, with_object
from providers.openai_compatible.request import asks_for_running_usage, asks_for_usage
from providers.openai_compatible.reshaped import head_of, null_usage_in, without_usage
from providers.openai_compatible.traits import Traits, may_hide_reasoning
from providers.openai_compatible.usage import ReportedUsage
from providers.openai_compatible.wire import Choice, WireAnswer, read_answer
from providers.port import Chunk, ProviderCall, ProviderError, Usage

DONE_FORMS = (b"[DONE]", b'"[DONE]"', b"[done]")
"""How the last event begins; the SDKs look no further either."""
GOES_ON = ("null", "none")
"""Finish reasons with which some vendors say that there is none yet."""


class StreamedAnswer:
    """What the events so far have said. Every failure is a ProviderError, after the chunks before it."""

    def __init__(self, call: ProviderCall, api_key: str, traits: Traits) -> None:
        choices = call.body.get("n")
        self._call = call
        self._api_key = api_key
        self._traits = traits
        self._choices = choices if isinstance(choices, int) and choices > 0 else 1
        self._events = BoundedEvents()
        self._model = ""
        self._tier = ""
        self._hides_running_usage = traits.running_usage and not asks_for_running_usage(call.asked)
        self._null_usage = b""
        """What each chunk says because the gateway asked for usage, to a caller who did not."""
        self._pieces = 0
        """Chunks with choices of a vendor that reports usage with each."""
        self._has_own_words = bool(traits.finish_reasons)
        self._lacks_object = not traits.names_object
        self._served: object = None
        self._first_event: bytes | None = None
        self._open: set[int] = set()
        """Choices that have begun and not finished."""
        self._finished: set[int] = set()
        self._problem: object = None
        """An error that stands in a choice which had not finished."""
        self._ends_with_usage = False
        self._shown_usage = False
        self._held: Chunk | None = None
        """A chunk with usage, until it is known whether anything follows it: if not, it is the last one."""
        self._may_be_last = False
        self._reported = ReportedUsage()
        self._generated = Generated()
        self.done = False
        """Whether `[DONE]` was read."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that matters is missing: the vendor said so, or every choice has ended."""
        return self.done or (len(self._finished) >= self._choices and not self._open)

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete, up to `[DONE]`."""
        return self._chunks(self._events.feed(data))

    async def end(self) -> list[Chunk]:
        """The last chunks: what came without its blank line, and what the answer is charged for."""
        chunks = [] if self.done else list(self._chunks(self._events.end()))
        if not (self.is_complete or self._is_closed_by_usage):
            raise broken("its stream ended before its answer did")
        if not (self._open or self._finished):
            raise await without_choices(self._call, self._reported, self._tier)
        usage = await usage_of_answer(self._call, self._reported, self._generated, self._tier)
        held = self._held
        if held is not None:
            return [*chunks, replace(held, usage=usage)]
        data = b"" if self._shown_usage else self._usage_event(usage)
        return [*chunks, Chunk(data=data, model=self._model, usage=usage, only_usage=True)]

    async def came(self) -> Usage | None:
        """What may be billed where the answer breaks off now; None if nothing came."""
        if self._generated.is_empty and self._reported.is_empty:
            return None
        hides = may_hide_reasoning(self._call.model, self._traits)
        return await usage_of_cut(
            self._call,
            self._reported,
            self._generated,
            self._tier,
            may_hide_reasoning=hides,
            is_counted_so_far=0 < self._pieces <= self._reported.output_reports,
        )

    @property
    def _is_closed_by_usage(self) -> bool:
        """Whether a stream that ends here, in good order, is one of a vendor that says nothing after the usage: neither
        `[DONE]` nor why a choice ended.
        """
        return self._ends_with_usage and (not self._finished or not self._open)

    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        for event in events:
            if self.done:
                return
            if event[:1] != b"{" and event.lstrip().startswith(DONE_FORMS):
                self.done = True
                return
            chunk = self._chunk(event)
            if chunk is None:
                continue
            if self._held is not None:
                yield self._held
                self._held = None
            if self._may_be_last:
                self._held, self._may_be_last = chunk, False
            else:
                yield chunk

    def _chunk(self, event: bytes) -> Chunk | None:
        try:
            answer, data = read_answer(event), on_one_line(event)
        except NotJson:
            if self.is_complete:
                return None  # what comes after the end takes nothing back
            raise broken("an event of its stream is not valid JSON") from None
        if answer.error or answer.x_groq or (self._has_own_words and ends_any(answer.choices or ())):
            if self._fails(answer):
                return None
            if has_own_finish(answer.choices or (), self._traits):
                data = with_known_finish(data, self._traits)
        if self._null_usage:
            data = data.replace(self._null_usage, b"")
        if self._lacks_object:
            data = with_object(data, CHUNK)
        if self._first_event is None:
            if not asks_for_usage(self._call.asked) and (written := null_usage_in(data)):
                self._null_usage, data = written, data.replace(written, b"")
            self._first_event = data
        if not self._model:
            self._model = answer.model_name
            if self._traits.serves_others and self._model:
                self._reported.extras.answered_by = answering_model(self._call.model, self._model)
        if answer.service_tier != self._served or answer.usage is not None:
            self._served = answer.service_tier
            self._tier = answer.tier or self._tier
        usages = self._count(answer)
        if self._problem:
            raise self._failure(self._problem)
        choices = answer.choices
        if choices:
            self._ends_with_usage = False
            if self._traits.running_usage:
                self._pieces += 1
                if usages and self._hides_running_usage:
                    usages, data = False, without_usage(data)
        elif usages:
            self._ends_with_usage = bool(self._open or self._finished) and not self._shown_usage
        if usages:
            self._shown_usage = True
            self._may_be_last = not choices or self.is_complete
        return Chunk(data=data, model=self._model, only_usage=usages and not choices)

    def _fails(self, answer: WireAnswer) -> bool:
        """Whether there is an error in it that takes nothing back. Raises ProviderError for one that does."""
        problem = answer.problem or failure_in(answer.choices or (), self._traits)
        if not problem or self.is_complete:
            return bool(problem)
        self._count(answer)  # some errors come with the last words
        raise self._failure(problem)

    def _failure(self, problem: object) -> ProviderError:
        reported = self._reported
        began = reported.has_output or bool(reported.extras.tool_calls) or not self._generated.is_empty
        return error_within(problem, self._api_key, began=began, words=self._traits.error_words)

    def _count(self, answer: WireAnswer) -> bool:
        """Take in what it says and reports; whether it reports anything."""
        has_usage = self._read_choices(answer.choices) if answer.choices else False
        if not (has_usage or answer.usage or answer.x_groq or answer.timings):
            return False  # nearly always
        usages = answer.usages()
        for usage in usages:
            self._reported.add(usage)
        return bool(usages)

    def _read_choices(self, choices: list[Choice]) -> bool:
        """Whether one of them has usage of its own."""
        has_usage = False
        for place, choice in enumerate(choices):
            index = choice.index if type(choice.index) is int else place
            if choice.error and not self.is_complete:
                self._problem = choice.error
            if choice.finish_reason and choice.finish_reason not in GOES_ON:
                self._finished.add(index)
                self._open.discard(index)
            elif index not in self._finished:
                self._open.add(index)
            said = choice.delta or choice.message or choice.text
            if said:
                self._generated.add(said)
                if type(said) is dict and len(said) > 1:
                    self._reported.extras.said(said)
            if choice.usage:
                has_usage = True
        return has_usage

    def _usage_event(self, usage: Usage) -> bytes:
        """For a caller who asked for usage, in the shape of the vendor's other chunks."""
        try:
            first = decode_object(self._first_event or b"{}")
        except NotJson:  # the fast decoder skips what it does not look for
            first = {}
        shown = {
            "prompt_tokens": usage.input_tokens or 0,
            "completion_tokens": usage.output_tokens or 0,
            "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
        }
        head = {"id": "", "created": 0} | head_of(first) | {"model": self._model}
        return encode_lenient(head | {"choices": [], "usage": shown})
