"""An Idempotency-Key as the ledger knows it: one caller's, together with what it asked for."""

from hashlib import blake2b

from metering.errors import InvalidRequest
from metering.identity.principal import Principal
from metering.ids import digest64
from metering.reservation.reserve import IdempotencyKey

MAX_KEY = 255
PARAM = "Idempotency-Key"


def idempotency_key(*, caller: Principal, text: str, route: str, body: bytes) -> IdempotencyKey:
    """The key of one user, or of one token where no user is named; only its digest is stored.

    Route, team and the body's bytes belong to what was asked: another of them under the same key is another
    request. Labels such as a trace id do not, because a retry may change them. Raises InvalidRequest.
    """
    if not 0 < len(text) <= MAX_KEY or not text.isprintable():
        raise InvalidRequest(f"{PARAM} must be 1 to {MAX_KEY} printable characters.", param=PARAM)
    principal = f"user {caller.user_id}" if caller.user_id else f"token {caller.token_id}"
    asked = f"{route}\n{caller.team_id}\n".encode() + body
    return IdempotencyKey(key=_digest(f"{principal}\n{text}"), digest=digest64(asked))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()
