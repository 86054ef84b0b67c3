"""Chat completions, chunks of them and errors, in which each field may be wrong on its own."""

import json

from tests.vendors.odd_json import Field, OddJson, just
from tests.vendors.odd_values import CODES, FINISHES, SENTENCES

INDEXES = (b"0", b"1", b"0", b"-1", b"127", b"100000", b"0.0", b"true")
PICTURE = b'[{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]'


class OddAnswer(OddJson):
    """Writes answers: `kind` is `message` for a whole one, `delta` for a chunk."""

    def answer(
        self, kind: str = "message", *, finish: bool = True, choices: int = 1, usage: bool = True
    ) -> bytes:
        decide = self.decide
        fields: dict[str, Field] = {
            "id": just(b'"c-1"'),
            "object": just(b'"chat.completion"'),
            "created": just(b"1700000000"),
            "model": just(b'"raw-1"'),
            "choices": lambda: b"[%b]" % b",".join(self.choice(kind, finish=finish) for _ in range(choices)),
        }
        if usage:
            fields["usage"] = self.usage
        if self.odd and decide.once_in(4):
            fields |= {"service_tier": self.text, "x_groq": lambda: self.object({"usage": self.usage})}
        if self.odd and decide.once_in(8):
            fields["timings"] = lambda: self.object({"prompt_n": self.count, "predicted_n": self.count})
        if self.odd and decide.once_in(8):
            fields["error"] = self.error_object
        answer = self.object(fields)
        return b"[%b]" % answer if decide.once_in(self.odd * 4) else answer

    def choice(self, kind: str, *, finish: bool) -> bytes:
        fields: dict[str, Field] = {
            "index": self.index,
            kind: lambda: self.said(kind),
            "finish_reason": lambda: self.decide.of(FINISHES) if finish else b"null",
        }
        if self.odd and self.decide.once_in(4):
            fields |= {"logprobs": self.logprobs, "usage": self.usage, "text": self.text}
        return self.object(fields)

    def said(self, kind: str) -> bytes:
        decide = self.decide
        fields: dict[str, Field] = {"role": just(b'"assistant"'), "content": self.text}
        further: list[tuple[str, Field]] = [
            ("reasoning", self.text),
            ("reasoning_content", self.text),
            ("refusal", self.text),
            ("tool_calls", lambda: b"[%b]" % self.tool_call(kind)),
            ("function_call", self.function),
            ("audio", lambda: self.object({"id": self.text, "transcript": self.text, "data": self.text})),
            ("reasoning_details", lambda: b"[%b]" % self.object({"type": self.text, "text": self.text})),
            ("images", just(PICTURE)),
        ]
        for _ in range(decide.below(3) if decide.once_in(4) else 0):
            name, field = decide.of(further)
            fields[name] = field
        if decide.once_in(4):
            del fields["role"]
        return self.object(fields)

    def tool_call(self, kind: str) -> bytes:
        fields: dict[str, Field] = {"id": self.text, "type": just(b'"function"'), "function": self.function}
        return self.object({"index": self.index, **fields} if kind == "delta" else fields)

    def function(self) -> bytes:
        return self.object({"name": self.text, "arguments": self.text})

    def index(self) -> bytes:
        return self.decide.of(INDEXES) if self.odd else b"0"

    def logprobs(self) -> bytes:
        return self.object({"content": just(b'[{"token": "a", "logprob": -0.5}]')})

    def error_object(self) -> bytes:
        decide = self.decide
        fields: dict[str, Field] = {
            "message": self.sentence,
            "type": lambda: decide.of(CODES),
            "code": lambda: decide.of(CODES),
            "param": lambda: decide.of((b"null", b'"max_tokens"', self.sentence())),
        }
        if decide.once_in(4):
            fields["loc"] = lambda: b'["body", %b, %b]' % (self.value(), self.sentence())
        return self.object(fields)

    def sentence(self) -> bytes:
        return self.decide.of(SENTENCES)

    def error(self) -> bytes:
        """An error's body in any of the vendors' shapes, or in none."""
        inner = self.error_object()
        shape = self.decide.of((*ERROR_SHAPES, b"text", b"value"))
        if shape == b"text":
            return self.sentence().strip(b'"')
        if shape == b"value":
            return self.value()
        shape = shape.replace(b"%text", json.dumps(inner.decode("utf-8", "replace")).encode())
        return shape.replace(b"%error", inner).replace(b"%sentence", self.sentence())


ERROR_SHAPES = (
    *(b'{"error": %error}', b'[{"error": %error}]', b'{"detail": [%error]}', b'{"errors": [%error, 7]}'),
    *(b'{"message": %text}', b'{"error": %sentence}', b"%error", b'{"error": {"error": %error}}'),
)
