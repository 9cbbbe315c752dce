"""Calls to addresses that strangers wrote down never reach our own network."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from forestay.kit.outgoing import NameUnknown, OutgoingRefused, check_url, is_public, outgoing_client

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe", "fec0::1", "2001:db8::1",
]  # fmt: skip


def resolving_to(*addresses: str):  # type: ignore[no-untyped-def]
    async def resolver(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolver


class Receiver:
    """A tiny HTTP server on loopback that notes who was asked for and answers as told."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.hosts.append(next(line for line in head.splitlines() if line.lower().startswith("host:"))[5:].strip())
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()


@pytest.mark.parametrize("address", PRIVATE)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_inside_an_ipv6_one(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    assert is_public(mapped) == is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "8.8.8.8"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:pw@example.com/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "",
        "https:///x",
        "gopher://x",
    ],
)
def test_what_can_be_judged_without_the_network_is_refused_at_once(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        check_url(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    async with outgoing_client(resolver=resolving_to(address)) as client:
        with pytest.raises(OutgoingRefused):
            await client.post("http://hooks.example.com/")


async def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    async with outgoing_client(resolver=resolving_to("93.184.215.14", "10.0.0.1")) as client:
        with pytest.raises(OutgoingRefused):
            await client.post("http://hooks.example.com/")


@pytest.mark.parametrize("url", ["http://2130706433/", "http://0x7f.1/", "http://localhost/", "http://127.1/"])
async def test_other_spellings_of_loopback_are_seen_through(url: str) -> None:
    async with outgoing_client() as client:
        with pytest.raises(OutgoingRefused):
            await client.get(url)


async def test_the_call_goes_to_the_judged_address_under_the_hosts_name(receiver: Receiver) -> None:
    allowed = ("hooks.internal.example",)
    async with outgoing_client(allowed, resolver=resolving_to("127.0.0.1")) as client:
        answer = await client.post(f"http://hooks.internal.example:{receiver.port}/x")
    assert (answer.status_code, receiver.hosts) == (200, [f"hooks.internal.example:{receiver.port}"])


async def test_a_redirect_inwards_is_refused_when_somebody_follows_it(receiver: Receiver) -> None:
    receiver.answer = (
        b"HTTP/1.1 307 Go\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
    async with outgoing_client(("hooks.internal.example",), resolver=resolving_to("127.0.0.1")) as client:
        with pytest.raises(OutgoingRefused):
            await client.get(f"http://hooks.internal.example:{receiver.port}/", follow_redirects=True)


async def test_redirects_are_not_followed_unasked(receiver: Receiver) -> None:
    receiver.answer = (
        b"HTTP/1.1 302 Go\r\nlocation: http://example.com/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
    async with outgoing_client(("hooks.internal.example",), resolver=resolving_to("127.0.0.1")) as client:
        assert (await client.get(f"http://hooks.internal.example:{receiver.port}/")).status_code == 302


async def test_a_name_without_address_may_be_tried_again() -> None:
    async with outgoing_client(resolver=resolving_to()) as client:
        with pytest.raises(NameUnknown) as caught:
            await client.get("http://hooks.example.com/")
    assert caught.value.retryable


async def test_a_dead_host_is_an_ordinary_http_error() -> None:
    async with outgoing_client(("gone.example",), resolver=resolving_to("127.0.0.1")) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://gone.example:9/")
