"""Reads the file that a command is given."""

import sys
from pathlib import Path

from django.core.management.base import CommandError


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`. Raises CommandError with one sentence."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
