"""The request of OpenAI's embeddings: texts, or their tokens, of which each has the model's context to itself."""

from metering.admission.forms.chat import Caches, Parts, RequestForm
from metering.admission.text_tokens import TextCeiling
from metering.catalog.served import ServedModel
from metering.ports import Body


class EmbeddingsForm(RequestForm):
    """Of OpenAI's embeddings. A token that is given as a number has at least two bytes of the request."""

    allowed = frozenset({"model", "input", "encoding_format", "dimensions", "user", "metadata", "stream"})
    unpriced_values = {}
    output_fields = ()
    schema_fields = ()
    messages_field = "input"
    makes_text = False

    def caches_of(self, body: Body) -> Caches:
        return []

    def parts_beyond_text(self, body: Body) -> Parts:
        return []

    def has_vendors_tool(self, body: Body) -> bool:
        return False

    def choices_of(self, body: Body) -> int:
        return 1

    def inputs_of(self, body: Body) -> int:
        given = body["input"]
        return len(given) if isinstance(given, list) and not isinstance(given[0], int) else 1

    def overhead_of(self, body: Body) -> int:
        return super().overhead_of({"input": body["input"] if self.inputs_of(body) > 1 else [""]})

    def spared_by_counting(self, body: Body, tokenizer: str, text_ceiling: TextCeiling) -> int:
        """0: its texts are bounded by their bytes alone."""
        return 0

    def edited(self, body: Body, model: ServedModel, output_tokens: int) -> Body:
        edited = {**body, "model": model.physical_name}
        edited.pop("metadata", None)  # the gateway's own labels
        return edited


EMBEDDINGS = EmbeddingsForm()
