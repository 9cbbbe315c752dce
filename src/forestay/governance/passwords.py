"""Passwords of members: argon2id, the library's current recommendation, upgraded when it moves.

Gives: hash_password(), password_is(), needs_rehash()
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forestay.kit.errors import Invalid

SHORTEST, LONGEST = 10, 512
"""Characters; the upper end bounds the work that an attacker can make us do."""

_HASHER = PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that no password fits; made at the first sign-in, since it takes as long as one."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Raises Invalid when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters", place="password", code="weak_password")
    return _HASHER.hash(password)


def password_is(kept: str | None, password: str) -> bool:
    """Whether the password fits. Takes as long for a member who does not exist or has no password."""
    try:
        return _HASHER.verify(kept or _nobody(), password[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(kept)
