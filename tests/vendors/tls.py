"""Servers whose encryption nobody should accept."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
PLAIN_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def _context(folder: Path, ended_days_ago: int) -> ssl.SSLContext:
    """With a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    ends = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=ended_days_ago)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - datetime.timedelta(days=90))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class BadTls:
    """A server on a port of its own. It notes what it could read."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.read = b""


@contextlib.contextmanager
def bad_tls(how: str, folder: Path) -> Iterator[BadTls]:
    """`self-signed`, `expired`, or `none`: plain HTTP where encryption is expected."""
    context = None if how == "none" else _context(folder, 1 if how == "expired" else -30)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = BadTls(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # the test is over
                with contextlib.suppress(OSError), connection:
                    if context is None:
                        connection.recv(1 << 16)
                        connection.sendall(PLAIN_ANSWER)
                    else:
                        with context.wrap_socket(connection, server_side=True) as encrypted:
                            server.read += encrypted.recv(1 << 16)

        thread = threading.Thread(target=serve, name="bad-tls", daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
