"""Where PUBLIC_URL is https, a proxy ends TLS in front of the gateway, and what it forwards counts as https.

Only our own proxies are believed: TRUSTED_PROXIES, or without any a proxy on this machine. From anybody else
`X-Forwarded-Proto` means nothing.
"""

from django.conf import settings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.http.request_headers import is_within
from gateway_project.public_url import authority_of

THIS_MACHINE = ("127.0.0.0/8", "::1")
HSTS = (b"strict-transport-security", b"max-age=31536000")
"""Browsers come by https only from now on, for a year."""
FORWARDED = b"x-forwarded-proto"


class BehindTls:
    """An ASGI application in front of all others."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        self._host = (b"host", authority_of(public_url).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not came_encrypted(scope):
            await self._app(scope, receive, send)
            return

        async def with_hsts(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), HSTS]}
            await send(message)

        # Proxies differ in what they make of Host. Links, redirects and Django's checks go by the public one.
        headers = [self._host, *(pair for pair in scope["headers"] if pair[0] != b"host")]
        await self._app({**scope, "scheme": "https", "headers": headers}, receive, with_hsts)


def came_encrypted(scope: Scope) -> bool:
    """Whether one of our proxies says that the whole way to it was https."""
    said = b",".join(value for name, value in scope["headers"] if name == FORWARDED)
    if not said or any(part.strip().lower() != b"https" for part in said.split(b",")):
        return False
    peer = scope["client"][0] if scope.get("client") else ""
    return is_within(peer, settings.TRUSTED_PROXIES or THIS_MACHINE)
