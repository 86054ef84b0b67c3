"""Who may read the numbers: whoever holds METRICS_TOKEN, or one of several during a rotation."""

import hmac
from collections.abc import Iterable


def holds_token(authorization: str, tokens: Iterable[str]) -> bool:
    """Whether the header `Authorization` is the bearer of one of the tokens; compared in constant time."""
    given = authorization.encode()
    return any(hmac.compare_digest(given, f"Bearer {token}".encode()) for token in tokens)
