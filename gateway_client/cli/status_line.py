"""The line for an agent's status bar. It is asked every few seconds, so the answer is kept for a moment.

Nothing heavy is loaded while the kept line is good: no terminal library, no HTTP.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway_client.cli.clean import clean
from gateway_client.cli.words import bar, money, span_until
from gateway_client.credentials.private_file import read_private, write_private
from gateway_client.credentials.store import CredentialStore
from gateway_client.errors import AuthenticationError, ConfigurationError
from gateway_client.settings import Settings, load_settings

KEEP_S = 15.0
ANSWER_S = 3.0
"""The status bar waits, and asks again in a moment."""
BAR = 10
NO_BUDGET = "no budget"


def status_line(settings: Settings | None = None) -> str:
    """`██████░░░░  61.0% of $5.00 daily · $1.95 left · resets in 3h 12m`. Raises GatewayError."""
    settings = settings or load_settings()
    if not settings.base_url:
        raise AuthenticationError("You are not signed in. Run `llm-gateway login`.", code="not_authenticated")
    credentials = CredentialStore().path
    file = credentials.with_name("statusline.json")
    whose = [settings.base_url, settings.team, _credential_mark(settings, credentials)]
    kept = _kept(file, whose)
    if kept is None:
        kept = _asked(settings)
        with suppress(ConfigurationError):  # where nothing can be kept, it is asked for each time
            write_private(file, {"for": whose, "at": time.time(), "status": kept})
    return _line(kept)


def _credential_mark(settings: Settings, credentials: Path) -> str:
    """Tells one ATI token from another, and one sign-in from the next, and says nothing about them."""
    from hashlib import sha256

    if settings.api_key:
        return sha256(settings.api_key.encode()).hexdigest()[:16]
    try:
        return str(credentials.stat().st_mtime_ns)
    except OSError:
        return ""


def _kept(file: Path, whose: list[Any]) -> dict[str, Any] | None:
    try:
        content = read_private(file)
    except ConfigurationError:
        return None  # it is only for speed, and is written anew
    at, kept = content.get("at"), content.get("status")
    is_new = isinstance(at, float) and 0 <= time.time() - at < KEEP_S
    return kept if is_new and content.get("for") == whose and isinstance(kept, dict) else None


def _asked(settings: Settings) -> dict[str, Any]:
    """What is kept of `GET /llm/budget`. Its numbers are Decimals, which a file of JSON does not hold."""
    from gateway_client.cli.connection import opened

    with opened(settings) as api:
        status: dict[str, Any] = api.get_at_once("/llm/budget", timeout_s=ANSWER_S)
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in status.items()}


def _line(status: dict[str, Any]) -> str:
    if status.get("limit") is None:
        return NO_BUDGET
    percent = status["percentUsed"]
    parts = [
        f"{bar(percent, BAR)} {percent:.1f}% of {money(status['limit'])} {clean(status['period'])}",
        f"{money(status['remaining'])} left",
    ]
    if status["resetAt"] is not None:
        moment = datetime.fromtimestamp(status["resetAt"] / 1_000, UTC)
        parts.append(f"resets in {span_until(moment.isoformat(), datetime.now(UTC))}")
    return " · ".join(parts)
