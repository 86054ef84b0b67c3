"""What something is known about: a provider, a model there, a key there. The same in every process."""

from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

EVERY_MODEL = EVERY_KEY = ""
GATEWAYS_OWN = ""
"""The owner of the gateway's keys."""
TAG_BYTES = 8


class Kind(StrEnum):
    """Why a place is not asked first."""

    CIRCUIT = "circuit"
    """Its calls fail."""
    REST = "rest"
    """The vendor refused the key, for its rate or for good."""


class Place(NamedTuple):
    """A model at a provider, reached with one key of one owner."""

    kind: Kind
    provider: str
    owner: str
    """The tenant whose key it is; empty: the gateway's. Another owner's places are others."""
    model: str
    """The vendor's name of it; empty: all of them."""
    key: str
    """The key's tag; empty: without a key, or whatever the key."""


def owner_of(key_of: UUID | None) -> str:
    """The owner's name in places."""
    return GATEWAYS_OWN if key_of is None else str(key_of)


def tag_of(secret: str) -> str:
    """Tells keys of one owner apart in every process and shows nothing of them; empty without a key."""
    return (
        blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=TAG_BYTES).hexdigest() if secret else ""
    )
