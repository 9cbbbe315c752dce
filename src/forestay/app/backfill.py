"""The activity cube read from the lake, after a configuration that counts other events.

Gives : Backfill
Reads : the lake's rollup (account, event, day) and its first and last days
Source: DESIGN section 4 (online and offline values are one implementation)

The lake is brought up to date first, so that it knows all that memory knows; orphans wait in memory untouched.
When the lake cannot be read or written just now, the refill stays pending (WorkspaceMemory.refilled, which the
snapshot keeps) and Housekeeping tries again; until then the series counts from now on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forestay.app.shard import WorkspaceMemory
from forestay.kit.logs import get_logger
from forestay.lake.engine import LAKE_TROUBLE
from forestay.lake.reads import Chosen, LakeReader
from forestay.measures.cube import ActivityCube
from forestay.measures.ring import RING_DAYS

_log = get_logger(__name__)


@dataclass(slots=True)
class Backfill:
    """Makes cubes anew. flush: brings the lake up to date, False when it could not."""

    lake_root: str
    flush: Callable[[], bool]

    def refill(self, space: WorkspaceMemory) -> bool:
        """Count the ring's days again from the lake, for every series of the present configuration.

        Gives whether it is done; False leaves space.refilled as it is, for a later try.
        """
        try:
            done = not space.accounts or (self.flush() and self._refill(space))
        except LAKE_TROUBLE as reason:
            _log.warning("backfill_failed", workspace_id=space.workspace_id, reason=str(reason)[:300])
            return False
        if done:
            space.refilled.clear()
        else:
            _log.warning("backfill_waits_for_lake", workspace_id=space.workspace_id)
        return done

    def _refill(self, space: WorkspaceMemory) -> bool:
        reader = LakeReader(self.lake_root)
        try:
            space.memory.cube = self._counted(space, space.living(), reader)
        finally:
            reader.close()
        return True

    def _counted(
        self, space: WorkspaceMemory, rows: np.ndarray[tuple[int], np.dtype[np.int64]], reader: LakeReader
    ) -> ActivityCube:
        book, today = space.memory.book, space.today
        cube = ActivityCube(len(book), today)
        cube.grow(space.accounts)
        chosen = Chosen(space.workspace_id, space.known.account_ids.values[rows].astype(np.int64))
        names = list(book.event_names)
        oldest = today - RING_DAYS + 1
        spans = reader.spans(chosen, names, oldest)
        for days in (spans.first, spans.last):  # days before the ring are in no count, but first and last know them
            self._add(space, cube, rows[spans.place], spans.code, days, np.ones(len(days), np.int64))
        for counts in reader.counts(chosen, names, oldest, today):
            self._add(space, cube, rows[counts.place], counts.code, counts.day, counts.events)
        return cube

    @staticmethod
    def _add(
        space: WorkspaceMemory,
        cube: ActivityCube,
        rows: np.ndarray[tuple[int], np.dtype[np.int64]],
        codes: np.ndarray[tuple[int], np.dtype[np.int64]],
        days: np.ndarray[tuple[int], np.dtype[np.int32]],
        weights: np.ndarray[tuple[int], np.dtype[np.int64]],
    ) -> None:
        if len(rows):
            expanded = space.memory.book.expand(codes, rows, days, weights)
            cube.add(expanded.rows, expanded.series, expanded.days, expanded.weights)
