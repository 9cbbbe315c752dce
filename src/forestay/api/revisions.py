"""Revisions of small things (tasks, notes, views) as ETag and If-Match.

Gives: revision_of(), Stale
"""

from __future__ import annotations

from forestay.kit.errors import ForestayError, Invalid


class Stale(ForestayError):
    """It was changed since it was read: read it again and decide."""

    code = "changed_meanwhile"
    http_status = 412


def revision_of(if_match: str | None) -> int | None:
    """The revision that an If-Match header names; None for no header and for '*'. Raises Invalid."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("If-Match is a revision in quotes", place="If-Match")
    return int(text)
