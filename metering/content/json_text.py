"""The JSON of answers, as loose as vendors write it."""

import json
from typing import Any

import msgspec


def read_answer(text: bytes) -> Any:
    """What it says. Half of a surrogate pair is a question mark: vendors cut an emoji in two, and then what a call said
    is kept all the same. Raises ValueError for what is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        loose = json.dumps(json.loads(text), ensure_ascii=False)
        return json.loads(loose.encode("utf-8", "replace"))
