"""How a key is sent: as it is, or as a token that is signed with it."""

import json
import time
from collections.abc import Callable

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from providers.keys import MAX_KEYS

BEARER, ZHIPU_JWT = "bearer", "zhipu_jwt"
LIFE_MS = 210_000
KEPT_S = 180.0
"""A token is renewed half a minute before it ends, so that it does not end on its way."""


class _AnyLength(HMACAlgorithm):
    """The vendor chooses how long its secrets are: 16 characters, of which PyJWT would warn at every token."""

    def check_key_length(self, key: bytes) -> None:
        return None


_signer = PyJWS()
_signer.unregister_algorithm("HS256")
_signer.register_algorithm("HS256", _AnyLength(HMACAlgorithm.SHA256))


class Authorization:
    """What stands in the `authorization` header, for each of an endpoint's keys."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}
        """By key, with the moment at which it was made."""

    def value(self, secret: str, scheme: str) -> str:
        """The header's value; empty without a key."""
        if not secret:
            return ""
        return f"Bearer {self._token(secret) if scheme == ZHIPU_JWT else secret}"

    def _token(self, secret: str) -> str:
        """A signed token of a key `id.secret`. A key of another form is sent as it is."""
        key_id, dot, signing = secret.partition(".")
        if not (dot and key_id and signing) or "." in signing:
            return secret
        now_s = self._clock()
        token, made_s = self._tokens.get(secret, ("", 0.0))
        if token and made_s <= now_s < made_s + KEPT_S:
            return token
        if len(self._tokens) >= MAX_KEYS:
            self._tokens.clear()
        token = zhipu_token(key_id, signing, now_s)
        self._tokens[secret] = token, now_s
        return token


def zhipu_token(key_id: str, signing: str, now_s: float) -> str:
    """What ZhipuAI's own SDK makes of a key: moments are in milliseconds."""
    now_ms = round(now_s * 1000)
    payload = json.dumps({"api_key": key_id, "exp": now_ms + LIFE_MS, "timestamp": now_ms})
    headers = {"typ": "", "sign_type": "SIGN"}  # an empty type is left out
    return _signer.encode(payload.encode(), signing, algorithm="HS256", headers=headers)
