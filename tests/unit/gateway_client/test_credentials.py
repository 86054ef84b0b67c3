"""Where credentials are kept, and to whom they are shown."""

import json
import os
import pickle
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from gateway_client import ConfigurationError, Credential, CredentialStore, InvalidRequestError, Session
from gateway_client.credentials.credential import normal_url
from tests.unit.gateway_client.scripted import Answer, refusal, scripted

URL = "https://gateway.example"
PAIR = Credential(
    base_url=URL, access="eyJ.access", refresh="eyJ.refresh", expires_at=1_000.5, clock_offset_s=-3
)


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self._locked = locked

    def set_password(self, service: str, username: str, password: str) -> None:
        if self._locked:
            raise KeyringLocked
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_keyring_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path / "new", keyring=None)
    store.save(PAIR)
    assert store.load(URL + "/v1/") == store.default() == PAIR
    assert (mode_of(store.path), mode_of(store.path.parent)) == (0o600, 0o700)
    assert [path.name for path in store.path.parent.iterdir()] == ["credentials.json"]


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path, keyring=None)
    store.save(PAIR)
    store.path.chmod(0o644)
    assert store.load(URL) == PAIR
    assert mode_of(store.path) == 0o600


def test_with_a_keyring_the_file_holds_no_secret(tmp_path: Path) -> None:
    ring = Ring()
    store = CredentialStore(tmp_path, keyring=ring)
    store.save(PAIR)
    assert store.load(URL) == PAIR
    assert "eyJ" not in store.path.read_text()
    assert store.delete(URL)
    assert (ring.kept, store.load(URL), store.delete(URL)) == ({}, None, False)


def test_a_keyring_that_is_locked_leaves_the_secret_to_the_file(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path, keyring=Ring(locked=True))
    store.save(PAIR)
    assert store.load(URL) == PAIR
    assert mode_of(store.path) == 0o600


def test_each_gateway_has_its_own_and_the_last_sign_in_is_the_default(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path, keyring=None)
    other = Credential(base_url="https://other.example", access="ati_other")
    store.save(PAIR)
    store.save(other)
    assert (store.default(), store.load(URL), store.load("https://evil.example")) == (other, PAIR, None)
    store.delete(other.base_url)
    assert (store.default(), store.load(URL)) == (None, PAIR)


@pytest.mark.parametrize("content", ["{", "[]", '{"gateways": {"https://gateway.example": {}}}'])
def test_a_file_that_is_broken_is_named(tmp_path: Path, content: str) -> None:
    store = CredentialStore(tmp_path, keyring=None)
    store.path.write_text(content)
    with pytest.raises(ConfigurationError, match=str(store.path)):
        store.load(URL)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path, keyring=None)
    store.save(PAIR)
    session = Session(URL, store=store)
    assert "eyJ" not in f"{PAIR!r} {PAIR} {session!r} {session.active_context()}"


def test_the_lock_keeps_threads_apart(tmp_path: Path) -> None:
    store, inside, most = CredentialStore(tmp_path, keyring=None), 0, 0
    counting = threading.Lock()

    def change() -> None:
        nonlocal inside, most
        for _ in range(5):
            with store.locked():
                with counting:
                    inside += 1
                    most = max(most, inside)
                store.save(PAIR)
                with counting:
                    inside -= 1

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@pytest.mark.parametrize(
    "url", ["https://g.example", "https://g.example/", " https://g.example/v1/", "https://g.example/v1"]
)
def test_one_gateway_has_one_name(url: str) -> None:
    assert normal_url(url) == "https://g.example"


def test_errors_survive_the_way_from_another_process() -> None:
    error = InvalidRequestError("No.", status_code=400, code="invalid_request", request_id="r", param="model")
    back: Any = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(back), back.args, back.__dict__) == (InvalidRequestError, ("No.",), error.__dict__)


def test_what_is_written_is_whole_or_as_before(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path, keyring=None)
    store.save(PAIR)
    before = json.loads(store.path.read_text())
    if os.geteuid() == 0:  # whom no mode stops
        store.path.unlink()
        store.path.mkdir()
        with pytest.raises(ConfigurationError, match="cannot be"):
            store.save(PAIR)
        assert [path.name for path in tmp_path.iterdir()] == ["credentials.json"]
        return
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        store.save(PAIR)
    assert json.loads(store.path.read_text()) == before


@pytest.mark.parametrize(
    "answer",
    [
        refusal(404, "not_found"),
        refusal(429, "rate_limited", retry_after=9),
        Answer(status=302, body="", headers={"location": "https://sso.example/"}),
    ],
)
def test_whatever_the_gateway_answers_signing_out_forgets_the_session(tmp_path: Path, answer: Answer) -> None:
    with scripted(answer) as script:
        store = CredentialStore(tmp_path, keyring=None)
        store.save(Credential(base_url=script.url, access="a", refresh="r", expires_at=time.time() + 600))
        assert Session(script.url, store=store).sign_out()
        assert store.load(script.url) is None


def test_a_folder_that_cannot_be_made_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = CredentialStore(tmp_path / "file" / "folder", keyring=None)
    with pytest.raises(ConfigurationError, match="cannot be written"), store.locked():
        pass
