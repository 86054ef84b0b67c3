"""A bad value stops the program with one sentence that names the variable and never repeats the value."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project import env


def test_a_file_gives_the_value_when_the_variable_itself_is_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("  from-file\n")
    monkeypatch.delenv("SAMPLE", raising=False)
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "secret"))
    assert env.text("SAMPLE") == "from-file"


def test_the_variable_wins_over_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMPLE", "direct")
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "absent"))
    assert env.text("SAMPLE") == "direct"


def test_a_missing_file_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SAMPLE", raising=False)
    monkeypatch.setenv("SAMPLE_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="SAMPLE_FILE must name a readable text file"):
        env.text("SAMPLE")


@pytest.mark.parametrize(
    ("raw", "expected"), [("true", True), ("ON", True), ("0", False), ("no", False), ("", True)]
)
def test_truth_is_read_strictly(monkeypatch: pytest.MonkeyPatch, raw: str, expected: bool) -> None:
    monkeypatch.setenv("SAMPLE", raw)
    assert env.boolean("SAMPLE", True) is expected


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("sometimes", lambda: env.boolean("SAMPLE", True)),
        ("12s", lambda: env.integer("SAMPLE", 1, low=0, high=60)),
        ("61", lambda: env.integer("SAMPLE", 1, low=0, high=60)),
        ("fast", lambda: env.number("SAMPLE", 1.0, low=0, high=60)),
        ("-0.5", lambda: env.number("SAMPLE", 1.0, low=0, high=60)),
        ("mysql://u:hunter2@h/d", lambda: env.url("SAMPLE", "", schemes=("postgresql",))),
        ("hunter2", lambda: env.email("SAMPLE", env.text("SAMPLE"))),
        ("*", lambda: env.origins("SAMPLE")),
        ("null", lambda: env.origins("SAMPLE")),
        ("https://app.example, https://app.example/path", lambda: env.origins("SAMPLE")),
        ("https://App.example", lambda: env.origins("SAMPLE")),
        ("https://u:hunter2@app.example", lambda: env.origins("SAMPLE")),
        ("app.example", lambda: env.origins("SAMPLE")),
        ("redis://:hunter2/x@h:1/0", lambda: env.url("SAMPLE", "", schemes=("redis",))),
        ("redis://:hunter2[@h:1/0", lambda: env.url("SAMPLE", "", schemes=("redis",))),
    ],
)
def test_a_bad_value_is_one_sentence_without_the_value(
    monkeypatch: pytest.MonkeyPatch, raw: str, read
) -> None:
    monkeypatch.setenv("SAMPLE", raw)
    with pytest.raises(ImproperlyConfigured) as refused:
        read()
    message = str(refused.value)
    assert message.startswith("SAMPLE must be")
    assert "\n" not in message
    assert "hunter2" not in message


def test_a_list_drops_empty_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE", " a, ,b ,")
    assert env.names("SAMPLE", []) == ["a", "b"]


def test_origins_are_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE", "https://app.example,http://localhost:3000, http://[::1]:80")
    assert env.origins("SAMPLE") == ["https://app.example", "http://localhost:3000", "http://[::1]:80"]
    assert env.origins("NOTHING_SAID") == []
