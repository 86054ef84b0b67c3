"""The process's secrets, checked. Those the operator did not set are generated once and kept in the state directory.

So a fresh clone runs without configuration and still has no secret in its source: `secrets.json` (mode 0600)
is written by whoever comes first and read by every later process.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from django.core.exceptions import ImproperlyConfigured

from gateway_project import env

GENERATORS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "JWT_SIGNING_KEY": lambda: secrets.token_urlsafe(64),
    "TOKEN_PEPPER": lambda: secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
}
LONG = ("SECRET_KEY", "TOKEN_PEPPER")
MIN_LENGTH = 32


def read_secrets(state_dir: Path) -> dict[str, str]:
    """Returns each secret by name, from the environment or generated. Raises ImproperlyConfigured for a short one."""
    known = {name: env.text(name) for name in GENERATORS}
    if not all(known.values()):
        generated = generated_secrets(state_dir)
        known = {name: value or generated[name] for name, value in known.items()}
    for name in LONG:
        if len(known[name]) < MIN_LENGTH:
            raise ImproperlyConfigured(f"{name} must be at least {MIN_LENGTH} characters long.")
    return known


def signing_keys(text: str) -> list[str]:
    """Keys of JWTs separated by commas. Raises ImproperlyConfigured."""
    keys = env.listed(text)
    if not keys or min(map(len, keys)) < MIN_LENGTH:
        raise ImproperlyConfigured(
            f"JWT_SIGNING_KEY must be keys of at least {MIN_LENGTH} characters, separated by commas."
        )
    return keys


def encryption_keys(text: str) -> list[str]:
    """Fernet keys separated by commas. Raises ImproperlyConfigured."""
    keys = env.listed(text)
    try:
        MultiFernet([Fernet(key) for key in keys])  # refuses an empty list too
    except ValueError:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS must be Fernet keys separated by commas.") from None
    return keys


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
