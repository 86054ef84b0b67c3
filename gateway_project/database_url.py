"""Where PostgreSQL is: a URL that names one server, or several of which the one that takes writes is looked for.

`postgresql://USER:PASSWORD@ONE:5432,OTHER:5432/NAME?target_session_attrs=read-write` is libpq's own form
(PostgreSQL documentation, 32.1.1.3): whoever connects tries the hosts in this order, and keeps the first that takes
writes. So a gateway finds the new primary after a failover without being told.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from gateway_project import env

SCHEMES = ("postgresql", "postgres")
ENGINE = "gateway_project.primary"
READS = "django.db.backends.postgresql"
MOST_HOSTS = 3
"""A batch of the ledger has to meet the last of them before its callers are sent away."""
TAKES_WRITES = ("read-write", "primary")
CONNECT_TIMEOUT_S = 2
"""For each of several hosts: one that is switched off says nothing. libpq knows no shorter one."""
PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
}
"""A cut cable ends a connection within seconds, so that its thread is free again. What the URL says counts."""
OF_DJANGO = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
Parts = dict[str, Any]


def read_database_url(name: str, default: str) -> str:
    """The URL of a variable. Raises ImproperlyConfigured, with one sentence that does not repeat the value."""
    raw = env.text(name, default)
    parts = _parts(raw)
    if parts is None or "," not in str(parts.get("host", "")):
        return env.url(name, default, schemes=SCHEMES)
    _check_hosts(name, parts)
    if "connect_timeout" in parts:
        return raw
    return f"{raw}{'&' if '?' in raw else '?'}connect_timeout={CONNECT_TIMEOUT_S}"


def django_database(name: str, url: str) -> dict[str, Any]:
    """Django's settings of a database; what is not one of them is an option of libpq. Raises ImproperlyConfigured."""
    parts = _parts(url)
    if parts is None:
        raise ImproperlyConfigured(f"{name} must be a PostgreSQL URL.")
    settings = {ours: str(parts.pop(libpqs, "")) for libpqs, ours in OF_DJANGO.items()}
    return {"ENGINE": ENGINE, **settings, "OPTIONS": PATIENCE | parts}


def reporting_database(name: str, url: str) -> dict[str, Any]:
    """The same of one that is only read, which a standby may be. Raises ImproperlyConfigured."""
    settings = django_database(name, url)
    options = settings["OPTIONS"]
    read_only = " ".join(filter(None, (options.get("options"), "-c default_transaction_read_only=on")))
    return {**settings, "ENGINE": READS, "OPTIONS": {**options, "options": read_only}}


def _parts(url: str) -> Parts | None:
    """The URL's parts as libpq reads them; None if it cannot, and would repeat it, password and all."""
    if not url.startswith(tuple(f"{scheme}://" for scheme in SCHEMES)):
        return None
    try:
        return dict(conninfo_to_dict(url))
    except (ProgrammingError, ValueError):
        return None


def _check_hosts(name: str, parts: Parts) -> None:
    hosts = str(parts["host"]).split(",")
    if len(hosts) > MOST_HOSTS:
        raise ImproperlyConfigured(
            f"{name} must name at most {MOST_HOSTS} hosts; put a proxy that finds the primary before more of them."
        )
    if not all(hosts):
        raise ImproperlyConfigured(f"{name} must name each of its hosts; one between the commas is empty.")
    ports = str(parts.get("port") or "5432").split(",")
    if len(ports) not in (1, len(hosts)) or not all(map(_is_port, ports)):
        raise ImproperlyConfigured(f"{name} must have a port between 1 and 65535 after each host, or none.")
    if parts.get("target_session_attrs") not in TAKES_WRITES:
        raise ImproperlyConfigured(
            f"{name} must end in ?target_session_attrs=read-write where it names several hosts, so that the primary "
            "is found."
        )


def _is_port(text: str) -> bool:
    return text == "" or (text.isdigit() and 0 < int(text) < 65_536)
