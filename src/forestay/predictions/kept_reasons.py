"""Reasons as they are kept with a prediction and answered by the API.

Gives : KeptReason, kept()
Source: predictions/reasons.py makes them; since: the first day on which the value left what is usual
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from forestay.kit.clock import date_of

if TYPE_CHECKING:
    from forestay.predictions.reasons import Reason


class KeptReason(msgspec.Struct, frozen=True):
    """One reason. strength: log-odds added; odds_ratio: how many times the odds of the average account; peers: whom the
    account is compared with, and the share 0-1 of them below and above; since: RFC 3339 date."""

    key: str
    label: str
    sentence: str
    strength: float
    odds_ratio: float
    direction: str
    source: str
    column: str
    value: float | None = None
    usual: float | None = None
    peers: str | None = None
    below: float | None = None
    above: float | None = None
    since: str | None = None


def kept(reason: Reason) -> KeptReason:
    """A reason as it is kept."""
    standing, since = reason.standing, reason.since
    return KeptReason(
        reason.key, reason.label, reason.sentence, round(reason.strength, 4), round(reason.odds_ratio, 3),
        reason.direction.value, reason.source.value, reason.column, reason.value, reason.usual,
        None if standing is None else standing.among, None if standing is None else round(standing.below, 3),
        None if standing is None else round(standing.above, 3), None if since is None else date_of(since.day).isoformat(),
    )  # fmt: skip
