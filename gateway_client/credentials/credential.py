"""A credential for one gateway. Public."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A session's pair of tokens, or an ATI token, which has no `refresh`."""

    base_url: str
    """Of the gateway that it is for, as `normal_url` writes it; it is sent nowhere else."""
    access: str = field(repr=False)
    """What is sent as the bearer."""
    refresh: str | None = field(default=None, repr=False)
    """Changed, once, for the next pair."""
    expires_at: float | None = None
    """When `access` expires, by the gateway's clock (seconds since 1970). None: it is not known to expire."""
    clock_offset_s: float = 0.0
    """The gateway's clock less this machine's, when the credential was issued."""

    @property
    def is_session(self) -> bool:
        """Whether it can be refreshed."""
        return self.refresh is not None

    def as_json(self) -> dict[str, Any]:
        """Every field by its name."""
        return asdict(self)


def normal_url(url: str) -> str:
    """One form for one gateway: without a slash at the end, and without the `/v1` that SDKs want."""
    return url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
