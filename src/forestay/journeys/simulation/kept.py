"""What was read and computed of the past, kept for whoever simulates again with a small change.

Gives : KeptBlock
A drawing is simulated again and again while somebody works on it, over the same days of the same accounts. As long as
nothing behind it moved (lake, configuration, accounts), columns that were made once are good for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from forestay.journeys.simulation.past import BlockPast

MOST_CELLS = 2_000_000
"""Accounts times days of a block that is kept: 16 MB a column. A larger past is read anew each time."""


class KeptBlock:
    """One block at most: that of the last simulation whose whole past was one block."""

    def __init__(self) -> None:
        self._state: Hashable = None
        self._asked: Hashable = None
        self._block: BlockPast | None = None

    def at(self, state: Hashable) -> KeptBlock:
        """Itself, having let go of what was read in another state of the past."""
        if state != self._state:
            self._state, self._asked, self._block = state, None, None
        return self

    def blocks(self, asked: Hashable, read: Callable[[], Iterator[BlockPast]]) -> Iterator[BlockPast]:
        """All blocks of the past: the kept one where the same was asked before, else as they are read."""
        if self._block is not None and asked == self._asked:
            yield self._block
            return
        self._asked, self._block = None, None
        count, last = 0, None
        for block in read():
            count, last = count + 1, block if block.known.size <= MOST_CELLS else None
            yield block
        if count == 1 and last is not None:
            self._asked, self._block = asked, last
