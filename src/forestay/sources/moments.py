"""ISO 8601 text into microseconds, many at a time, and the sender's clock set right.

Gives: micros_of_texts(), corrected()
Source: Segment specification, 'timestamps in calls': timestamp = receivedAt - (sentAt - originalTimestamp)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from forestay.kit.clock import micros_of
from forestay.sources.columns import Int64s

NEVER = np.iinfo(np.int64).min
"""Stands for a moment that is missing or cannot be read."""


def micros_of_texts(texts: Sequence[str | None]) -> Int64s:
    """Microseconds UTC of each text, NEVER where it is missing or no moment; a text without a zone is UTC."""
    try:
        moments = pa.array(texts, pa.string()).cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # one odd spelling (no zone, nanoseconds): read each by itself
        return np.array([_micros(text) for text in texts], np.int64)
    whole: Int64s = moments.cast(pa.int64()).fill_null(NEVER).to_numpy(zero_copy_only=False)
    return whole


def corrected(claimed: Int64s, sent: Int64s, received: Int64s) -> Int64s:
    """When it happened by our clock: what the sender's clock was off by is taken back; never in the future.

    claimed, sent: NEVER where missing. Without `claimed` the moment of receipt stands.
    """
    known = claimed != NEVER
    shift = np.where(known & (sent != NEVER), received - np.where(sent == NEVER, received, sent), 0)
    moments = np.where(known, claimed, received) + shift
    clamped: Int64s = np.minimum(moments, received)
    return clamped


def _micros(text: str | None) -> int:
    if not text:
        return int(NEVER)
    try:
        moment = datetime.fromisoformat(text)
        return micros_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return int(NEVER)
