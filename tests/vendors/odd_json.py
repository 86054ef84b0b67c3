"""Objects of JSON in which each field may be wrong on its own: something else, left out, or there twice."""

from collections.abc import Callable

from tests.vendors.decisions import Decisions
from tests.vendors.odd_values import COUNTS, DETAIL_NAMES, ODD, TEXTS, USAGE_NAMES

Field = Callable[[], bytes]
COLONS = (b": ", b":", b": ", b":\n  ")
COMMAS = (b", ", b",", b", ", b",\n")


class OddJson:
    """Writes JSON. Of its fields, one in `odd` is something else than it should be, one is left out; 0: none."""

    def __init__(self, decide: Decisions) -> None:
        self.decide = decide
        self.odd = decide.of((0, 24, 6))

    def object(self, fields: dict[str, Field]) -> bytes:
        """These fields, as compact or as wide as vendors write them."""
        decide, parts = self.decide, []
        for name, plain in fields.items():
            if not decide.once_in(self.odd):
                value = self.value() if decide.once_in(self.odd) else plain()
                parts.append(b'"%b"%b%b' % (name.encode(), decide.of(COLONS), value))
        if decide.once_in(self.odd):
            name = decide.of((*fields, "unknown", "\\ud83d", "\\u0000", ""))
            parts.append(b'"%b":%b' % (name.encode(), self.value()))
        return b"{" + decide.of(COMMAS).join(parts) + b"}"

    def value(self, depth: int = 2) -> bytes:
        """Anything."""
        if depth and self.decide.once_in(12):
            return b"[%b,%b]" % (self.value(depth - 1), self.value(depth - 1))
        if depth and self.decide.once_in(12):
            return b'{"%b":%b}' % (self.decide.of((b"content", b"error", b"usage")), self.value(depth - 1))
        return self.decide.of(ODD)

    def usage(self) -> bytes:
        """As OpenAI reports it, or with any vendor's names."""
        decide = self.decide
        if not self.odd or decide.once_in(2):
            prompt, completion = decide.below(20_000), decide.below(2_000)
            names = ("prompt_tokens", "completion_tokens", "total_tokens")
            figures = (prompt, completion, prompt + completion)
            return self.object({name: just(b"%d" % each) for name, each in zip(names, figures, strict=True)})
        fields: dict[str, Field] = {decide.of(USAGE_NAMES): self.count for _ in range(decide.below(6) + 1)}
        for name in ("prompt_tokens_details", "output_tokens_details"):
            if decide.once_in(3):
                fields[name] = self.usage_details
        return self.object(fields)

    def usage_details(self) -> bytes:
        return self.object({self.decide.of(DETAIL_NAMES): self.count for _ in range(2)})

    def count(self) -> bytes:
        return self.decide.of(COUNTS)

    def text(self) -> bytes:
        return self.decide.of(TEXTS)


def just(text: bytes) -> Field:
    return lambda: text
