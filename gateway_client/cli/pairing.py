"""Signing in by a person who looks at the console: OAuth's device authorization grant (RFC 8628)."""

import getpass
import os
import socket
import sys
import time
import webbrowser
from typing import Any

from gateway_client.cli.answer import say
from gateway_client.errors import AuthenticationError, GatewayError, GatewayUnavailableError
from gateway_client.server_clock import ServerClock

SLOWER_S = 5.0
MOST_S = 3_600.0
"""Longer than any gateway waits."""
ENDINGS = {
    "access_denied": "The request was turned away in the console.",
    "expired_token": "Nobody has let this machine in within the time. Run `llm-gateway login` again.",
}


def paired(base_url: str, clock: ServerClock, *, browse: bool) -> dict[str, Any]:
    """The tokens of a new session, once somebody has approved it.

    Raises AuthenticationError if it is turned away or nobody decides in time, and what `ask` raises.
    """
    from gateway_client.sign_in import ask

    started = ask(base_url, "POST", "/api/auth/device", body={"machine": machine_name()}, clock=clock)
    try:
        code, page = started["user_code"], started["verification_uri"]
        whole, device_code = started["verification_uri_complete"], started["device_code"]
        wait_s, left_s = float(started["interval"]), min(MOST_S, float(started["expires_in"]))
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError(f"{base_url} answered no code. Is it a gateway?") from error
    say(f"Your code: {code}", "bold")
    say(f"Open {page} and type it there, or open\n{whole}")
    if browse and _has_desktop() and whole.startswith(("https://", "http://")):
        webbrowser.open(whole)
    deadline = time.monotonic() + left_s
    while time.monotonic() + wait_s < deadline:
        time.sleep(wait_s)
        try:
            pair: dict[str, Any] = ask(
                base_url, "POST", "/api/auth/device/token", body={"device_code": device_code}, clock=clock
            )
        except GatewayUnavailableError:
            wait_s += SLOWER_S  # as the RFC advises for a connection that fails
        except GatewayError as error:
            wait_s = _next_wait(error, wait_s)
        else:
            return pair
    raise AuthenticationError(ENDINGS["expired_token"], code="expired_token")


def _has_desktop() -> bool:
    """Whether a browser would have a window, and somebody looks. Else Python would take a browser for terminals."""
    if not sys.stderr.isatty():
        return False
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def machine_name() -> str:
    """How the console calls this machine: the person's name here, and the host's."""
    try:
        name = f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container without an entry for its user
        name = socket.gethostname()
    return "".join(sign for sign in name if sign.isprintable())[:100] or "a machine"


def _next_wait(error: GatewayError, wait_s: float) -> float:
    """How long to wait until the next poll. Raises the error if there is none."""
    if error.code == "authorization_pending":
        return wait_s
    if error.code == "slow_down":
        return wait_s + SLOWER_S
    if error.code in ENDINGS:
        raise AuthenticationError(
            ENDINGS[error.code], code=error.code, status_code=error.status_code, request_id=error.request_id
        ) from error
    raise error
