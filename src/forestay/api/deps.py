"""The parts of the server that both APIs are given; light, so that collection can listen before management is loaded.

Gives: ApiDeps
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from forestay.events.log import EventLog
from forestay.governance.keybook import KeyBook
from forestay.governance.throttle import Throttle
from forestay.kit.clock import Clock, SystemClock
from forestay.kit.settings import Settings
from forestay.store.database import Store


@dataclass(frozen=True, slots=True)
class ApiDeps:
    """What the APIs are given at start. log is the one writer of this process; at_end: what is done when the server begins to
    end, in its event loop."""

    store: Store
    log: EventLog
    keys: KeyBook
    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    throttle: Throttle = field(default_factory=Throttle)
    at_end: list[Callable[[], None]] = field(default_factory=list)
