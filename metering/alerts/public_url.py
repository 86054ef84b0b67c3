"""Where people reach the gateway, for links in mails."""

from django.conf import settings


def public_url() -> str:
    """Scheme, host and port (PUBLIC_URL); empty where nobody has said so, and mails name paths alone."""
    return str(getattr(settings, "PUBLIC_URL", ""))
