"""A JSON file that nobody else can read, and that a crash never leaves half-written."""

import json
import logging
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from gateway_client.errors import ConfigurationError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAX_BYTES = 1_000_000
logger = logging.getLogger("gateway_client")


def read_private(path: Path) -> dict[str, Any]:
    """The file's object; empty where there is no file. One that others could read is closed to them, with a warning.

    Raises ConfigurationError for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & OTHERS:
                os.fchmod(file.fileno(), PRIVATE_FILE)
                logger.warning(
                    "credentials.were_readable: %s was readable by others, and is not any more", path
                )
            content = json.loads(file.read(MAX_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}). Delete it and sign in again.") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not what the client wrote. Delete it and sign in again.")
    return content


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Replaces the file as a whole. Raises ConfigurationError where it cannot be written."""
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600 from the start
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}.") from error
