"""Journeys that meet at the same customers: messages too near to each other, accounts in several at once.

Gives : Meeting, meet()
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.journeys.moves import Ints
from forestay.journeys.simulation.gathered import Sent, spans_of
from forestay.journeys.simulation.replay import Replay

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Meeting:
    """Of one block, or added up. As report.Collision."""

    messages: int = 0
    contacts: int = 0
    accounts: int = 0

    def __add__(self, other: Meeting) -> Meeting:
        return Meeting(self.messages + other.messages, self.contacts + other.contacts, self.accounts + other.accounts)


def meet(one: Replay, other: Replay, window: int) -> Meeting:
    """Two replays over the same block. window: microseconds."""
    messages, contacts = _near(Sent.of(one.tally.messages), Sent.of(other.tally.messages), window)
    return Meeting(messages, contacts, _in_both(spans_of(one), spans_of(other)))


def _near(one: Sent | None, other: Sent | None, window: int) -> tuple[int, int]:
    """Messages of the first that have one of the second within the window at the same contact, and those contacts."""
    if one is None or other is None:
        return 0, 0
    _, codes = np.unique(np.concatenate((one.whom, other.whom)), return_inverse=True)
    moments = np.concatenate((one.at, other.at)) // SECOND
    moments -= moments.min()
    near = window // SECOND
    keys = codes * (int(moments.max()) + 2 * near + 1) + moments + near
    mine, theirs = keys[: len(one.at)], np.sort(keys[len(one.at) :])
    hit = np.searchsorted(theirs, mine + near, side="right") > np.searchsorted(theirs, mine - near, side="left")
    return int(hit.sum()), len(np.unique(codes[: len(one.at)][hit]))


def _in_both(one: tuple[Ints, Ints, Ints], other: tuple[Ints, Ints, Ints]) -> int:
    """Accounts with a run of each that overlap in time."""
    shared = np.intersect1d(one[0], other[0])
    count = 0
    mine, theirs = _by_account(one, shared), _by_account(other, shared)
    for account in shared.tolist():
        spans = theirs[account]
        count += any(begin < end and other_begin < other_end and begin < other_end and other_begin < end
                     for begin, end in mine[account] for other_begin, other_end in spans)  # fmt: skip
    return count


def _by_account(spans: tuple[Ints, Ints, Ints], wanted: Ints) -> dict[int, list[tuple[int, int]]]:
    here = np.isin(spans[0], wanted)
    found: dict[int, list[tuple[int, int]]] = {}
    for account, begin, end in zip(*(column[here].tolist() for column in spans), strict=True):
        found.setdefault(account, []).append((begin, end))
    return found
