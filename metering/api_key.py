"""A vendor's API keys in the environment: `NAME_API_KEY`, else in the file `NAME_API_KEY_FILE`.

Several keys are separated by commas, in a file by lines too.

Whatever else the environment holds, such as the database's address or our own secrets, is never read as a key, so that
no row and no file of the catalog can have it sent to a vendor.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from unicodedata import category

MAX_CHARACTERS = 8_192
MAX_KEYS = 64
"""Of one provider."""
MAX_FILE_CHARACTERS = 16 * MAX_CHARACTERS
"""All keys and the whitespace around them; of a larger file no more than this is read."""
LAST_OF_LATIN_1 = "\xff"
ENDING = "_API_KEY"
NOT_VENDORS = frozenset(
    {"OPENALEX_API_KEY", "USPTO_ODP_API_KEY", "PATENTSVIEW_API_KEY", "OPENMETER_API_KEY", "STRIPE_API_KEY"}
)
"""Keys of ours for others than those who serve models."""
NAME_PROBLEM = f"must name a variable that ends in {ENDING}, since nothing else is sent to a vendor as a key"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


class UnusableKey(ValueError):
    """What a variable holds cannot be a key; the sentence has no part of it."""


def is_variable(name: str) -> bool:
    """Whether the environment can have a variable of this name."""
    return _VARIABLE.fullmatch(name) is not None


def is_key_variable(name: str) -> bool:
    """Whether a vendor's key may be in the variable of this name."""
    return is_variable(name) and name.endswith(ENDING) and name not in NOT_VENDORS


def read_keys(variable: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The keys without surrounding whitespace; none where none is set.

    Raises UnusableKey for a variable that no key may be in, for a key that cannot be an HTTP header, for too many of
    them, and for a file that cannot be read.
    """
    if not is_key_variable(variable):
        raise UnusableKey(f"The API key variable {NAME_PROBLEM}")
    if value := environment.get(variable, "").strip():
        return _separated(value.split(","), variable)
    source = f"{variable}_FILE"
    file_name = environment.get(source, "").strip()
    if not file_name:
        return ()
    lines = _content(Path(file_name), source).split("\n")
    return _separated([key for line in lines for key in line.split(",")], source)


def key_problem(variable: str, environment: Mapping[str, str], *, is_active: bool = True) -> str | None:
    """What is wrong with the variable's name, or with the key in it; None: nothing, or no key is set.

    What a provider that is switched off names is never sent, and switching it off must stay possible.
    """
    if not is_variable(variable):
        return "must be the name of an environment variable"
    if not is_active:
        return None
    if not is_key_variable(variable):
        return NAME_PROBLEM
    try:
        read_keys(variable, environment)
    except UnusableKey as error:
        return str(error)
    return None


def _content(path: Path, source: str) -> str:
    try:
        if path.is_file():  # a pipe would wait for its writer
            with path.open(encoding="utf-8") as file:
                return file.read(MAX_FILE_CHARACTERS)
    except (OSError, UnicodeDecodeError):
        pass  # told below, without what the system or the decoder quotes of it
    raise UnusableKey(f"{source} names no readable text file")


def _separated(parts: Iterable[str], source: str) -> tuple[str, ...]:
    """Each key once. Empty parts are none."""
    keys = tuple(dict.fromkeys([checked_key(key, source) for part in parts if (key := part.strip())]))
    if len(keys) > MAX_KEYS:
        raise UnusableKey(f"{source} holds more than {MAX_KEYS} keys")
    return keys


def checked_key(key: str, source: str) -> str:
    """The key itself. Raises UnusableKey for one that cannot be sent, naming where it came from."""
    if len(key) > MAX_CHARACTERS:
        raise UnusableKey(f"{source} holds more than {MAX_CHARACTERS:,} characters")
    if any(category(character) == "Cc" for character in key):
        raise UnusableKey(
            f"{source} holds control characters or several lines, which no HTTP header can carry"
        )
    if key and max(key) > LAST_OF_LATIN_1:
        raise UnusableKey(f"{source} holds characters beyond Latin-1, which no HTTP header can carry")
    return key
