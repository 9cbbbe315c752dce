"""The system's clock, put forward or back by the seconds that stand in a file which several processes read."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from forestay.kit.clock import SystemClock


class SteppedClock:
    """A clock of a machine whose time is set now and then."""

    def __init__(self, offset: Path) -> None:
        self._offset, self._clock = offset, SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=float(self._offset.read_text() or 0))
