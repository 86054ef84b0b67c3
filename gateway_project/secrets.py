"""Secrets the operator did not set are generated once and kept in the state directory.

So a fresh clone runs without configuration and still has no secret in its source: `secrets.json` (mode 0600)
is written by whoever comes first and read by every later process.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

GENERATORS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "JWT_SIGNING_KEY": lambda: secrets.token_urlsafe(64),
    "TOKEN_PEPPER": lambda: secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
}


def generated_secrets(state_dir: Path) -> dict[str, str]:
    """Every generated secret, creating the ones that do not exist yet."""
    path = state_dir / "secrets.json"
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (state_dir / "secrets.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            missing = {name: make() for name, make in GENERATORS.items() if name not in known}
            if missing:
                known |= missing
                _write_private(path, json.dumps(known, indent=2))
            return known
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"The state folder {state_dir} cannot hold secrets.json: {error}."
        ) from error


def _write_private(path: Path, content: str) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    partial.replace(path)
