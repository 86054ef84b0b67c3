"""PUBLIC_URL is an origin, or the program does not start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project.public_url import authority_of, host_of, read_public_url


@pytest.mark.parametrize(
    ("raw", "origin", "authority", "host"),
    [
        ("https://gw.example", "https://gw.example", "gw.example", "gw.example"),
        ("https://GW.example:8443/", "https://gw.example:8443", "gw.example:8443", "gw.example"),
        ("https://gw.example:443", "https://gw.example", "gw.example", "gw.example"),
        ("http://localhost:8000", "http://localhost:8000", "localhost:8000", "localhost"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443", "[2001:db8::1]"),
        ("", "", "", ""),
    ],
)
def test_it_is_read_as_browsers_write_origins(
    monkeypatch: pytest.MonkeyPatch, raw: str, origin: str, authority: str, host: str
) -> None:
    monkeypatch.setenv("SAMPLE", raw)
    assert (read_public_url("SAMPLE"), authority_of(origin), host_of(origin)) == (origin, authority, host)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "gw.example",
            "ftp://gw.example",
            "https://",
            "https://gw.example/gateway",
            "https://gw.example?hunter2",
        ),
        *(
            "https://me:hunter2@gw.example",
            "https://gw.example#x",
            "https://*.example",
            "https://gw.example:0",
        ),
        *(
            "https://gw.example:65536",
            "https://gw.example:",
            "https://gw example",
            "https://gw.example,https://b.x",
        ),
    ],
)
def test_anything_but_an_origin_is_refused_in_one_sentence_without_the_value(
    monkeypatch: pytest.MonkeyPatch, raw: str
) -> None:
    monkeypatch.setenv("SAMPLE", raw)
    with pytest.raises(ImproperlyConfigured, match=r"^SAMPLE must be the address of the gateway alone") as no:
        read_public_url("SAMPLE")
    assert "hunter2" not in str(no.value)
    assert no.value.__suppress_context__ or no.value.__context__ is None
