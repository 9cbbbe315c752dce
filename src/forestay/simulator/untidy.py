"""How data get dirty on their way: late, double, out of order, anonymous, incomplete.

Gives: Arrivals, arrive(), share_of(), blanked().
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from forestay.simulator.account import AccountLife, outage
from forestay.simulator.rows import AccountRow, ContactRow, InteractionRow, Row, TicketRow, emptied
from forestay.simulator.spec import CompanySpec, Purpose, Streams

Mask = npt.NDArray[np.bool_]
HOUR = 3_600_000_000
LATEST_HOURS = 72.0

MAY_BE_EMPTY: dict[type[Row], tuple[str, ...]] = {
    AccountRow: ("industry", "country", "zone"),
    ContactRow: ("title", "zone", "created_on"),
    TicketRow: ("priority", "contact_id", "first_response_at"),
    InteractionRow: ("contact_id", "body"),
}


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How each event of Usage travels, in the same order. at: int64 microseconds UTC of its (first) arrival;
    again: arrival of its second copy, 0 for none; is_lost: swallowed by the outage."""

    at: npt.NDArray[np.int64]
    again: npt.NDArray[np.int64]
    is_late: Mask
    is_lost: Mask
    is_anonymous: Mask
    names_account: Mask


def arrive(spec: CompanySpec, life: AccountLife) -> Arrivals:
    """Send an account's events on their way."""
    dirt, usage = spec.untidiness, life.usage
    u = Streams(spec.seed, life.profile.account).of(Purpose.UNTIDY).random((len(usage), 6))
    late = u[:, 0] < dirt.late
    delay = np.where(late, np.exp(u[:, 1] * np.log(LATEST_HOURS)) * HOUR, u[:, 1] * 20_000_000).astype(np.int64)
    at = usage.at + delay
    again = np.where(u[:, 2] < dirt.duplicate, at + (u[:, 3] * 6 * HOUR).astype(np.int64) + 1, 0)
    gone = outage(spec)
    lost = (usage.at >= gone[0]) & (usage.at < gone[1]) if gone else np.zeros(len(usage), np.bool_)
    return Arrivals(at, again, late, lost, u[:, 4] < dirt.anonymous, u[:, 5] >= dirt.without_account)


def share_of(seed: int, text: str) -> float:
    """A number 0-1 for a text, the same wherever it is computed; for choices about single rows.

    >>> share_of(1, "a") == share_of(1, "a") != share_of(2, "a")
    True
    """
    return ((crc32(f"{seed}|{text}".encode()) * 2654435761) & 0xFFFFFFFF) / 4294967296


def blanked(spec: CompanySpec, row: Row, key: str) -> tuple[Row, tuple[str, ...]]:
    """The row with some optional fields empty, and which they are."""
    share = spec.untidiness.missing_field
    empty = tuple(
        name for name in MAY_BE_EMPTY.get(type(row), ())
        if getattr(row, name) is not None and share_of(spec.seed, f"{key}|{name}") < share
    )  # fmt: skip
    return (emptied(row, empty) if empty else row), empty
