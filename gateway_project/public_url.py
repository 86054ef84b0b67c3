"""The address under which people and applications reach the gateway (PUBLIC_URL), read strictly.

Only an origin: scheme, host and perhaps a port. Where it is https, a proxy ends TLS in front of the gateway
(`gateway_project/front/behind_tls.py`).
"""

import re

from django.core.exceptions import ImproperlyConfigured

from gateway_project import env

_PORTS = {"https": "443", "http": "80"}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/?",
    re.ASCII,
)


def read_public_url(name: str) -> str:
    """The origin as browsers write it, in small letters and without its scheme's own port; empty where none is set.

    Raises ImproperlyConfigured without any part of the value, which may hold a password.
    """
    raw = env.text(name)
    if not raw:
        return ""
    found = _URL.fullmatch(raw.lower())
    if found is None or not 0 < int(found["port"] or 1) <= 65_535:
        raise ImproperlyConfigured(
            f"{name} must be the address of the gateway alone, such as https://gateway.example or "
            "https://gateway.example:8443: no path, no query, no user name and no password."
        )
    port = str(int(found["port"])) if found["port"] else ""
    own = port in ("", _PORTS[found["scheme"]])
    return f"{found['scheme']}://{found['host']}" + ("" if own else f":{port}")


def authority_of(public_url: str) -> str:
    """Host and port, as in the header `Host`."""
    return public_url.partition("://")[2]


def host_of(public_url: str) -> str:
    """The host alone; an IPv6 address in its brackets."""
    return re.sub(r":[0-9]+$", "", authority_of(public_url))
