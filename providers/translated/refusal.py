"""What a vendor's protocol cannot say is refused by the field's name before anything is sent, and never left out."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from providers.port import Failure, ProviderError

WRONG_REQUEST = 400
PATH_LENGTH = 128
SAYS_NOTHING: dict[str, Callable[[Any], bool]] = {
    "n": lambda value: value == 1,
    "logprobs": lambda value: value is False,
    "top_logprobs": lambda value: value == 0,
    "store": lambda value: value is False,
    "presence_penalty": lambda value: value == 0,
    "frequency_penalty": lambda value: value == 0,
    "logit_bias": lambda value: value == {},
    "modalities": lambda value: value == ["text"],
    "verbosity": lambda value: value == "medium",
    "prediction": lambda value: value == {},
    "functions": lambda value: value == [],
}
"""Field → whether its value is what a vendor does without it. None and absent always are."""
GATEWAYS_OWN = frozenset(
    {"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"}
)
"""Fields that every translation reads."""


def refusal(field: str, why: str) -> ProviderError:
    """The error for a field that cannot be translated: nothing was sent, and another vendor may have a word for it."""
    field = field[:PATH_LENGTH]
    return ProviderError(
        f"`{field}` {why}", failure=Failure.UNREACHABLE, retryable=False, status=WRONG_REQUEST, param=field
    )


def refuse_unread(body: Mapping[str, Any], read: frozenset[str], vendor: str) -> None:
    """Raise ProviderError for a field that the translation does not read and that says something."""
    for field, value in body.items():
        if value is None or field in read or field in GATEWAYS_OWN:
            continue
        if field in SAYS_NOTHING:
            if not SAYS_NOTHING[field](value):
                raise refusal(field, f"has no counterpart in the protocol of {vendor}")
        else:
            raise refusal(field, f"is not known in the protocol of {vendor}")


def mapping_at(value: object, path: str) -> Mapping[str, Any]:
    """An object of the request. Raises ProviderError for what is none."""
    if not isinstance(value, Mapping):
        raise refusal(path, "has to be an object")
    return value


def list_at(value: object, path: str) -> list[Any]:
    """A list of the request. Raises ProviderError for what is none."""
    if not isinstance(value, list):
        raise refusal(path, "has to be a list")
    return value


def text_at(value: object, path: str) -> str:
    """A text of the request. Raises ProviderError for what is none, and for an empty one."""
    if not isinstance(value, str):
        raise refusal(path, "has to be text")
    if not value:
        raise refusal(path, "is empty")
    return value


def word_at(value: object, path: str, words: Collection[str]) -> str:
    """One of the words that are known. Raises ProviderError for anything else."""
    if not isinstance(value, str) or value not in words:
        raise refusal(path, f"has to be {', '.join(words)} for this vendor and model")
    return value


def number_at(value: object, path: str, most: float) -> float:
    """A number from 0 to `most`. Raises ProviderError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise refusal(path, f"has to be a number from 0 to {most:g} for this vendor")
    return value


def stops_at(value: object) -> list[str]:
    """`stop`, which is a text or a list of texts."""
    return [text_at(stop, "stop") for stop in (value if isinstance(value, list) else [value])]
