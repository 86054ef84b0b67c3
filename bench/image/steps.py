"""What a Dockerfile says, instruction by instruction, with its variables put in. Only what ours uses is known."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True, kw_only=True)
class StageSteps:
    """One stage, from its FROM to the next."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def read_stages(dockerfile: Path) -> list[StageSteps]:
    """The stages in order. Raises ValueError for an instruction that is not known here."""
    arguments: dict[str, str] = {}
    stages: list[StageSteps] = []
    for step in DockerfileParser(path=str(dockerfile)).structure:
        name, value = step["instruction"], step["value"]
        if name == "COMMENT":
            continue
        if name == "ARG" and not stages:
            key, _, default = value.partition("=")
            arguments[key] = default
        elif name == "FROM":
            base, _, alias = value.partition(" AS ")
            stages.append(StageSteps(base=put_in(base, arguments), name=alias))
        else:
            stages[-1].steps.append((name, value))
    return stages


def put_in(text: str, variables: dict[str, str]) -> str:
    """The text with what stands for `$NAME` and `${NAME}`."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], ""), text)


def pairs(value: str) -> dict[str, str]:
    """The variables of an ENV or ARG."""
    return {
        key: text.strip('"')
        for key, _, text in (part.partition("=") for part in value.split() if part != "\\")
    }


def words(value: str) -> list[str]:
    """The words of an instruction in its form of a JSON list."""
    found = json.loads(value)
    if not all(isinstance(word, str) for word in found):
        raise ValueError(f"not a list of words: {value}")
    return list(found)
