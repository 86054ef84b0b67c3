"""What a configuration file says of the server itself. Read before Django is set up, so that it names nothing of it."""

from dataclasses import dataclass

from metering.catalog.yaml_reader import YamlReader
from metering.catalog.yaml_source import Problems, compose
from metering.text import normal

KEY = "llmproxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Empty: the file does not say it."""

    listen_addr: str = ""
    log_level: str = ""


def server_settings(text: str) -> ServerSettings:
    """Raises CatalogInvalid for what is no YAML, or has something else than text in one of the two places."""
    problems = Problems()
    proxy = YamlReader(compose(normal(text)), "", problems, None).mapping(KEY, None)
    if proxy is None:
        return ServerSettings()
    found = ServerSettings(listen_addr=proxy.text("listen_addr"), log_level=proxy.text("log_level").lower())
    problems.raise_if_any()
    return found
