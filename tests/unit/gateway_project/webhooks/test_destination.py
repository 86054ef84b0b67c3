"""Where events are not sent: whatever is not the public internet, and URLs that pretend to be something else."""

from ipaddress import ip_address

import pytest

from gateway_project.webhooks.destination import Destination, Refused, find_destination
from metering.network import Address

PUBLIC = "93.184.215.14"
BY_ADDRESS = [
    "https://127.0.0.1/", "https://127.1.2.3/", "https://0.0.0.0/", "https://0.1.2.3/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://172.31.255.254/", "https://192.168.1.1/", "https://169.254.169.254/latest/",
    "https://100.64.0.1/", "https://100.100.100.200/", "https://192.0.0.192/", "https://198.18.0.1/",
    "https://192.0.2.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/",
    f"https://[::ffff:{PUBLIC}]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/", "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[fec0::1]/",
    "https://[ff02::1]/", "https://[2001:db8::1]/", "https://[3fff::1]/", "https://192.88.99.1/",
]  # fmt: skip
BY_FORM = [
    "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/_x", "hooks/",
    "https:hooks.example", "https:///hooks.example", "https://", "https://user@hooks.example/",
    "https://user:pw@hooks.example/", "https://hooks.example@127.0.0.1/", "https://hooks.example\\@127.0.0.1/",
    "https://hooks.example:22/", "https://hooks.example:80/", "https://hooks.example:6379/", "https://hooks.example:0/",
    "https://hooks.example:99999/", "https://hooks.example:443:22/", "https://hooks.example/#@127.0.0.1",
    "https://127.0.0.1#.hooks.example/", "https://hooks.example /", "https://hooks.example/\r\nHost: other",
    "https://hooks.example/\tx", "https://1.2.3/", "https://127.1/", "https://2130706433/", "https://[::1/",
    "https://①②⑦.⓪.⓪.①/", "https://hooks。example/", f"https://hooks.example/{'x' * 2_000}",
]  # fmt: skip
BY_NAME = [
    ("https://0x7f000001/", ["127.0.0.1"]), ("https://0x7f.0.0.0x1/", ["127.0.0.1"]),
    ("https://localhost/", ["127.0.0.1"]), ("https://localhost./", ["::1"]), ("https://redis/", ["172.18.0.3"]),
    ("https://metadata.google.internal/", ["169.254.169.254"]), ("https://inside.example/", ["10.1.2.3"]),
    ("https://half.example/", [PUBLIC, "10.1.2.3"]), ("https://mapped.example/", ["::ffff:10.0.0.1"]),
    ("https://six.example/", ["2606:4700::1111", "fd00::1"]), ("https://nat64.example/", ["64:ff9b::a00:1"]),
    ("https://nobody.example/", []),
]  # fmt: skip


class Names:
    """Who is behind a name; each answer is another one where several are given."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0
        self.hosts: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        self.hosts.append(host)
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        return [ip_address(address) for address in answer]


async def find(url: str, names: Names, *networks: str) -> Destination:
    return await find_destination(url, networks=networks, look_up=names)


@pytest.mark.parametrize("url", [*BY_ADDRESS, *BY_FORM])
async def test_a_hostile_url_is_refused_before_any_name_is_looked_up(url: str) -> None:
    names = Names([PUBLIC])
    with pytest.raises(Refused):
        await find(url, names)
    assert names.asked == 0


@pytest.mark.parametrize(("url", "addresses"), BY_NAME)
async def test_a_name_that_leads_anywhere_but_to_the_internet_is_refused(
    url: str, addresses: list[str]
) -> None:
    with pytest.raises(Refused):
        await find(url, Names(addresses))


@pytest.mark.parametrize(
    "url", ["https://hooks.example/a?b=c", "https://hooks.example:8443/", f"https://{PUBLIC}/"]
)
async def test_the_public_internet_is_open(url: str) -> None:
    assert (await find(url, Names([PUBLIC]))).addresses == (ip_address(PUBLIC),)


async def test_a_name_that_changes_after_the_check_is_connected_to_where_it_led_when_it_was_checked() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    destination = await find("https://rebinding.example/hook?a=b", names)
    [address] = destination.addresses
    assert str(destination.pinned(address)) == f"https://{PUBLIC}/hook?a=b"
    assert (destination.host, names.asked) == ("rebinding.example", 1)


async def test_an_international_name_is_asked_for_and_proven_as_it_is_written() -> None:
    names = Names([PUBLIC])
    destination = await find("https://xn--mnchen-3ya.example/hook", names)
    assert names.hosts == [destination.host] == ["xn--mnchen-3ya.example"]


async def test_networks_of_the_operator_are_open_without_tls_and_nothing_else_is() -> None:
    inside = Names(["10.2.0.7"])
    assert (await find("http://receiver.internal:8080/", inside, "10.2.0.0/16")).addresses
    for url, address in (
        ("http://receiver.internal/", "10.3.0.7"),
        ("http://hooks.example/", PUBLIC),
        ("https://hooks.example:8080/", PUBLIC),
        ("https://receiver.internal/", "::ffff:10.2.0.7"),
    ):
        with pytest.raises(Refused):
            await find(url, Names([address]), "10.2.0.0/16")


async def test_no_refusal_repeats_a_part_of_the_url() -> None:
    for url in ("https://s3cret:s3cret@hooks.example/", "https://127.0.0.1/s3cret", "ftp://s3cret/"):
        with pytest.raises(Refused) as refusal:
            await find(url, Names([PUBLIC]))
        assert "s3cret" not in str(refusal.value)
