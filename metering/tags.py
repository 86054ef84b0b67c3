"""Tags: free labels of a call, such as `project=apollo`, that limits and reports know it by.

A call has at most MAX_TAGS of them, and one value for each key. Their one form is a sorted tuple of `key=value` texts.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from metering.errors import InvalidRequest
from metering.text import normal

HEADER = "x-gateway-tags"
MAX_TAGS = 10
MAX_KEY = 32
MAX_VALUE = 64
MAX_TAG = MAX_KEY + 1 + MAX_VALUE
MAX_TEXT = MAX_TAGS * (MAX_TAG + 2) * 2
"""Of a header or another text of tags, with room for what NFC composes."""
Tags = tuple[str, ...]
_KEY = re.compile(rf"[a-z0-9][a-z0-9_.-]{{0,{MAX_KEY - 1}}}", re.ASCII)
FORM = "KEY=VALUE, such as project=apollo"
KEYS = f"1 to {MAX_TAGS} keys of tags, such as project,cost-centre"


def read_tags(given: object, param: str) -> Tags:
    """The tags of a text `project=apollo,cost-centre=7`, a list of `key=value` texts, or an object of keys and values.

    Raises InvalidRequest, which names `param`.
    """
    if isinstance(given, str):
        if len(given) > MAX_TEXT:
            raise InvalidRequest(f"{param} holds at most {MAX_TAGS} tags.", param=param)
        return _of_text(given, param)
    pairs: Iterable[object]
    if isinstance(given, Mapping):
        pairs = given.items()
    elif isinstance(given, list | tuple):
        pairs = given
    else:
        raise InvalidRequest(
            f"{param} must be an object of keys and values, a list of texts {FORM}, or such texts with commas between.",
            param=param,
        )
    if len(given) > MAX_TAGS:
        raise InvalidRequest(f"A call has at most {MAX_TAGS} tags; {param} has {len(given)}.", param=param)
    return _merged([_of_pair(pair, param) for pair in pairs], param)


def merge_tags(some: Tags, others: Tags, param: str) -> Tags:
    """Both sources' tags. Raises InvalidRequest, which names `param`, where they say different things of one key."""
    if not some or some == others:
        return others
    return _merged([*map(_split, some), *map(_split, others)], param) if others else some


def read_tag(given: object, param: str) -> str:
    """One tag in its one form. Raises InvalidRequest."""
    if not isinstance(given, str):
        raise InvalidRequest(f"{param} must be {FORM}.", param=param)
    key, value = _of_pair(given, param)
    return f"{key}={value}"


def read_keys(given: object) -> Tags:
    """Keys of tags: a list of texts, or a text with commas between. Sorted; raises ValueError."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not 0 < len(parts) <= MAX_TAGS:
        raise ValueError(f"These must be {KEYS}.")
    keys = [part.strip() if isinstance(part, str) else part for part in parts]
    if not all(map(is_key, keys)):
        raise ValueError(f"These must be {KEYS}.")
    return tuple(sorted(set(keys)))


def missing_keys(required: Tags, tags: Tags) -> list[str]:
    """The required keys of which the tags say nothing."""
    if not required:
        return []
    given = {_split(tag)[0] for tag in tags}
    return [key for key in required if key not in given]


def is_key(text: object) -> bool:
    """Whether it can be the key of a tag."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _of_text(text: str, param: str) -> Tags:
    return _merged([_of_pair(part, param) for part in text.split(",") if part.strip()], param)


def _merged(pairs: Iterable[tuple[str, str]], param: str) -> Tags:
    found: dict[str, str] = {}
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            raise InvalidRequest(
                f"The tag {key} is said to be {found[key]!r} and {value!r}; a call has one value for each key.",
                param=param,
            )
    if len(found) > MAX_TAGS:
        raise InvalidRequest(f"A call has at most {MAX_TAGS} tags; this one has {len(found)}.", param=param)
    return tuple(sorted([f"{key}={value}" for key, value in found.items()]))


def _of_pair(given: object, param: str) -> tuple[str, str]:
    """A key and its value, of a text or of an object's item."""
    if isinstance(given, str):
        key, separator, value = given.partition("=")
        if not separator:
            raise InvalidRequest(f"A tag of {param} must be {FORM}, not {_shown(given)}.", param=param)
        return _checked(key.strip(), value, param)
    if isinstance(given, tuple) and isinstance(given[0], str):
        return _checked(given[0], given[1], param)
    raise InvalidRequest(f"A tag of {param} must be a text {FORM}.", param=param)


def _checked(key: str, value: object, param: str) -> tuple[str, str]:
    if not is_key(key):
        raise InvalidRequest(
            f"A tag's key is 1 to {MAX_KEY} of a-z, 0-9, '_', '.' and '-', beginning with a letter or a digit; "
            f"{_shown(key)} in {param} is none.",
            param=param,
        )
    text = normal(value).strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= MAX_VALUE or not text.isprintable() or "," in text:
        raise InvalidRequest(
            f"The value of the tag {key} in {param} must be text: 1 to {MAX_VALUE} printable characters, no comma.",
            param=param,
        )
    return key, text


def _split(tag: str) -> tuple[str, str]:
    key, _, value = tag.partition("=")
    return key, value


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_TAG else text[:MAX_TAG] + "…")
