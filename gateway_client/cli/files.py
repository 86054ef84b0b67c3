"""Files that commands write: none is replaced unless that is wanted, and none is left half-written."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from gateway_client.cli.answer import say
from gateway_client.errors import ConfigurationError

ForceOption = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]


def check_free(path: Path, force: bool) -> None:
    """Before anything is paid for. Raises typer.BadParameter for a file that is there or cannot be written."""
    if path.exists() and not force:
        raise typer.BadParameter(f"{path} is there already; --force replaces it.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(f"No file can be written in {path.parent}.")


def write_file(path: Path, content: bytes) -> None:
    """The whole file or none. Raises ConfigurationError."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}.") from error
    say(f"wrote {path}")


def _umask() -> int:
    """What a file of one's own is not open to; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
