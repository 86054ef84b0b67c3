"""Where credentials are kept from one run to the next. Public.

`credentials.json` in the person's own folder of settings names the gateways. The tokens are in the system's keyring
where there is one, else in that file, whose mode is 0600. Every change happens under a lock that all processes share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from gateway_client.credentials.credential import Credential, normal_url
from gateway_client.credentials.keyring_secrets import find, forget, keep, keyring_backend
from gateway_client.credentials.private_file import PRIVATE_FOLDER, read_private, write_private
from gateway_client.errors import ConfigurationError

APPLICATION = "llm-gateway"
LOCK_TIMEOUT_S = 60.0
"""Longer than a refresh takes, its own repetitions included."""
SYSTEM: Final = "system"
SECRETS = ("access", "refresh")


class CredentialStore:
    """One credential for each gateway."""

    def __init__(
        self, folder: Path | None = None, *, keyring: Any | Literal["system"] | None = SYSTEM
    ) -> None:
        """`folder`: by default the person's own. `keyring`: a backend of the keyring package; None: the file alone."""
        if folder is None:
            from platformdirs import user_config_path

            folder = user_config_path(APPLICATION)
        self.path = folder / "credentials.json"
        self._keyring_asked = keyring

    def load(self, base_url: str) -> Credential | None:
        """The credential for a gateway, if somebody has signed in there."""
        base_url = normal_url(base_url)
        facts = self._gateways(read_private(self.path)).get(base_url)
        if not isinstance(facts, dict):
            return None
        if facts.get("in_keyring"):
            secrets = find(self._keyring, base_url)
            if secrets is None:
                return None
            facts = {**facts, **secrets}
        try:
            return Credential(
                base_url=base_url,
                access=facts["access"],
                refresh=facts["refresh"],
                expires_at=facts["expires_at"],
                clock_offset_s=facts["clock_offset_s"],
            )
        except KeyError as error:
            raise ConfigurationError(f"{self.path} lacks {error}. Delete it and sign in again.") from error

    def default(self) -> Credential | None:
        """The one of the gateway that was signed in at last."""
        base_url = read_private(self.path).get("default")
        return self.load(base_url) if isinstance(base_url, str) else None

    def save(self, credential: Credential, *, make_default: bool = True) -> None:
        """In place of the one before for the same gateway."""
        facts = credential.as_json()
        backend = self._keyring
        secrets = {name: facts[name] for name in SECRETS}
        if backend is not None and keep(backend, credential.base_url, secrets):
            facts = {name: value for name, value in facts.items() if name not in SECRETS} | {
                "in_keyring": True
            }
        content = read_private(self.path)
        gateways = {**self._gateways(content), credential.base_url: facts}
        default = credential.base_url if make_default else content.get("default")
        write_private(self.path, {"default": default, "gateways": gateways})

    def delete(self, base_url: str) -> bool:
        """Whether there was one."""
        base_url = normal_url(base_url)
        content = read_private(self.path)
        gateways = self._gateways(content)
        facts = gateways.pop(base_url, None)
        if not isinstance(facts, dict):
            return False
        if facts.get("in_keyring"):
            forget(self._keyring, base_url)
        default = content.get("default")
        write_private(self.path, {"default": None if default == base_url else default, "gateways": gateways})
        return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """No other process, and no other thread, changes a credential meanwhile.

        Raises ConfigurationError where the folder cannot be written, or somebody else holds the lock for over a minute.
        """
        from filelock import FileLock, Timeout

        path = self.path.with_suffix(".lock")
        lock = FileLock(path, timeout=LOCK_TIMEOUT_S, mode=0o600)
        try:
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise ConfigurationError(f"Another process has held {path} for over a minute.") from error
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}.") from error
        try:
            yield
        finally:
            lock.release()

    @property
    def _keyring(self) -> Any | None:
        if self._keyring_asked == SYSTEM:
            self._keyring_asked = keyring_backend()
        return self._keyring_asked

    def _gateways(self, content: dict[str, Any]) -> dict[str, Any]:
        found = content.get("gateways", {})
        return found if isinstance(found, dict) else {}
