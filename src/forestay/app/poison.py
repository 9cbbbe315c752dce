"""A body that cannot be digested never stops the tick, nor another workspace.

Gives : Isolation
Source: DESIGN section 4; docs/architecture.md 'From event to signal'

When one workspace's part of a tick fails, in memory or in the store, its memory is made again as of the store's
position and its bodies are tried one by one, each with its writes in a transaction that is rolled back. Those that
fail go to the quarantine as 'undigestible' (replay passes them over as well); the others are taken together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from forestay.app.commit import PositionMoved, WorkspaceWrites
from forestay.app.lake_flush import LakeBroken
from forestay.app.preparing import Preparation, Prepared
from forestay.app.recovery import POISON, Recovery
from forestay.app.shard import Due, Shard, WorkspaceMemory
from forestay.events.log import Record
from forestay.kit.clock import date_of
from forestay.kit.logs import get_logger
from forestay.sources.decode import unreadable
from forestay.sources.quarantine import Rejection, rejection_of_body
from forestay.store.database import Store, StoreUnavailable

_log = get_logger(__name__)
FATAL = (StoreUnavailable, PositionMoved, LakeBroken, MemoryError)
"""What no body is to blame for: the worker ends, and starts again from the store."""


class _TriedOut(Exception):
    """Ends a trial's transaction."""


@dataclass(slots=True)
class Isolation:
    """Makes memory again and sifts bodies."""

    recovery: Recovery
    store: Store

    def check(self, reason: Exception) -> None:
        """Raise on what no body is to blame for."""
        if isinstance(reason, FATAL):
            raise reason

    def meet(self, number: int, position: int) -> WorkspaceMemory | None:
        """The memory of a workspace that was made since the start; None when the store knows no such workspace."""
        configurations = self.recovery.configurations()
        if number not in configurations:
            _log.error("unknown_workspace", workspace_id=number, position=position)
            return None
        return self.recovery.empty(number, configurations[number], after=position)

    def redo(
        self, shard: Shard, preparation: Preparation, number: int, records: Sequence[Record], due: Sequence[Due],
        up_to: int, reason: Exception,
    ) -> Prepared:  # fmt: skip
        """One workspace's part of the tick, without the bodies that cannot be digested."""
        _log.error("workspace_failed", workspace_id=number, reason=repr(reason)[:500], bodies=len(records))
        poison = self._sift(shard, preparation, number, records, up_to)
        good = [record for record in records if record.position not in poison]
        space = self._again(shard, number)
        try:
            prepared = preparation.prepare(space, good, up_to)
            for one in due:
                preparation.score(space, one.rows, one.cause, prepared, fresh=True)
            self._try_out(prepared.writes)
        except Exception as again:  # noqa: BLE001 - each alone is digestible, together they are not
            self.check(again)
            _log.error("workspace_failed_together", workspace_id=number, reason=repr(again)[:500])
            poison = {record.position: repr(again) for record in records}
            prepared = self._nothing(shard, number)
        for record in records:
            if record.position in poison:
                prepared.writes.rejections.append(_rejection(record, poison[record.position]))
        return prepared

    def failing(self, writes: Sequence[WorkspaceWrites]) -> list[tuple[int, Exception]]:
        """The workspaces whose writes the store refuses, each tried by itself."""
        found: list[tuple[int, Exception]] = []
        for one in writes:
            try:
                self._try_out(one)
            except Exception as reason:  # noqa: BLE001 - told apart by check()
                self.check(reason)
                found.append((one.workspace_id, reason))
        return found

    def _sift(
        self, shard: Shard, preparation: Preparation, number: int, records: Sequence[Record], up_to: int
    ) -> dict[int, str]:
        """Positions of the bodies that fail by themselves, with the reason."""
        poison: dict[int, str] = {}
        space = self._again(shard, number)
        for record in records:
            try:
                self._try_out(preparation.prepare(space, [record], up_to).writes)
            except Exception as reason:  # noqa: BLE001 - whatever it is, this body set it off
                self.check(reason)
                _log.error(
                    "body_undigestible", workspace_id=number, position=record.position, reason=repr(reason)[:500]
                )
                poison[record.position] = repr(reason)
                space = self._again(shard, number)
        return poison

    def _again(self, shard: Shard, number: int) -> WorkspaceMemory:
        space = self.recovery.workspace(number, shard.position)
        space.due.clear()
        shard.workspaces[number] = space
        return space

    def _nothing(self, shard: Shard, number: int) -> Prepared:
        space = self._again(shard, number)
        return Prepared(WorkspaceWrites(number, date_of(space.today)))

    def _try_out(self, writes: WorkspaceWrites) -> None:
        """Write and roll back. Raises what the store raises."""
        try:
            with self.store.begin_worker() as connection:
                writes.write(connection)
                raise _TriedOut
        except _TriedOut:
            return
        except DBAPIError as refused:
            raise refused.orig if isinstance(refused.orig, Exception) else refused from refused


def _rejection(record: Record, reason: str) -> Rejection:
    return rejection_of_body(unreadable(record, POISON, f"the body could not be applied: {reason[:1000]}"))
