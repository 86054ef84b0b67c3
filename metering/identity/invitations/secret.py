"""What the mail of an invitation carries: `inv_` and 43 random characters (256 bits).

It is made when the mail is written and kept nowhere; of it there is a keyed digest, as of an ATI token's secret.
"""

import re
import secrets

from metering.identity.tokens.secret import RANDOM_BYTES, digest_of

_FORM = re.compile(r"inv_[A-Za-z0-9_-]{43}", re.ASCII)

__all__ = ["digest_of", "is_well_formed", "new_secret"]


def new_secret() -> str:
    """A secret that was never used before."""
    return f"inv_{secrets.token_urlsafe(RANDOM_BYTES)}"


def is_well_formed(secret: str) -> bool:
    """Whether a text can be such a secret at all, so that nonsense costs no query."""
    return _FORM.fullmatch(secret) is not None
