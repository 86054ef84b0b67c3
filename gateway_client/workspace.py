"""The folder that somebody works in: whose team it belongs to, as the `.llm-gateway.toml` above it says. Public.

```toml
[teams]
enabled = true                        # Teams mode, where somebody is signed in
api_url = "https://gateway.example"
team_id = "red"                       # id or slug

[llm]
provider = "deepseek"                 # of direct mode: deepseek, anthropic, openai, or an OpenAI-compatible URL
model = "deepseek-chat"
temperature = 0.7
max_tokens = 1000
```

Such a file comes with a repository, so it may be anybody's. It holds no secrets, and names no place where one is kept:
a credential goes only to the gateway that it was made for, a key only to the vendor, or the URL, that it was set for.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gateway_client.credentials.credential import normal_url
from gateway_client.errors import ConfigurationError

FILE_NAME = ".llm-gateway.toml"
MAX_BYTES = 100_000
MAX_DEPTH = 256
"""Folders that are looked at, from the first one upwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """How the workspace's team calls models."""

    enabled: bool = True
    api_url: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Llm:
    """Which model, and whose in direct mode."""

    provider: str | None = None
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A folder with a `.llm-gateway.toml`."""

    path: Path
    """The file."""
    teams: Teams = Teams(enabled=False)
    llm: Llm = Llm()


SECTIONS: dict[str, type[Teams] | type[Llm]] = {"teams": Teams, "llm": Llm}
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "enabled": ((bool,), "true or false"),
    "temperature": ((int, float), "a number"),
    "max_tokens": ((int,), "a whole number"),
}
"""What a field has to be; any other one is a text."""
TEXT = ((str,), "a text")


def find_workspace(folder: Path) -> Workspace | None:
    """The nearest file in the folder or above it. Raises ConfigurationError for one that says what nobody reads."""
    folder = folder.resolve()
    for place in (folder, *folder.parents)[:MAX_DEPTH]:
        path = place / FILE_NAME
        if path.is_file():
            return read_workspace(path)
    return None


def read_workspace(path: Path) -> Workspace:
    """What a file says. Raises ConfigurationError, which names file and field."""
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(MAX_BYTES).decode())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    unknown = [name for name in content if name not in SECTIONS]
    if unknown:
        raise ConfigurationError(f"{path}: there is no section [{unknown[0]}]; there are [teams] and [llm].")
    return Workspace(path=path, **{name: _section(path, name, content[name]) for name in content})


def _section(path: Path, section: str, given: object) -> Any:
    if not isinstance(given, dict):
        raise ConfigurationError(f"{path}: {section} has to be a section, [{section}].")
    kind = SECTIONS[section]
    known = [field.name for field in fields(kind)]
    for name, value in given.items():
        if name not in known:
            raise ConfigurationError(f"{path}: [{section}] has no field {name!r}; it has {', '.join(known)}.")
        kinds, wanted = KINDS.get(name, TEXT)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ConfigurationError(f"{path}: {name} in [{section}] has to be {wanted}.")
    if given.get("api_url"):
        given = {**given, "api_url": normal_url(given["api_url"])}
    return kind(**given)
