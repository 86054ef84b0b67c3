"""What a model has said, wherever an answer holds it, for counting where usage is missing or cannot be believed.

Beside it an answer may hold what tools found and what a vendor wants back as it is (signatures, encrypted pages).
Nobody generated that, so it does not contradict the vendor's figures.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.token_counting import count_in_thread

_NAMES = """
    role id type index object format annotations citations expires_at
    signature thoughtSignature thought_signature extra_content provider_specific_fields
    encrypted_content encrypted_index encrypted_stdout
    executed_tools codeExecutionResult toolResponse functionResponse
"""
NOT_GENERATED = frozenset(_NAMES.split())
"""Keys of a message whose values the model did not write: names, places, seals, what tools say."""
RESULT = "tool_result"
"""How the types of blocks end that hold what a tool of the vendor's found."""
SEALED = ("redacted_thinking", "reasoning.encrypted")
"""Types of blocks in which a thought is encrypted."""
MAX_TEXT = 4 * 1024 * 1024
"""Characters that are kept for counting; those beyond count as a token each."""
MAX_DEPTH = 20
DATA_URL = "data:"
THOUGHTS = ("reasoning", "thinking")
"""How the names of fields begin that some vendors fill with the same text."""


class Generated:
    """The texts of one answer, in the order in which they came."""

    def __init__(self) -> None:
        self.length = 0
        """Characters."""
        self.beyond_text = False
        """Whether there is a picture, sound or an encrypted thought, whose tokens nobody can count here."""
        self._texts: list[str] = []
        self._not_kept = 0

    @property
    def is_empty(self) -> bool:
        return not self.length and not self.beyond_text

    def add(self, message: object) -> None:
        """A message or a delta, whatever its fields are. The same thought under two names counts once."""
        if not isinstance(message, dict):
            if isinstance(message, str):
                self._keep(message)
            return
        if len(message) == 1:  # the usual delta
            content = message.get("content")
            if type(content) is str:
                self._keep(content)
                return
        if "type" in message and self._is_not_text(message):
            return
        thoughts: set[str] | None = None
        for name, value in message.items():
            if value is None or name in NOT_GENERATED:
                continue
            if type(value) is str and not name.startswith(THOUGHTS):
                self._keep(value)
                continue
            for text in self._texts_of_fields({name: value}, MAX_DEPTH):
                if name.startswith(THOUGHTS):
                    thoughts = set() if thoughts is None else thoughts
                    if text in thoughts:
                        continue
                    thoughts.add(text)
                self._keep(text)

    async def count(self) -> int:
        """Tokens, at least one where anything was said."""
        if not self.length:
            return 0
        return max(1, await count_in_thread("".join(self._texts))) + self._not_kept

    def _keep(self, text: str) -> None:
        if text.startswith(DATA_URL):
            self.beyond_text = True
            return
        self.length += len(text)
        if self.length > MAX_TEXT:
            self._not_kept += len(text)
        elif text:
            self._texts.append(text)

    def _texts_in(self, value: object, depth: int) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, bool) or value is None or depth == 0:
            return
        elif isinstance(value, int | float):
            yield str(value)
        elif isinstance(value, dict):
            yield from self._texts_of_fields(value, depth)
        elif isinstance(value, list):
            for item in value:
                yield from self._texts_in(item, depth - 1)

    def _is_not_text(self, block: Mapping[str, Any]) -> bool:
        """Whether nothing in a block is text that the model wrote."""
        kind = block["type"]
        if kind in SEALED:
            self.beyond_text = True
            return True
        return type(kind) is str and kind.endswith(RESULT)

    def _texts_of_fields(self, value: Mapping[str, Any], depth: int) -> Iterator[str]:
        if "type" in value and self._is_not_text(value):
            return
        for name, item in value.items():
            if name in NOT_GENERATED:
                continue
            if name == "audio" and isinstance(item, dict):
                self.beyond_text = self.beyond_text or bool(item.get("data"))
                yield from self._texts_in(item.get("transcript"), depth - 1)
            elif name == "arguments" and isinstance(item, dict):
                for key, argument in item.items():
                    yield key
                    yield from self._texts_in(argument, depth - 1)
            else:
                yield from self._texts_in(item, depth - 1)
