"""Webhook secrets on their way into and out of a workspace's settings: sealed when stored, masked when shown.

Gives : with_secrets_kept(), with_secrets_sealed(), with_secrets_masked(), MASK
Reads : the list under `settings.webhooks`, as somebody wrote it or as it is stored

A list that is not well formed passes unchanged: whoever judges settings says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forestay.kit.errors import Invalid
from forestay.kit.sealing import PREFIX, NotOurSeal, Seal

MASK = "whsec_…"
"""Stands for all of a secret but its last four characters."""
_SHOWN = 4


def with_secrets_kept(given: object, stored: object, seal: Seal) -> object:
    """What somebody wrote, with each masked secret replaced by the stored one of the endpoint of that key.

    Raises Invalid for a mask that stands for no stored secret, and for a sealed text, which only we write.
    """
    known = {_key(one): _secret(one) for one in _endpoints(stored)}

    def kept(place: int, endpoint: Mapping[str, object]) -> str:
        secret = _secret(endpoint)
        if secret.startswith(PREFIX):
            raise Invalid(_write_whole(), place=f"settings.webhooks.{place}.secret")
        if not secret.startswith(MASK):
            return secret
        before = seal.open(known.get(_key(endpoint), ""))
        if not before or mask_of(before) != secret:
            raise Invalid(_write_whole(), place=f"settings.webhooks.{place}.secret")
        return before

    return _each(given, kept)


def with_secrets_sealed(plain: object, seal: Seal) -> object:
    """As it is stored."""

    def sealed(_place: int, endpoint: Mapping[str, object]) -> str:
        secret = _secret(endpoint)
        return secret if secret.startswith(PREFIX) else seal.close(secret)

    return _each(plain, sealed)


def with_secrets_masked(stored: object, seal: Seal) -> object:
    """As it is shown; a secret that cannot be opened here any more has no last four."""

    def masked(_place: int, endpoint: Mapping[str, object]) -> str:
        try:
            return mask_of(seal.open(_secret(endpoint)))
        except NotOurSeal:
            return MASK

    return _each(stored, masked)


def mask_of(secret: str) -> str:
    """A sign by which its owner knows it.

    >>> mask_of("whsec_bm90IGEgcmVhbCBzZWNyZXQhISE0")
    'whsec_…ISE0'
    """
    return MASK + secret[-_SHOWN:]


def _each(listed: object, change: Callable[[int, Mapping[str, object]], str]) -> object:
    if not isinstance(listed, list):
        return listed
    return [
        {**one, "secret": change(place, one)} if isinstance(one, dict) and isinstance(one.get("secret"), str) else one
        for place, one in enumerate(listed)
    ]


def _endpoints(listed: object) -> list[Mapping[str, object]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _key(endpoint: Mapping[str, object]) -> str:
    return str(endpoint.get("key", ""))


def _secret(endpoint: Mapping[str, object]) -> str:
    return str(endpoint.get("secret", ""))


def _write_whole() -> str:
    return "this stands for no stored secret of an endpoint with this key; write the whole secret (whsec_ and base64)"
