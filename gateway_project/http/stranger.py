"""A stranger is a caller whose credential nobody has looked up yet.

A proof costs a query, so it is asked for only when the caller needs more than strangers get.
"""

import asyncio
import logging

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.utils.timezone import now
from starlette.applications import Starlette
from starlette.requests import Request

from gateway_project.http.request_headers import address_of, credential_of
from gateway_project.http.room import Room
from metering.calls.cached_directory import CachedDirectory
from metering.errors import MeteringError, MeteringUnavailable, NotPermitted
from metering.identity.identify import identify
from metering.network import counted_address
from metering.orm import in_database_thread

PROOFS = Room(places=4, per_address=2, waiting=200, wait_s=5.0)
"""How many credentials are checked at the same time. Each check asks the database."""
logger = logging.getLogger(__name__)


class Stranger:
    """The sender of one of Django's requests."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._proof: asyncio.Task[bool] | None = None
        self.address = counted_address(address_of(request) or "")
        """The address under which this caller is counted."""
        self.refusal: MeteringError | None = None
        """Why the caller's credential was refused, once it has been checked."""

    async def is_known(self) -> bool:
        """Checks, at most once, whether a good token, access token or console session came with the request."""
        if self._proof is None:
            self._proof = asyncio.create_task(self._look(), name="stranger.proof")
        return await asyncio.shield(self._proof)

    async def _look(self) -> bool:
        secret, session = self._secret(), self._request.cookies.get(settings.SESSION_COOKIE_NAME)
        if secret is None and not session:
            return False
        try:
            if secret is not None and self._is_kept(secret):
                return True
            async with PROOFS.place(self.address):
                return await self._is_good(secret, session)
        except MeteringError as refusal:
            self.refusal = refusal
        except DatabaseError as error:
            logger.warning("stranger.unproven", extra={"error": type(error).__name__})
            self.refusal = MeteringUnavailable("The database cannot be reached.")
        return False

    def _is_kept(self, secret: str) -> bool:
        """Whether this process knows the credential already, and has heard of no change since."""
        directory = self._directory()
        return directory is not None and directory.kept_principal(secret) is not None

    async def _is_good(self, secret: str | None, session: str | None) -> bool:
        """Whether somebody stands behind it. One who may spend is known from now on: others of a burst need not ask.

        Raises MeteringError for a bad credential; the view says so itself.
        """
        directory = self._directory()
        if secret is not None and directory is not None:
            try:
                await directory.principal(secret)
            except NotPermitted:
                pass  # somebody without a plan, as super admins are
            else:
                return True
        return await in_database_thread(_known_to_database, secret, session)

    def _directory(self) -> CachedDirectory | None:
        app = self._request.scope.get("app")
        runtime = getattr(app.state, "runtime", None) if isinstance(app, Starlette) else None
        directory: CachedDirectory | None = runtime.gateway.directory if runtime is not None else None
        return directory

    def _secret(self) -> str | None:
        try:
            return credential_of(self._request)
        except MeteringError:
            return None


def _known_to_database(secret: str | None, session: str | None) -> bool:
    """Whether somebody stands behind it. Raises MeteringError for a bad credential; the view says so itself."""
    if secret is not None:
        identify(bearer=secret, now=now())
        return True
    return SESSION_KEY in SessionStore(session_key=session).load()
