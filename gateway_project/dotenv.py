r"""Reads `.env` into the environment. A line that says nothing here stops the program, and is not repeated: it may
hold a secret.

    NAME=value              # a comment begins after a blank: `a#b` is a value
    NAME = "value # whole"
    export NAME='value'
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z_0-9]*)\s*=(.*)", re.ASCII)
_LITERAL = re.compile(r"\s*'(.*?)'(?:\s+#.*)?\s*")
_QUOTED = re.compile(r'\s*"(.*?)"(?:\s+#.*)?\s*')
_COMMENT = re.compile(r"\s#.*")
_ESCAPED = re.compile(r"\\([^rnt])")


FROM_FILE = "GATEWAY_KEYS_OF_DOTENV"
"""The names of vendors' keys that the file has put into the environment, for the processes that are started with it:
those follow the file while a program runs. Everything else is read once.
"""
FOLLOWED = ("_API_KEY", "_API_KEY_FILE")


def read_dotenv(path: Path) -> None:
    """What is already in the environment wins, also where only NAME_FILE is there. Raises ImproperlyConfigured."""
    said = dict(_assignments(_text(path), path))
    of_file = {name for name in os.environ.get(FROM_FILE, "").split(",") if name}
    fresh = {name: value for name, value in said.items() if name in of_file or not _is_given(name)}
    for name in of_file - said.keys():  # taken away since
        os.environ.pop(name, None)
    os.environ.update(fresh)
    if followed := {name for name in fresh if name.endswith(FOLLOWED)}:
        os.environ[FROM_FILE] = ",".join(sorted(followed))
    else:
        os.environ.pop(FROM_FILE, None)


def _is_given(name: str) -> bool:
    return name in os.environ or bool(os.environ.get(f"{name}_FILE"))


def _text(path: Path) -> str:
    """Empty where there is no file."""
    if not path.is_file():
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} must be UTF-8 text.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None


def _assignments(text: str, path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.fullmatch(line)
        if found is not None and "\0" not in line:
            yield found[1], _value(found[2])
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value; a comment begins with #.")


def _value(raw: str) -> str:
    if found := _LITERAL.fullmatch(raw):
        return found[1]
    if found := _QUOTED.fullmatch(raw):
        return _ESCAPED.sub(r"\1", found[1])
    return _COMMENT.sub("", raw, count=1).strip()
