"""Questions to the store between two commits, asked again while the store is away.

Gives: Asking, StorePatience
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from forestay.kit.logs import get_logger
from forestay.sources.records import Connection
from forestay.store.database import Store, StoreUnavailable, raw

_log = get_logger(__name__)
_Answer = TypeVar("_Answer")
_PAUSE_SECONDS = 0.1


class Asking(Protocol):
    """Runs a question in a short transaction of its own; the question may run more than once."""

    def __call__(self, question: Callable[[Connection], _Answer], /) -> _Answer:
        """The question's answer."""
        ...


@dataclass(slots=True)
class StorePatience:
    """How long the worker waits for a store that went away: until it is told to stop.

    Nothing is lost by waiting: the log takes the events, and memory keeps what the tick came to.
    """

    store: Store
    stopping: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: Callable[[Connection], _Answer], /) -> _Answer:
        """Ask, and ask again while the store is away. Raises StoreUnavailable when it is time to stop."""
        while True:
            try:
                with self.store.begin_worker() as connection:
                    return question(raw(connection))
            except StoreUnavailable as away:
                if not self.wait(away):
                    raise

    def wait(self, away: StoreUnavailable) -> bool:
        """A short pause; False when it is time to stop."""
        _log.warning("store_away", reason=str(away))
        return not self.stopping.wait(_PAUSE_SECONDS)
