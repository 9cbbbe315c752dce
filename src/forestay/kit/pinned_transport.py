"""The way out: httpx to exactly the address that was judged.

Gives : PinnedTransport, used by kit.outgoing.outgoing_client alone
Source: DESIGN section 8 (SSRF); see kit.outgoing for the rules.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import httpx

from forestay.kit.outgoing import (
    NameUnknown,
    OutgoingRefused,
    Resolver,
    check_url,
    is_public,
    private_sentence,
    resolve,
)


class PinnedTransport(httpx.AsyncBaseTransport):
    """Resolves, judges, and connects to exactly the address that was judged; certificate checks stay by name."""

    def __init__(self, allowed_hosts: Sequence[str] = (), *, resolver: Resolver = resolve) -> None:
        self._allowed = frozenset(allowed_hosts)
        self._resolver = resolver
        # No kept-alive connections: the pool knows them by address only, and a second name on the same address
        # would ride on a connection whose certificate was checked for the first.
        self._inner = httpx.AsyncHTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the judged address. Raises OutgoingRefused."""
        url = check_url(str(request.url), tuple(self._allowed))
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=await self._judged_address(url)),
            headers=request.headers,  # holds Host with the name
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._inner.aclose()

    async def _judged_address(self, url: httpx.URL) -> str:
        addresses = await self._resolver(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise NameUnknown(f"the host name '{url.host}' has no address")
        if url.host not in self._allowed:
            for address in addresses:  # all of them: a name with one inner address is a name to refuse
                if not is_public(ipaddress.ip_address(address)):
                    raise OutgoingRefused(private_sentence(url.host))
        return addresses[0]
