"""What set a signal off: the last event of its account in this tick, found only for the accounts that fire.

Gives: Cause, Causes, LastEvents, SettledCauses, NO_CAUSES
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from forestay.app.intake import Kept
from forestay.app.shard import WorkspaceMemory
from forestay.measures.ring import Ints
from forestay.sources.columns import FIRST_CALL, MISSING
from forestay.sources.identity import NOBODY


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that touched an account last in this tick, or (position None) an import that is complete; without
    one the day, or a decision, did. at: of the event, microseconds UTC."""

    position: int | None
    event: str | None
    message_id: str | None
    at: int

    def told(self) -> dict[str, str | int | None]:
        """As it stands in signals.cause."""
        if self.position is None:
            return {"import": "complete"}
        return {"position": self.position, "event": self.event, "message_id": self.message_id}


class Causes(Protocol):
    """Tells the cause of an account's signals."""

    def get(self, row: int) -> Cause | None:
        """What touched the account row last, None when no event did."""
        ...


class NoCauses:
    """The day, a decision or a new configuration touched the accounts."""

    def get(self, row: int) -> Cause | None:
        """No event."""
        return None


NO_CAUSES = NoCauses()


@dataclass(slots=True)
class LastEvents:
    """The last event of each account among what a tick took in."""

    space: WorkspaceMemory
    kept: Sequence[Kept]
    _found: list[tuple[Ints, Ints]] | None = field(default=None)

    def get(self, row: int) -> Cause | None:
        """The last one; later runs of the log are asked first."""
        if self._found is None:
            self._found = [self._last(one) for one in self.kept]
        for kept, (accounts, places) in zip(reversed(self.kept), reversed(self._found), strict=True):
            at = int(np.searchsorted(accounts, row))
            if at < len(accounts) and accounts[at] == row:
                return _cause(kept, int(places[at]))
        return None

    def _last(self, kept: Kept) -> tuple[Ints, Ints]:
        """Accounts, ascending, and the place of the last event of each."""
        rows = kept.resolved.account
        product = np.flatnonzero((kept.columns.kind < FIRST_CALL) & (rows != NOBODY))
        standing = self.space.known.merged.values[rows[product]]
        accounts, from_end = np.unique(standing[::-1], return_index=True)
        return accounts.astype(np.int64), product[len(product) - 1 - from_end].astype(np.int64)


@dataclass(frozen=True, slots=True)
class SettledCauses:
    """Accounts judged after their import are judged for the last event that it, or anything since, brought."""

    space: WorkspaceMemory

    def get(self, row: int) -> Cause | None:
        """The moment of the account's last event, when it ever had one."""
        at = int(self.space.standing.event_at[row])
        return Cause(None, None, None, at) if at > 0 else None


def _cause(kept: Kept, at: int) -> Cause:
    columns = kept.columns
    code = columns.name.codes[at]
    name = None if code == MISSING else columns.name.values[code]
    return Cause(int(columns.position[at]), name, columns.message_id[at], int(columns.at[at]))
