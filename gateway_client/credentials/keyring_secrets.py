"""The secrets of credentials in the system's keyring, where the extra `keyring` is installed and one is there."""

import json
from typing import Any

from gateway_client.errors import ConfigurationError

SERVICE = "llm-gateway"


def keyring_backend() -> Any | None:
    """The system's keyring; None where the extra is not installed, or nothing keeps secrets here."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return None
    backend = keyring.get_keyring()
    return None if isinstance(backend, fail.Keyring | null.Keyring) else backend


def keep(backend: Any, base_url: str, secrets: dict[str, str | None]) -> bool:
    """Whether the keyring took them. One that is locked, or that does not answer, takes none."""
    from keyring.errors import KeyringError

    try:
        backend.set_password(SERVICE, base_url, json.dumps(secrets))
    except KeyringError:
        return False
    return True


def find(backend: Any | None, base_url: str) -> dict[str, Any] | None:
    """What was kept; None where it is gone. Raises ConfigurationError where the keyring cannot be asked."""
    if backend is None:
        raise ConfigurationError(
            f"The token for {base_url} is in the system's keyring, which cannot be opened here. "
            "Install the extra `keyring`, or sign in again."
        )
    from keyring.errors import KeyringError

    try:
        text = backend.get_password(SERVICE, base_url)
        found = json.loads(text) if text else None
    except (KeyringError, ValueError) as error:
        raise ConfigurationError(
            f"The system's keyring did not give the token for {base_url}: {error}."
        ) from error
    return found if isinstance(found, dict) else None


def forget(backend: Any | None, base_url: str) -> None:
    """What is not there stays so."""
    if backend is None:
        return
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        backend.delete_password(SERVICE, base_url)
    except PasswordDeleteError:
        return
    except KeyringError as error:
        raise ConfigurationError(
            f"The system's keyring did not forget the token for {base_url}: {error}."
        ) from error
