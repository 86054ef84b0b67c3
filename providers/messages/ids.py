"""Ids in the letters that the Messages protocol takes."""

import hashlib
import re

LONGEST_ID = 128
_OTHER_LETTERS = re.compile(r"[^a-zA-Z0-9_-]")
CHAT = "chatcmpl-"


def tool_id(given: str) -> str:
    """A call's id; ids of other vendors may have more letters. Different ids stay different."""
    plain = _OTHER_LETTERS.sub("_", given)
    if plain == given:
        return plain
    digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain[:40]}_{digest}"


def message_id(chat_id: object, attempt_id: str) -> str:
    """An answer's id, made from the one that the vendor gave it."""
    given = chat_id if isinstance(chat_id, str) and chat_id else attempt_id
    plain = _OTHER_LETTERS.sub("_", given.removeprefix(CHAT))[:LONGEST_ID]
    return plain if plain.startswith("msg_") else f"msg_{plain}"
