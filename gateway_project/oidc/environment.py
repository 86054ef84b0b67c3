"""The identity provider as the environment names it, read strictly. Settings import this module."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from gateway_project import env

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def read_oidc() -> dict[str, str]:
    """The settings OIDC_*; without OIDC_ISSUER nobody signs in so. Raises ImproperlyConfigured."""
    found = {
        "OIDC_ISSUER": env.url("OIDC_ISSUER", "", schemes=("https", "http")),
        "OIDC_CLIENT_ID": env.text("OIDC_CLIENT_ID"),
        "OIDC_CLIENT_SECRET": env.text("OIDC_CLIENT_SECRET"),
        "OIDC_SCOPES": env.text("OIDC_SCOPES", "openid email profile"),
        "OIDC_GROUPS_CLAIM": env.text("OIDC_GROUPS_CLAIM", "groups"),
        "OIDC_NAME": env.text("OIDC_NAME", "your company account"),
    }
    if not found["OIDC_ISSUER"]:
        return found
    if not is_safe(found["OIDC_ISSUER"]):
        raise ImproperlyConfigured("OIDC_ISSUER must start with https://, unless it is on this machine.")
    if not found["OIDC_CLIENT_ID"]:
        raise ImproperlyConfigured("OIDC_CLIENT_ID must be set where OIDC_ISSUER is.")
    if "openid" not in found["OIDC_SCOPES"].split():
        raise ImproperlyConfigured("OIDC_SCOPES must contain openid.")
    return found


def is_safe(address: str) -> bool:
    """Whether what is sent there can be read by nobody on the way."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
