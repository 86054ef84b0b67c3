"""What a person gives to a command as text: as an argument, in a file, or on standard input."""

import sys
from pathlib import Path
from typing import Annotated

import typer

MAX_CHARACTERS = 10_000_000
"""More than any gateway reads of one request."""
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", exists=True, dir_okay=False, readable=True, help="Read the text from a file."
    ),
]


def text_given(argument: str | None, file: Path | None, *, what: str) -> str:
    """The one text. An argument `-`, and none where something is piped, is standard input.

    Raises typer.BadParameter for none, two, one that is too long, and what is no UTF-8.
    """
    if argument not in (None, "-") and file is not None:
        raise typer.BadParameter(f"Give {what} as an argument or by --file, not both.")
    if file is not None:
        text = _whole(file)
    elif argument is None or argument == "-":
        text = piped(what)
    else:
        text = argument
    if not text.strip():
        raise typer.BadParameter(f"Give {what}: as an argument, by --file, or on standard input.")
    return text


def piped(what: str) -> str:
    """All of standard input; a person at a terminal is told how to end it."""
    if sys.stdin.isatty():
        typer.echo(f"Type {what}, then Ctrl-D on a line of its own.", err=True)
    try:
        text = sys.stdin.read(MAX_CHARACTERS + 1)
        text.encode()  # where the locale is C, Python reads what is no UTF-8 as surrogates
    except UnicodeError as error:
        raise typer.BadParameter("Standard input is not UTF-8 text.") from error
    return bounded(text)


def bounded(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise typer.BadParameter(f"That is more than {MAX_CHARACTERS:,} characters.")
    return text


def _whole(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return bounded(opened.read(MAX_CHARACTERS + 1))
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read as UTF-8 text: {error}") from error
