"""One-time links: whoever holds the data folder lets a browser in for a moment, without typing a secret.

Reads : `run/links/` of the data folder, one file a link, named by the hash of its secret
Gives : LinkPurpose, Link, make_link(), look_at_link(), take_link(), LinkSpent
Source: decision 0006.

The supervisor and the command line make links, the server takes them. A link is worth one use within minutes: taking it
removes its file, and only one taker can. Its secret travels in the address's fragment, which browsers send to nobody.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from forestay.kit.errors import Unauthorised

LIVES = timedelta(minutes=15)


class LinkPurpose(StrEnum):
    """What a link opens."""

    SETUP = "setup"
    """Making the first member, while nobody can sign in."""
    SIGN_IN = "sign_in"
    """A session of one member."""


class LinkSpent(Unauthorised):
    """The link was used, is too old, or is none: make another with `forestay link`."""

    code = "link_spent"

    def __init__(self) -> None:
        super().__init__(
            "this link was used already or is too old, or the key may not administer members; `forestay link` prints a new link"
        )


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. email: whose session it opens, for sign_in."""

    purpose: LinkPurpose
    expires_at: datetime
    email: str | None = None


def make_link(data_dir: Path, purpose: LinkPurpose, at: datetime, email: str | None = None) -> str:
    """Keep a new link; gives its secret. Links that are too old are swept."""
    folder = _folder(data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        if (kept := _read(old)) is None or kept.expires_at <= at:
            old.unlink(missing_ok=True)
    secret = secrets.token_urlsafe(32)
    path = _path(data_dir, secret)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"purpose": purpose, "expires_at": (at + LIVES).isoformat(), "email": email}))
    return secret


def look_at_link(data_dir: Path, secret: str, purpose: LinkPurpose, at: datetime) -> Link:
    """The link, left as it is. Raises LinkSpent."""
    link = _read(_path(data_dir, secret))
    if link is None or link.purpose is not purpose or link.expires_at <= at:
        raise LinkSpent
    return link


def take_link(data_dir: Path, secret: str, purpose: LinkPurpose, at: datetime) -> Link:
    """The link, used up: of two who come at once, one gets it. Raises LinkSpent."""
    link = look_at_link(data_dir, secret, purpose, at)
    try:
        _path(data_dir, secret).unlink()
    except FileNotFoundError:
        raise LinkSpent from None
    return link


def _folder(data_dir: Path) -> Path:
    return data_dir / "run" / "links"


def _path(data_dir: Path, secret: str) -> Path:
    """By the hash of the secret, so that nothing from outside becomes part of a path."""
    return _folder(data_dir) / f"{hashlib.sha256(secret.encode()).hexdigest()}.json"


def _read(path: Path) -> Link | None:
    try:
        kept = json.loads(path.read_text())
        return Link(LinkPurpose(kept["purpose"]), datetime.fromisoformat(kept["expires_at"]), kept["email"])
    except (OSError, ValueError, KeyError):
        return None
