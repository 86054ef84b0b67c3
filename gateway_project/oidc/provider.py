"""What is known of the identity provider: its addresses and its keys, kept for a while by each process."""

import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from gateway_project.oidc.errors import ProviderFailed
from gateway_project.oidc.exchange import ask

KEPT_S = 3_600.0
FAILED_S = 10.0
"""For so long a provider that failed is not asked again: everybody who comes would wait for it."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ASYMMETRIC = ("RSA", "EC", "OKP")


class Provider:
    """One issuer. A key that is not known yet is looked for once more, so that a rotated one works at once."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._facts: Mapping[str, Any] = {}
        self._facts_until = 0.0
        self._failed: tuple[float, str] = (0.0, "")
        """Until when it counts as failed, and why."""
        self._one_at_a_time = threading.Lock()
        self._keys: list[PyJWK] = []
        self._keys_until = 0.0

    def facts(self) -> Mapping[str, Any]:
        """The discovery document. Raises ProviderFailed."""
        with self._one_at_a_time:
            if time.monotonic() >= self._facts_until:
                until, reason = self._failed
                if time.monotonic() < until:
                    raise ProviderFailed(reason)
                self._discover()
            return self._facts

    def _discover(self) -> None:
        try:
            found = ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise ProviderFailed("the discovery document is another issuer's")
            if not all(isinstance(found.get(name), str) for name in ENDPOINTS):
                raise ProviderFailed("the discovery document lacks an endpoint")
        except ProviderFailed as failure:
            self._failed = (time.monotonic() + FAILED_S, failure.reason)
            raise
        self._facts, self._facts_until = found, time.monotonic() + KEPT_S

    def key(self, kid: str | None) -> PyJWK | None:
        """The public key of this id; without an id the only one. None: there is none. Raises ProviderFailed."""
        if time.monotonic() < self._keys_until and (found := self._known(kid)) is not None:
            return found
        self._keys = self._published()
        self._keys_until = time.monotonic() + KEPT_S
        return self._known(kid)

    def _known(self, kid: str | None) -> PyJWK | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == kid), None)

    def _published(self) -> list[PyJWK]:
        """Keys that sign, and of which the private half is the provider's alone."""
        try:
            keys = PyJWKSet.from_dict(ask("GET", self.facts()["jwks_uri"]))
        except (PyJWTError, AttributeError, TypeError) as error:
            raise ProviderFailed("no usable key set") from error
        return [key for key in keys if key.key_type in ASYMMETRIC and key.public_key_use != "enc"]


@lru_cache(maxsize=8)
def provider_at(issuer: str) -> Provider:
    """Return this process's one Provider for an issuer."""
    return Provider(issuer)
