"""Where a server listens and how much it logs: by flag, else environment, else the file of `--config`, else default."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gateway_project import env
from gateway_project.foreign_configs.server_settings import ServerSettings, server_settings
from gateway_project.logs import LEVELS
from launcher.errors import ConfigRefused, LauncherError
from metering.errors import CatalogInvalid
from metering.management.numbers import whole

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
EVERYWHERE = "0.0.0.0"  # noqa: S104 # what `:8080` means
LISTEN_ADDRESS, LOG_LEVEL = "LISTEN_ADDRESS", "LOG_LEVEL"
a_port = whole(1, 2**16 - 1)
"""A flag's."""
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):([0-9]{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A host, and a port of it."""

    host: str
    port: int


def read_settings(config: str | None) -> ServerSettings:
    """What the file says of the server. Raises ConfigRefused for one that cannot be read."""
    if config is None:
        return ServerSettings()
    try:
        return server_settings(Path(config).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigRefused(f"{config} is not UTF-8 text.") from error
    except OSError as error:
        raise ConfigRefused(f"{config} cannot be read: {error.strerror}.") from error
    except CatalogInvalid as error:
        raise ConfigRefused(f"{config}: {error.message}") from error


def address(host: str | None, port: int | None, of_file: ServerSettings) -> Address:
    """The address to listen on; `host` and `port` are flags, each of which counts by itself."""
    said = parse_address(env.text(LISTEN_ADDRESS), LISTEN_ADDRESS) or _of_file(of_file)
    return Address(
        host=host or (said.host if said else DEFAULT_HOST),
        port=port if port is not None else said.port if said else DEFAULT_PORT,
    )


def parse_address(text: str, name: str) -> Address | None:
    """`HOST:PORT`, or `:PORT` for every address of the machine; None for no text. Raises LauncherError."""
    if not text:
        return None
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match[2]) < 2**16:
        raise LauncherError(
            f"{name} must be HOST:PORT, or :PORT for all addresses, such as 127.0.0.1:8080, [::1]:8080 or :8080."
        )
    return Address(host=match[1].strip("[]") or EVERYWHERE, port=int(match[2]))


def set_log_level(flag: str | None, of_file: ServerSettings) -> None:
    """Put the level into the environment, where this program and those that it starts find it."""
    if of_file.log_level and of_file.log_level not in LEVELS:
        raise ConfigRefused(f"llmproxy.log_level must be one of {', '.join(LEVELS)}.")
    if flag is not None:
        os.environ[LOG_LEVEL] = flag
    elif not env.text(LOG_LEVEL) and of_file.log_level:
        os.environ[LOG_LEVEL] = of_file.log_level


def _of_file(of_file: ServerSettings) -> Address | None:
    try:
        return parse_address(of_file.listen_addr, "llmproxy.listen_addr")
    except LauncherError as error:
        raise ConfigRefused(str(error)) from None
