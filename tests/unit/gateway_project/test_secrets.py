"""Secrets nobody set are generated once, kept privately, and the same for every process."""

import json
import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from gateway_project.secrets import GENERATORS, generated_secrets


def test_secrets_are_generated_once(tmp_path: Path) -> None:
    assert generated_secrets(tmp_path) == generated_secrets(tmp_path)


def test_every_secret_is_long_and_the_encryption_key_is_usable(tmp_path: Path) -> None:
    made = generated_secrets(tmp_path)
    assert set(made) == set(GENERATORS)
    assert all(len(value) >= 43 for value in made.values())
    Fernet(made["FIELD_ENCRYPTION_KEYS"])


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    generated_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_new_kind_of_secret_is_added_without_changing_the_others(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"SECRET_KEY": "kept"}))
    made = generated_secrets(tmp_path)
    assert made["SECRET_KEY"] == "kept"
    assert set(made) == set(GENERATORS)


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda: seen.append(generated_secrets(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all(made == seen[0] for made in seen)


@pytest.mark.parametrize("content", ["not json", None])
def test_an_unusable_folder_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "state"
    if content is None:
        folder.write_text("a file where the folder should be")
    else:
        folder.mkdir()
        (folder / "secrets.json").write_text(content)
    with pytest.raises(ImproperlyConfigured, match=r"The state folder .* cannot hold secrets.json"):
        generated_secrets(folder)
