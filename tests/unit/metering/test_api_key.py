"""A vendor's key in the environment: read as it is meant, and refused without being shown where it cannot be sent."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.api_key import MAX_CHARACTERS, MAX_KEYS, UnusableKey, key_problem, read_keys

CANARY = "sk-canary"


def test_whitespace_around_a_key_is_not_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"\n {CANARY}\r\n")
    assert read_keys("X_API_KEY", {"X_API_KEY": f" {CANARY}\n"}) == (CANARY,)
    assert read_keys("X_API_KEY", {"X_API_KEY_FILE": f"{tmp_path / 'key'} "}) == (CANARY,)


def test_the_variable_wins_over_the_file_unless_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file")
    file = str(tmp_path / "key")
    assert read_keys("X_API_KEY", {"X_API_KEY": CANARY, "X_API_KEY_FILE": file}) == (CANARY,)
    assert read_keys("X_API_KEY", {"X_API_KEY": " ", "X_API_KEY_FILE": file}) == ("from the file",)


def test_an_unset_or_empty_key_is_none_and_no_problem(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for environment in (
        {},
        {"X_API_KEY": ""},
        {"X_API_KEY_FILE": ""},
        {"X_API_KEY_FILE": str(tmp_path / "empty")},
    ):
        assert read_keys("X_API_KEY", environment) == ()
        assert key_problem("X_API_KEY", environment) is None


@pytest.mark.parametrize(
    ("key", "about"),
    [
        (f"{CANARY}\nx", "several lines"),
        (f"{CANARY}\r\nx-injected: 1", "several lines"),
        (f"{CANARY}\0x", "control"),
        (f"{CANARY}\tx", "control"),
        (f"{CANARY}\x7fx", "control"),
        (f"{CANARY}\x85x", "control"),
        (f"{CANARY}…", "Latin-1"),
        (f"{CANARY}\udcff", "Latin-1"),
        (f"\u201c{CANARY}\u201d", "Latin-1"),
        (CANARY + "x" * MAX_CHARACTERS, "8,192"),
    ],
)
def test_what_cannot_be_a_header_is_refused_and_not_shown(tmp_path: Path, key: str, about: str) -> None:
    (tmp_path / "key").write_text(key, errors="surrogatepass")
    for source, environment in (
        ("X_API_KEY", {"X_API_KEY": key}),
        ("X_API_KEY_FILE", {"X_API_KEY_FILE": str(tmp_path / "key")}),
    ):
        if "\n" in key.replace("\r\n", "\n") and source.endswith("_FILE"):
            continue  # lines of a file are keys of their own
        problem = key_problem("X_API_KEY", environment)
        assert problem is not None
        assert problem.startswith(f"{source} ")
        assert CANARY not in problem
        if "\udcff" not in key:  # such a file is no text
            assert about in problem


def test_the_longest_key_and_one_in_latin_1_are_accepted() -> None:
    for key in ("x" * MAX_CHARACTERS, "clé secrète ÿ"):
        assert read_keys("X_API_KEY", {"X_API_KEY": key}) == (key,)
        assert key_problem("X_API_KEY", {"X_API_KEY": key}) is None


def test_a_file_that_is_no_text_or_is_none_is_refused_by_its_variable_only(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"sk-\xff\xfe")
    os.mkfifo(tmp_path / "pipe")
    for name in ("bytes", "pipe", "absent", "."):
        with pytest.raises(UnusableKey, match=r"^X_API_KEY_FILE names no readable text file$"):
            read_keys("X_API_KEY", {"X_API_KEY_FILE": str(tmp_path / name)})


def test_of_an_endless_file_no_more_is_read_than_a_key_can_have(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert "8,192" in (key_problem("X_API_KEY", {"X_API_KEY_FILE": str(tmp_path / "sparse")}) or "")


@pytest.mark.parametrize("name", ["", "sk-canary", "1KEY", "A B", "K" * 129, "KÉY", "KEY\n"])
def test_what_no_variable_can_be_called_is_refused_and_not_repeated(name: str) -> None:
    assert key_problem(name, {}) == "must be the name of an environment variable"


@given(st.text(st.characters(max_codepoint=0x17F)))
def test_whatever_is_accepted_is_one_header_line(text: str) -> None:
    try:
        keys = read_keys("X_API_KEY", {"X_API_KEY": text})
    except UnusableKey:
        return
    for key in keys:
        head = f"authorization: Bearer {key}\r\n".encode("latin-1")
        assert head.splitlines() == [head.strip(b"\r\n")]
        assert not any(byte < 0x20 or byte == 0x7F for byte in head[:-2])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "DATABASE_URL",
            "REDIS_URL",
            "EMAIL_URL",
            "SECRET_KEY",
            "JWT_SIGNING_KEY",
            "TOKEN_PEPPER",
            "METRICS_TOKEN",
        ),
        *("FIELD_ENCRYPTION_KEYS", "LLM_PROXY_SECRET", "LEDGER_DATABASE_URL", "REPORTING_DATABASE_URL"),
        *(
            "OPENALEX_API_KEY",
            "USPTO_ODP_API_KEY",
            "PATENTSVIEW_API_KEY",
            "HOME",
            "openai_api_key",
            "OPENAI_API_KEY_FILE",
        ),
    ],
)
def test_what_is_no_vendors_key_is_neither_accepted_nor_read(name: str) -> None:
    environment = {name: CANARY}
    assert (key_problem(name, environment) or "").startswith("must name a variable that ends in _API_KEY")
    with pytest.raises(UnusableKey, match="must name a variable that ends in _API_KEY") as refused:
        read_keys(name, environment)
    assert CANARY not in str(refused.value)
    assert key_problem(name, environment, is_active=False) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "OPENAI_API_KEY",
            "GOOGLE_AI_API_KEY",
            "GROK_API_KEY",
            "ANTHROPIC_API_KEY",
            "GROQ_API_KEY",
            "GLM_API_KEY",
        ),
        *("DEEPSEEK_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY", "OUR_OWN_VLLM_API_KEY"),
    ],
)
def test_the_vendors_keys_are(name: str) -> None:
    assert read_keys(name, {name: CANARY}) == (CANARY,)
    assert key_problem(name, {name: CANARY}) is None


def test_several_keys_are_separated_by_commas_and_in_a_file_by_lines_too(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("one\r\n\n two ,three\none\n")
    assert read_keys("X_API_KEY", {"X_API_KEY": " one,two , ,three,one"}) == ("one", "two", "three")
    assert read_keys("X_API_KEY", {"X_API_KEY_FILE": str(tmp_path / "keys")}) == ("one", "two", "three")


def test_one_wrong_key_among_several_is_refused_without_being_shown() -> None:
    problem = key_problem("X_API_KEY", {"X_API_KEY": f"good,{CANARY}\tx"})
    assert "control characters" in (problem or "")
    assert CANARY not in (problem or "")


def test_more_keys_than_are_bounded_are_refused() -> None:
    keys = [str(number) for number in range(MAX_KEYS)]
    assert read_keys("X_API_KEY", {"X_API_KEY": ",".join(keys)}) == tuple(keys)
    problem = key_problem("X_API_KEY", {"X_API_KEY": ",".join([*keys, "more"])})
    assert problem == "X_API_KEY holds more than 64 keys"
