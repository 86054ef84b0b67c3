"""A vendor's API key, which lives in the environment: `NAME_API_KEY`, else in the file `NAME_API_KEY_FILE`.

Whatever else the environment holds, such as the database's address or our own secrets, is never read as a key, so that
no row and no file of the catalog can have it sent to a vendor.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from unicodedata import category

MAX_CHARACTERS = 8_192
MAX_FILE_CHARACTERS = 4 * MAX_CHARACTERS
"""Whitespace around the key included; of a larger file no more than this is read."""
LAST_OF_LATIN_1 = "\xff"
ENDING = "_API_KEY"
NOT_VENDORS = frozenset({"OPENALEX_API_KEY", "USPTO_ODP_API_KEY"})
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


def read_key(variable: str, environment: Mapping[str, str]) -> str:
    """The key without surrounding whitespace; empty where none is set.

    Raises UnusableKey for a variable that no key may be in, for a key that cannot be an HTTP header, and for a file
    that cannot be read.
    """
    if not is_key_variable(variable):
        raise UnusableKey(f"The API key variable {NAME_PROBLEM}")
    if value := environment.get(variable, "").strip():
        return _checked(value, source=variable)
    source = f"{variable}_FILE"
    file_name = environment.get(source, "").strip()
    return _checked(_content(Path(file_name), source).strip(), source=source) if file_name else ""


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
        read_key(variable, environment)
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


def _checked(key: str, *, source: str) -> str:
    if len(key) > MAX_CHARACTERS:
        raise UnusableKey(f"{source} holds more than {MAX_CHARACTERS:,} characters")
    if any(category(character) == "Cc" for character in key):
        raise UnusableKey(
            f"{source} holds control characters or several lines, which no HTTP header can carry"
        )
    if key and max(key) > LAST_OF_LATIN_1:
        raise UnusableKey(f"{source} holds characters beyond Latin-1, which no HTTP header can carry")
    return key
