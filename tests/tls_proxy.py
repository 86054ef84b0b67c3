"""A real proxy that ends TLS: Caddy, with a certificate made for the occasion."""

import base64
import hashlib
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from launcher.process import stop_child, wait_until

START_TIMEOUT_S = 30.0
HOST = "localhost"
CADDYFILE = """\
{{
    admin off
    persist_config off
    auto_https disable_redirects
}}
https://{host}:{port} {{
    bind 127.0.0.1
    tls {folder}/certificate.pem {folder}/key.pem
    reverse_proxy 127.0.0.1:{upstream}
}}
"""


@dataclass(frozen=True, kw_only=True)
class TlsProxy:
    url: str
    certificate: Path
    public_key: str
    """By which a browser is told to trust it: the hash of its public key."""

    def trusting(self) -> ssl.SSLContext:
        """For clients that are to trust it."""
        return ssl.create_default_context(cafile=str(self.certificate))


@contextmanager
def tls_proxy(folder: Path, *, port: int, upstream: int) -> Iterator[TlsProxy]:
    """In front of what listens, or will listen, on a port of this machine."""
    public_key = _make_certificate(folder)
    configuration = folder / "Caddyfile"
    configuration.write_text(CADDYFILE.format(host=HOST, port=port, folder=folder, upstream=upstream))
    caddy = Path(sys.executable).with_name("caddy")
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            [str(caddy), "run", "--adapter", "caddyfile", "--config", str(configuration)],
            env=os.environ
            | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert wait_until(lambda: process.poll() is not None or _listens(port), START_TIMEOUT_S)
        assert process.poll() is None, (folder / "caddy.log").read_text()
        yield TlsProxy(
            url=f"https://{HOST}:{port}", certificate=folder / "certificate.pem", public_key=public_key
        )
    finally:
        stop_child(process, 20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _make_certificate(folder: Path) -> str:
    """Write certificate and key into the folder; the hash of the public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()
