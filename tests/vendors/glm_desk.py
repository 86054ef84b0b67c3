"""GLM's way with keys, read from its documentation: a token is checked here without any library for tokens."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.vendors.key_desk import KeyDesk

MOST_AHEAD_MS = 30_000
"""How far a token's own moment may lie in the future."""


class GlmDesk(KeyDesk):
    """Knows the secrets of ids, and takes the tokens that are signed with them and have not ended."""

    def __init__(self, vendor: Any, secrets: dict[str, str], clock: Callable[[], float]) -> None:
        super().__init__(vendor, *secrets)
        self.secrets = secrets
        self.clock = clock
        self.credentials: list[str] = []
        """What came in the header, in order."""

    def key_of(self, credential: str) -> str:
        """The id of a good token, a key that is no token as it is; else why it is not taken."""
        self.credentials.append(credential)
        parts = credential.split(".")
        try:
            header, payload = (json.loads(decoded(part)) for part in parts[:2])
        except ValueError:
            return credential
        if header != {"alg": "HS256", "sign_type": "SIGN"}:
            return f"header {header}"
        secret = self.secrets.get(payload["api_key"], "")
        signed = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
        if not hmac.compare_digest(signed.digest(), decoded(parts[2])):
            return "wrong signature"
        now_ms = self.clock() * 1000
        if payload["exp"] <= now_ms:
            return "it has ended"
        if payload["timestamp"] > now_ms + MOST_AHEAD_MS or payload["exp"] <= payload["timestamp"]:
            return "moments make no sense"
        return str(payload["api_key"])


def decoded(text: str) -> bytes:
    """A part of a token, which has no padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
