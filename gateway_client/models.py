"""The models that the caller may ask for, what they cost, and a list for when nobody can be asked. Public."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway_client.calls import first_answer
from gateway_client.errors import GatewayUnavailableError
from gateway_client.retries import RetryPolicy
from gateway_client.steps import Flow, Send
from gateway_client.strange_answers import understood

PER = Decimal(1_000_000)
"""Prices are for so many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """US dollars per million tokens, as this caller is charged."""

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write: Decimal
    only_tokens: bool
    """False: more than tokens moves the price, such as long contexts, the hour, or a fee for each call."""

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal:
        """US dollars of a call, as far as tokens make them, with nothing from a cache."""
        return (self.input * input_tokens + self.output * output_tokens) / PER


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A name that can be asked for: of a model, an alias or a class."""

    id: str
    label: str
    provider: str = ""
    model_class: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    price: ModelPrice | None = None
    """None: nobody knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """Models by name."""

    models: tuple[Model, ...]
    is_safe_mode: bool = False
    """Nobody could be asked: these are the names that every gateway is set up with, and some may not be there."""

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    def find(self, name: str) -> Model | None:
        return next((model for model in self.models if model.id == name), None)


SAFE_MODE = ModelList(
    models=(
        Model(id="chat-default", label="Chat"),
        Model(id="claude-default", label="Claude"),
        Model(id="fast-reasoning", label="Fast reasoning"),
        Model(id="prompt-helper", label="Prompt helper"),
        Model(id="strong-reasoning", label="Strong reasoning"),
    ),
    is_safe_mode=True,
)
"""The aliases of the shipped catalog."""


def listing(prefix: str, policy: RetryPolicy, *, safe_mode: bool) -> Flow[ModelList]:
    """What the caller may ask for, below a prefix. `safe_mode`: where the gateway is not there, the list that every
    user interface can fall back to. Raises GatewayError.
    """
    try:
        opened = yield from first_answer(
            lambda _: Send(method="GET", path=f"{prefix}/models"), models=[""], policy=policy
        )
    except GatewayUnavailableError:
        if not safe_mode:
            raise
        return SAFE_MODE
    with understood():
        return ModelList(models=tuple(map(_model, opened.reply.body["data"])))


def _model(said: Mapping[str, Any]) -> Model:
    """Vendors in direct mode tell no more than the name."""
    price = said.get("price")
    return Model(
        id=said["id"],
        label=said.get("label") or said["id"],
        provider=said.get("owned_by") or "",
        model_class=said.get("model_class") or "",
        context_tokens=said.get("context_tokens"),
        max_output_tokens=said.get("max_output_tokens"),
        price=_price(price) if price else None,
    )


def _price(said: Mapping[str, Any]) -> ModelPrice:
    return ModelPrice(
        input=Decimal(said["input"]),
        output=Decimal(said["output"]),
        cached_input=Decimal(said["cached_input"]),
        cache_write=Decimal(said["cache_write"]),
        only_tokens=said["only_tokens"],
    )
