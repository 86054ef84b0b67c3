"""Reads a variable of the environment: `NAME`, else what stands in the file that `NAME_FILE` names."""

from collections.abc import Mapping
from pathlib import Path

from gateway_client.errors import ConfigurationError


def variable(environ: Mapping[str, str], name: str) -> str | None:
    """Empty counts as unset. Raises ConfigurationError for a file that cannot be read."""
    value = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip()
    if value or not file:
        return value or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{name}_FILE must name a readable text file.") from None
