"""Read the environment strictly: a bad value stops the program with one sentence that names the variable.

Each variable `NAME` may also be given as `NAME_FILE`, the path of a file holding the value, which is how
containers hand over secrets. This module refuses what would else be coerced in silence, and never repeats a value,
not even in a chained error (`from None`), because it may be a secret. What a `.env` file says is put into the
environment before (dotenv.py).
"""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()
_TRUE = frozenset(environ.Env.BOOLEAN_TRUE_STRINGS)
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_FALSE = frozenset({"false", "off", "no", "n", "0"})


def text(name: str, default: str = "") -> str:
    """The value of `NAME`, else the content of the file `NAME_FILE`, else the default; empty counts as unset."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if not file_name:
        return default
    try:
        return Path(file_name).read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name}_FILE must name a readable text file.") from None


def integer(name: str, default: int, *, low: int, high: int) -> int:
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}.")
    return value


def number(name: str, default: float, *, low: float, high: float) -> float:
    raw = text(name)
    if not raw:
        return default
    try:
        value = float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low:g} and {high:g}.")
    return value


def boolean(name: str, default: bool) -> bool:
    raw = text(name).lower()
    if not raw:
        return default
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false.")


def choice(name: str, default: str, words: tuple[str, ...]) -> str:
    """One of the words, in small or capital letters."""
    value = text(name, default).lower()
    if value not in words:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(words)}.")
    return value


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list without empty items."""
    return listed(text(name)) or default


def listed(raw: str) -> list[str]:
    """What is between the commas, without empty items."""
    return [item.strip() for item in raw.split(",") if item.strip()]


def networks(name: str) -> list[str]:
    """A comma-separated list of addresses and networks."""
    found = names(name, [])
    for item in found:
        try:
            ip_network(item, strict=False)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be IP addresses or networks separated by commas."
            ) from None
    return found


def origins(name: str) -> list[str]:
    """A comma-separated list of web origins, as browsers write them in `Origin`: no path, no `*`."""
    found = names(name, [])
    if not all(_ORIGIN.fullmatch(item) for item in found):
        raise ImproperlyConfigured(
            f"{name} must be origins such as https://app.example or http://localhost:3000, in small letters and "
            "without a path, separated by commas."
        )
    return found


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    raw = text(name, default)
    try:
        parts = urlsplit(raw)
        port = (
            parts.port
        )  # what cannot be read as one may be a part of a password, and whoever connects would say it
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be a URL; in a password, write :/?#[]@ and % as %3A and so on."
        ) from None
    if raw and (parts.scheme not in schemes or port == 0):
        raise ImproperlyConfigured(
            f"{name} must be a URL starting with {' or '.join(s + '://' for s in schemes)}."
        )
    return raw


def email(name: str, raw: str) -> dict[str, object]:
    """Django's EMAIL_* settings for a URL such as smtp://user:password@host:25.

    Without one there is no mail server. Nor is there with consolemail://, since what a mail says is in no log.
    """
    if not raw or raw.startswith("consolemail:"):
        return {"EMAIL_BACKEND": "metering.alerts.no_mail_server.NoMailBackend"}
    try:
        return dict(_env.email_url_config(raw))
    except (ValueError, KeyError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} must be an e-mail URL such as smtp://host:25 or smtp+tls://user:password@host:587."
        ) from None
