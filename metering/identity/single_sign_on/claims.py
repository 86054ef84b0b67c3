"""What an identity provider says of somebody who has signed in there, once it is known to be true."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`issuer` and `subject` together are one person for good; an address may be given to somebody else."""

    issuer: str
    subject: str
    email: str = ""
    is_email_verified: bool = False
    name: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)

    @property
    def verified_email(self) -> str:
        """In small letters; empty where the issuer does not vouch for it."""
        return self.email.strip().lower() if self.is_email_verified else ""

    @property
    def verified_domain(self) -> str:
        return self.verified_email.rpartition("@")[2]
