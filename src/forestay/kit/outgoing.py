"""Calls that leave the house to an address somebody else wrote down: never to our own network.

Reads : a URL from a workspace's settings; the hosts an operator allowed (FORESTAY_WEBHOOK_PRIVATE_HOSTS)
Gives : OutgoingRefused, check_url(), is_public(), outgoing_client()
Source: DESIGN section 8 (SSRF). OWASP 'Server-Side Request Forgery Prevention'; RFC 6890 special addresses;
        RFC 6052, 3056 and 4380 for IPv4 addresses hidden inside IPv6 ones.

The name is resolved once, every address it gives is judged, and the connection goes to the judged address
('pinned'), so a name that resolves differently a moment later gains nothing. Each redirect passes the same
transport and is judged again. Proxies from the environment are not used: they would resolve for themselves.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from forestay.kit.errors import ForestayError

if TYPE_CHECKING:
    import httpx

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CLEAR_SCHEMES = ("http", "https")


class OutgoingRefused(ForestayError):
    """The address is not one we call: mend the URL, or have the operator allow the private host."""

    code = "outgoing_refused"
    http_status = 422


class NameUnknown(OutgoingRefused):
    """The host name does not resolve now; it may later."""

    code = "name_unknown"
    retryable = True


def check_url(url: str, allowed_hosts: Sequence[str] = ()) -> httpx.URL:
    """Judge what can be judged without the network: scheme, host, no credentials, no private literal address."""
    import httpx  # with a rich terminal library behind it; a start need not wait for it

    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as why:
        raise OutgoingRefused(f"'{url[:200]}' is not a URL") from why
    if parsed.scheme not in _CLEAR_SCHEMES or not parsed.host:
        raise OutgoingRefused("the URL must begin with https:// (or http://) and name a host")
    if parsed.userinfo:
        raise OutgoingRefused("the URL holds a user name or password; leave it out")
    literal = _literal(parsed.host)
    if literal is not None and parsed.host not in allowed_hosts and not is_public(literal):
        raise OutgoingRefused(private_sentence(parsed.host))
    return parsed


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the open internet, looking through IPv6 forms that carry an IPv4 address.

    >>> is_public(ipaddress.ip_address("::ffff:127.0.0.1")), is_public(ipaddress.ip_address("93.184.215.14"))
    (False, True)
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None or address.is_site_local:
            return False
        hidden = _hidden_ipv4(address)
        if hidden is not None:
            return is_public(hidden)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _hidden_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


async def resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a host by the system's resolver. Raises NameUnknown."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as why:
        raise NameUnknown(f"the host name '{host}' does not resolve; check its spelling and the DNS") from why
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def outgoing_client(
    allowed_hosts: Sequence[str] = (), *, timeout_seconds: float = 10.0, resolver: Resolver = resolve
) -> httpx.AsyncClient:
    """A client for foreign URLs: pinned, no proxy, redirects not followed (a 3xx is the caller's to judge)."""
    import httpx

    from forestay.kit.pinned_transport import PinnedTransport

    return httpx.AsyncClient(
        transport=PinnedTransport(allowed_hosts, resolver=resolver),
        timeout=httpx.Timeout(timeout_seconds),
        follow_redirects=False,
        trust_env=False,
    )


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def private_sentence(host: str) -> str:
    """Why a host of our own network is not called, and what to do."""
    return (
        f"'{host}' is on a private, local or reserved network; use a public address, "
        "or have the operator add the host to FORESTAY_WEBHOOK_PRIVATE_HOSTS"
    )
