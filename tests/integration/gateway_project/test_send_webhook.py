"""One request to an address that a tenant chose, over real HTTP: bounded, never led elsewhere, and told truly."""

import asyncio
import os
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway_project.webhooks import send as sending
from gateway_project.webhooks.destination import look_up
from gateway_project.webhooks.send import MAX_BYTES, send, send_within
from metering.alerts.endpoints.port import Outcome, Outgoing
from metering.network import Address
from tests.fakes.receivers import Receiver, Reply, receiving
from tests.mail import free_port

LOOPBACK = ["127.0.0.0/8"]
NEVER = "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"
RETRY_AFTER = [("120", 120.0), ("soon", None), ("-1", None), ("", None), (NEVER, None)]


@pytest.fixture(autouse=True)
def loopback_is_open(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = LOOPBACK


def event(url: str) -> Outgoing:
    return Outgoing(url=url, body=b'{"type":"quota.warning"}', headers={"content-type": "application/json"})


async def sent(url: str, deadline_s: float = 30.0) -> Outcome:
    return await send_within(event(url), deadline_s=deadline_s, look_up=look_up)


async def test_the_receiver_gets_what_was_sent_and_its_answer_is_told() -> None:
    with receiving(lambda arrival: Reply(status=201, body=b"thanks\x00\xff")) as receiver:
        outcome = await send(event(f"{receiver.url}/hook?a=b"))
    assert (outcome.status, outcome.response, outcome.error) == (201, "thanks �", "")
    assert outcome.is_taken
    [arrival] = receiver.arrivals
    assert (arrival.path, arrival.body) == ("/hook?a=b", b'{"type":"quota.warning"}')
    assert arrival.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_without_a_network_of_the_operators_own_nothing_reaches_this_machine(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    with receiving() as receiver:
        for url in (receiver.url, f"https://127.0.0.1:{receiver.port}", "https://localhost/"):
            outcome = await sent(url)
            assert (outcome.status, outcome.handed_over) == (None, False)
    assert receiver.arrivals == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_not_followed(status: int) -> None:
    with receiving() as inside:
        with receiving(lambda _: Reply(status=status, headers={"location": inside.url})) as receiver:
            outcome = await sent(receiver.url)
        assert (outcome.status, outcome.is_taken) == (status, False)
    assert inside.arrivals == []


async def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    with receiving(lambda _: Reply(body=b"x" * 10_000_000)) as receiver:
        outcome = await sent(receiver.url)
    assert (outcome.status, set(outcome.response)) == (200, {"x"})
    assert len(outcome.response) <= MAX_BYTES


async def test_a_receiver_that_does_not_answer_ends_at_the_deadline_and_may_have_it() -> None:
    released = threading.Event()
    with receiving(lambda _: Reply(wait_for=released)) as receiver:
        outcome = await sent(receiver.url, deadline_s=0.5)
        released.set()
    assert (outcome.status, outcome.error, outcome.handed_over) == (None, "no answer within 0.5 s", True)


async def test_a_receiver_that_is_not_there_certainly_has_nothing() -> None:
    outcome = await sent(f"http://127.0.0.1:{free_port()}/")
    assert (outcome.error, outcome.handed_over) == ("no connection", False)


async def test_where_an_address_does_not_answer_the_names_next_one_is_tried() -> None:
    with (
        receiving() as receiver,
        socket.socket() as silent,
        socket.socket() as first,
        socket.socket() as next_,
    ):
        silent.bind(("127.0.0.2", receiver.port))
        silent.listen(0)  # and never accepts: what comes after these two is not answered at all
        for caller in (first, next_):
            caller.setblocking(False)
            caller.connect_ex(silent.getsockname())

        async def to_both(host: str, port: int) -> list[Address]:
            return [ip_address("127.0.0.2"), ip_address("127.0.0.1")]

        outgoing = event(f"http://hooks.example:{receiver.port}/")
        outcome = await send_within(outgoing, deadline_s=60.0, look_up=to_both)
    assert (outcome.status, len(receiver.arrivals)) == (200, 1)


@pytest.mark.parametrize(("said", "understood"), RETRY_AFTER)
async def test_how_long_to_wait_is_read_from_the_answer(said: str, understood: float | None) -> None:
    with receiving(lambda _: Reply(status=429, headers={"retry-after": said})) as receiver:
        outcome = await sent(receiver.url)
    assert outcome.retry_after_s == understood


async def test_tls_proves_the_name_although_the_address_is_what_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(_certificate(tmp_path, "hooks.example")))
    sending._certificates.cache_clear()

    async def to_this_machine(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.1")]

    with Receiver() as receiver:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
        receiver.speak_tls(context)
        port = receiver.port
        for host, status, error in (
            ("hooks.example", 200, ""),
            ("other.example", None, "the receiver's certificate is not valid for this name"),
        ):
            outcome = await send_within(
                event(f"https://{host}:{port}/"), deadline_s=30.0, look_up=to_this_machine
            )
            assert (outcome.status, outcome.error) == (status, error)
    sending._certificates.cache_clear()
    [arrival] = receiver.arrivals
    assert arrival.headers["host"] == f"hooks.example:{port}"


async def test_a_receiver_that_wants_a_certificate_of_ours_is_told_as_a_broken_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(_certificate(tmp_path, "hooks.example")))
    sending._certificates.cache_clear()

    async def to_this_machine(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.1")]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse_without_certificate, args=(listener, context))
        thread.start()
        outgoing = event(f"https://hooks.example:{listener.getsockname()[1]}/")
        outcome = await send_within(outgoing, deadline_s=30.0, look_up=to_this_machine)
        await asyncio.to_thread(thread.join)
    sending._certificates.cache_clear()
    assert (outcome.status, outcome.error) == (None, "the connection broke: SSLError")


def _refuse_without_certificate(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Says so, and goes on to read what comes, so that the client hears it."""
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as peer:
        with suppress(ssl.SSLError):
            peer.do_handshake()
        with socket.socket(fileno=os.dup(peer.fileno())) as raw:
            while raw.recv(65_536):
                pass


def _certificate(folder: Path, host: str) -> Path:
    """A certificate for this name that vouches for itself; its key lies beside it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    return folder / "certificate.pem"
