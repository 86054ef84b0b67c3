"""What deploy/Dockerfile promises. That its steps work is tried by `script/bench image`."""

import re
from pathlib import Path
from typing import Any

from dockerfile_parse import DockerfileParser

from gateway_project.secrets import GENERATORS

ROOT = Path(__file__).parents[3]
STEPS: list[dict[str, Any]] = DockerfileParser(path=str(ROOT / "deploy" / "Dockerfile")).structure
FINAL = STEPS[max(number for number, step in enumerate(STEPS) if step["instruction"] == "FROM") :]


def values(steps: list[dict[str, Any]], instruction: str) -> list[str]:
    return [step["value"] for step in steps if step["instruction"] == instruction]


def test_the_base_is_pinned_to_a_point_release_and_the_same_for_both_stages() -> None:
    [base] = [value for value in values(STEPS, "ARG") if value.startswith("BASE=")]
    assert re.fullmatch(r"BASE=debian:\d+\.\d+-slim(@sha256:[0-9a-f]{64})?", base)
    assert values(STEPS, "FROM") == ["${BASE} AS build", "${BASE}"]


def test_it_runs_as_an_ordinary_user_and_writes_to_one_folder() -> None:
    assert values(FINAL, "USER") == ["10001:10001"]
    assert values(FINAL, "VOLUME") == ["/var/lib/llm-gateway"]
    assert "10001" in values(FINAL, "RUN")[0]
    owned = [value for value in values(FINAL, "COPY") if "--chown" in value]
    assert owned == [], "the code is root's, and the program cannot change it"


def test_nothing_is_compiled_and_every_package_is_checked_against_its_hash() -> None:
    runs = "\n".join(values(STEPS, "RUN"))
    assert not re.search(r"\b(gcc|g\+\+|make|build-essential|python3-dev|cargo|rustc)\b", runs)
    assert "PIP_ONLY_BINARY=:all:" in values(STEPS, "ENV")
    assert "--require-hashes" in runs
    assert '"--require-hashes"' in (ROOT / "script" / "_setup.py").read_text()


def test_no_secret_and_nothing_but_what_it_runs_is_in_it() -> None:
    copied = [value.split()[-2] for value in values(STEPS, "COPY")]
    assert not {".", "tests", "bench", "docs", ".env", ".git"} & set(copied)
    assert all(value.startswith("--from=build") for value in values(FINAL, "COPY"))
    named = "\n".join(values(STEPS, "ENV") + values(STEPS, "ARG"))
    assert not [name for name in GENERATORS if name in named]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    shown = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    wanted = {path.partition("/")[0] for path in copied if not path.startswith("/")}
    assert wanted <= shown, "what is copied is sent to the builder"


def test_its_health_is_whether_a_call_could_be_served() -> None:
    [check] = values(FINAL, "HEALTHCHECK")
    assert "/health/ready" in check
    assert ":7007" in check
    assert values(FINAL, "EXPOSE") == ["7007"]


def test_packages_of_the_system_are_needed_and_few() -> None:
    runs = [run for run in values(STEPS, "RUN") if "apt-get install" in run]
    installed = [re.findall(r"--no-install-recommends ([^&]+)", run)[0].split() for run in runs]
    assert installed == [["ca-certificates", "python3", "python3-venv"], ["ca-certificates", "python3"]]
