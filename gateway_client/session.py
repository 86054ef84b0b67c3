"""Who is signed in at one gateway, and the token to send. Public: `Session`.

A session's access token lives ten minutes. It is renewed before a call where it is about to expire by the gateway's
clock, and after a call that the gateway refused as expired: what the gateway says counts, whatever this machine's
clock does.
However many threads, tasks and processes find a token expired at once, it is renewed once:

1. In a process one thread renews, under a lock; those that waited find a token that is not the one they had.
2. It takes the lock that all processes share, and reads the stored credential. If another process has renewed it
   meanwhile, that one is used, and the gateway is not asked.
3. Else the refresh token is changed for the next pair, which is stored before the lock is given up. If that answer is
   lost, the same refresh token is sent again: for 30 seconds the gateway gives the same next one.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from gateway_client.credentials.credential import Credential, normal_url
from gateway_client.credentials.store import CredentialStore
from gateway_client.errors import AuthenticationError, GatewayError, GatewayUnavailableError
from gateway_client.header_texts import token_text
from gateway_client.server_clock import ServerClock

EARLY_S = 30.0
"""So long before its end a token counts as expired: a call takes time to arrive."""
NOT_SIGNED_IN = "Not authenticated"


class TokenSource(Protocol):
    """Where the bearer of a request comes from."""

    clock: ServerClock

    def token(self) -> str | None:
        """One that can be sent now, at once; None: it has to be renewed first."""
        ...

    def renew(self, stale: str | None) -> str:
        """Another one than `stale`. May take seconds, so not on an event loop.

        Raises AuthenticationError and GatewayUnavailableError.
        """
        ...


class FixedToken:
    """Implements TokenSource for an ATI token that the program was given: there is nothing to renew."""

    def __init__(self, token: str) -> None:
        """Raises ConfigurationError for what can be no token."""
        self._token = token_text(token)
        self.clock = ServerClock()

    def token(self) -> str | None:
        return self._token

    def renew(self, stale: str | None) -> str:
        raise AuthenticationError(
            "Token expired. Please re-authenticate.", status_code=401, code="token_expired"
        )


class Session:
    """Implements TokenSource for whoever has signed in at a gateway."""

    def __init__(
        self, base_url: str, *, store: CredentialStore | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.base_url = normal_url(base_url)
        self.store = store or CredentialStore()
        self.clock = ServerClock(clock)
        self._renewing = threading.Lock()
        self._credential: Credential | None = None

    def active_context(self) -> Credential | None:
        """The credential in force, which may have expired; None: nobody has signed in."""
        if self._credential is None:
            self._take(self.store.load(self.base_url))
        return self._credential

    def is_authenticated(self) -> bool:
        """Whether somebody is signed in, and the gateway, if it can be asked, still thinks so."""
        if self.active_context() is None:
            return False
        if self.token() is not None:
            return True
        try:
            self.renew(None)
        except AuthenticationError:
            return False
        except GatewayUnavailableError:
            return True
        return True

    def token(self) -> str | None:
        held = self.active_context()
        if held is None:
            raise AuthenticationError(NOT_SIGNED_IN, code="not_authenticated")
        return None if self._has_expired(held) else held.access

    def renew(self, stale: str | None) -> str:
        """`stale` None: the token that is held, if it has expired."""
        with self._renewing:
            held = self.active_context()
            if held is not None and held.access != stale and not self._has_expired(held):
                return held.access
            with self.store.locked():
                return self._renew_locked(stale).access

    def sign_in(self, email: str, password: str) -> Credential:
        """Begins a session and stores it."""
        return self._begin("/api/auth/token", {"email": email, "password": password})

    def sign_in_with_token(self, token: str) -> Credential:
        """Stores an ATI token, once the gateway has taken it. Raises AuthenticationError for one that it refuses."""
        from gateway_client.sign_in import ask

        token = token_text(token)
        ask(self.base_url, "GET", "/api/auth/me", token=token, clock=self.clock)
        return self.adopt(
            Credential(base_url=self.base_url, access=token, clock_offset_s=self.clock.offset_s)
        )

    def adopt(self, credential: Credential) -> Credential:
        """Stores a credential, in place of the one before."""
        with self._renewing, self.store.locked():
            self.store.save(credential)
            self._take(credential)
        return credential

    def adopt_pair(self, pair: dict[str, Any]) -> Credential:
        """Stores the pair of tokens of a new session, as the gateway has just answered it."""
        return self.adopt(self._credential_of(pair))

    def sign_out(self) -> bool:
        """Ends the session at the gateway and forgets it here. Returns whether somebody was signed in.

        It is forgotten whatever the gateway answers: it may be gone, and another service be at its address.
        """
        from gateway_client.sign_in import ask

        held = self.active_context()
        if held is not None and held.is_session:
            try:
                token = self.token() or self.renew(None)
                ask(self.base_url, "POST", "/api/auth/logout", token=token, clock=self.clock)
            except GatewayError:
                pass  # it is over, or will be when it expires
        with self._renewing, self.store.locked():
            self._credential = None
            return self.store.delete(self.base_url)

    def _renew_locked(self, stale: str | None) -> Credential:
        stored = self.store.load(self.base_url)
        if stored is None:
            self._credential = None
            raise AuthenticationError(NOT_SIGNED_IN, code="not_authenticated")
        known = self._credential.access if self._credential is not None else None
        if stored.access not in (stale, known):
            self._take(stored)
            if not self._has_expired(stored):
                return stored
        if stored.refresh is None:
            raise AuthenticationError(
                "Token expired. Please re-authenticate.", status_code=401, code="token_expired"
            )
        try:
            return self._begin("/api/auth/token/refresh", {"refresh": stored.refresh}, locked=True)
        except AuthenticationError as error:
            error.args = (f"Your session has ended. Please re-authenticate. ({error.message})",)
            error.message = error.args[0]
            raise

    def _begin(self, path: str, body: dict[str, str], *, locked: bool = False) -> Credential:
        from gateway_client.sign_in import ask

        credential = self._credential_of(ask(self.base_url, "POST", path, body=body, clock=self.clock))
        if not locked:
            return self.adopt(credential)
        self.store.save(credential, make_default=False)
        self._take(credential)
        return credential

    def _credential_of(self, pair: dict[str, Any]) -> Credential:
        try:
            return Credential(
                base_url=self.base_url,
                access=pair["access"],
                refresh=pair["refresh"],
                expires_at=self.clock.now() + float(pair["expires_in"]),
                clock_offset_s=self.clock.offset_s,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise GatewayError(f"{self.base_url} answered no pair of tokens. Is it a gateway?") from error

    def _take(self, credential: Credential | None) -> None:
        if credential is not None and self._credential is None:
            self.clock.offset_s = credential.clock_offset_s
        self._credential = credential

    def _has_expired(self, held: Credential) -> bool:
        return held.expires_at is not None and held.expires_at - EARLY_S <= self.clock.now()
