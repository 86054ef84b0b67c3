"""How the gateway's own items of a Responses answer are recognised when they come back.

An id that was made here means nothing to a vendor. What a vendor wants back with its tool calls
(`providers/signatures.py`) travels in the `encrypted_content` of a reasoning item, which clients send back as it is.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient

OURS = "gw"
"""Stands behind the kind in every id that is made here: `msg_gw_…`."""
PREFIX = "gateway.1."
"""How the `encrypted_content` begins that is made here."""
SEED_LENGTH = 64
_KINDS = ("resp", "msg", "rs", "fc", "ctc")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]+")


def seed_of(chat_id: object, attempt_id: str) -> str:
    """What the ids of one answer have in common: the vendor's id of it, or else the attempt's."""
    given = chat_id.removeprefix("chatcmpl-") if isinstance(chat_id, str) else ""
    return _NOT_IN_IDS.sub("", given)[:SEED_LENGTH] or _NOT_IN_IDS.sub("", attempt_id)[:SEED_LENGTH]


def made_id(kind: str, seed: str, place: int | None = None) -> str:
    """The id of an answer, or of the item at this place in it."""
    return f"{kind}_{OURS}_{seed}" if place is None else f"{kind}_{OURS}_{seed}_{place}"


def is_made_here(id: object) -> bool:
    return isinstance(id, str) and id.startswith(tuple([f"{kind}_{OURS}_" for kind in _KINDS]))


def sealed(extras: Mapping[str, Any]) -> str:
    """What tool calls want back, by the calls' ids, as an `encrypted_content`."""
    return PREFIX + urlsafe_b64encode(encode_lenient(dict(extras))).decode()


def is_sealed(content: object) -> bool:
    return isinstance(content, str) and content.startswith(PREFIX)


def opened(content: object) -> dict[str, Any]:
    """The same by the calls' ids; nothing where the content was not made here, or was spoilt since."""
    if not isinstance(content, str) or not is_sealed(content):
        return {}
    try:
        return decode_object(urlsafe_b64decode(content[len(PREFIX) :].encode()))
    except (ValueError, NotJson):
        return {}
