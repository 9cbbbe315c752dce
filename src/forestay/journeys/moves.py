"""What a step is given and what it decides: columns in, columns out, nothing else.

Gives : Batch, Moves, Ask, Exposure, Child, World, Wake, undecided(), details_of()
Source: DESIGN section 9 (evaluate per step kind on columns; run each token on to its next wait)

A step never reads a clock, a store or a network: World answers at the moment that the runtime (or the simulation,
under its virtual clock) says it is. The same step code runs in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Flags
from forestay.conditions.document import Condition
from forestay.customers.requests import ActionRequest
from forestay.journeys.experiments.assignment import Allocation
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.calendars import BusinessCalendar

Ints = npt.NDArray[np.int64]
Values = dict[str, Any]
NEVER = np.iinfo(np.int64).max
"""A due moment that does not come: wait until woken."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Why a token is looked at again. what: 'timer', 'event', 'condition', 'outcome', 'child', 'again' (the settings are others now), 'armed'
    (an ARMING token whose past holds no event that fits), 'joined' (every way that still could has come to the join).

    name: of the event, or the outcome's word ('sent', 'failed', 'done', 'approved', ...). body: the event's properties,
    or the outcome's values; of a child: its status word as name ('completed', 'failed', 'refused' when it may not enter
    again, ...) and {"ended": how many of this step's have, with "of": how many there were}. at: microseconds UTC.
    """

    what: str
    name: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0


@dataclass(slots=True)
class Batch:
    """Tokens that stand at one step of one version, place for place (n,).

    contact: 0 where the subject is an account. passed: how often the run has come to this step, from 1. since: when it
    came, microseconds UTC; entered_at: when the run began. values: the run's own values, one dict each; a dict is
    replaced and not changed. woken: None for tokens that have just arrived. step: id of the step; consent: the
    journey's consent class, the purpose of messages that name none.
    """

    workspace_id: int
    journey: str
    token: Ints
    run: Ints
    account: Ints
    contact: Ints
    passed: Ints
    entered_at: Ints
    since: Ints
    values: list[Values]
    woken: list[Wake] | None = None
    step: str = ""
    consent: str = "success"

    def __len__(self) -> int:
        return len(self.token)

    def at(self, places: Ints) -> Batch:
        """Those of some places."""
        woken = None if self.woken is None else [self.woken[place] for place in places.tolist()]
        return Batch(
            self.workspace_id, self.journey, self.token[places], self.run[places], self.account[places],
            self.contact[places], self.passed[places], self.entered_at[places], self.since[places],
            [self.values[place] for place in places.tolist()], woken, self.step, self.consent,
        )  # fmt: skip


class World(Protocol):
    """What a step may ask, as of `now`."""

    @property
    def now(self) -> datetime:
        """The moment of the batch, aware UTC."""
        ...

    def table(self, batch: Batch) -> ColumnTable:
        """Columns of the batch's places: those of triggers, and contact.*, run.*, event.*, signal.*."""
        ...

    def zones(self, batch: Batch) -> Sequence[str]:
        """IANA zone of each place: the contact's, else the account's, else the workspace's."""
        ...

    def calendar(self, key: str | None, zone: str) -> BusinessCalendar:
        """A business calendar by its key, the workspace's default for None; zone where the calendar names none."""
        ...

    def moments(self, batch: Batch, field: str) -> Ints:
        """A date or moment by its name (account.renewal_date, trait.go_live, run.due, ...), microseconds UTC (midnight
        of a date in the subject's zone), NEVER where there is none."""
        ...

    def contacts(self, batch: Batch, who: str, segment: Condition | None) -> Sequence[Ints]:
        """Present contacts of each place's account: those that `who` names (sponsor, champion, active_users, all) and
        for whom the condition over contact.* holds; ids ascending."""
        ...

    def allocation(self, journey: str, test: str) -> Allocation | None:
        """How a split's shares stand now (row of journey_arms: moved by Thompson allocation, or an arm stopped), by the
        split's step id; None where they are as the document says. A row of another bucket version does not count."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to act. place: of the batch; slot: which of the step's requests, part of the effect's key."""

    place: int
    slot: str
    request: ActionRequest
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A subject that was put into an arm of a test. shares: arm -> share in [0, 1], what the odds were."""

    place: int
    test: str
    arm: str
    shares: Mapping[str, float]
    bucket_version: int = 1


@dataclass(slots=True)
class Moves:
    """What becomes of a batch of n places. Each place goes, waits, ends or forks, once."""

    n: int
    port: list[str | None] = field(default_factory=list)
    ends: dict[int, tuple[RunStatus, str]] = field(default_factory=dict)
    state: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    due: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    forks: dict[int, tuple[str, ...]] = field(default_factory=dict)
    asks: list[Ask] = field(default_factory=list)
    puts: dict[int, Values] = field(default_factory=dict)
    details: dict[int, dict[str, Any]] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = [None] * self.n
        self.state = np.full(self.n, -1, np.int16)
        self.due = np.full(self.n, NEVER, np.int64)

    def go(self, places: Ints | Flags, port: str = "next") -> None:
        """Leave by a port."""
        for place in _numbers(places):
            self.port[place] = port

    def wait(self, places: Ints | Flags, state: TokenState, due: Ints | int = NEVER) -> None:
        """Stay here until woken, or until due (microseconds UTC)."""
        numbers = _numbers(places)
        self.state[numbers] = state
        self.due[numbers] = due

    def end(self, places: Ints | Flags, status: RunStatus, reason: str) -> None:
        """The run ends here, all its tokens with it."""
        for place in _numbers(places):
            self.ends[place] = (status, reason)

    def fork(self, places: Ints | Flags, ports: Sequence[str]) -> None:
        """Leave by several ports at once."""
        for place in _numbers(places):
            self.forks[place] = tuple(ports)

    def ask(self, place: int, slot: str, request: ActionRequest, not_before: datetime | None = None) -> None:
        """Write a request to act, in the same transaction."""
        self.asks.append(Ask(place, slot, request, not_before))

    def put(self, place: int, **values: Any) -> None:
        """Set values of the run."""
        self.puts.setdefault(place, {}).update(values)

    def tell(self, place: int, **detail: Any) -> None:
        """Words for the history of what was decided."""
        self.details.setdefault(place, {}).update(detail)

    def start(self, place: int, child: Child) -> None:
        """Start a run that this token waits for (or not)."""
        self.children.append(child)

    def expose(self, exposure: Exposure) -> None:
        """Log that a subject was put into an arm."""
        self.exposures.append(exposure)


@dataclass(frozen=True, slots=True)
class Child:
    """A run to be started by a token. journey: key, '' for a branch per contact of the same document (fan-out), which
    begins behind the port `start` of the step and ends by itself; start: '' for the journey's first step. step, passed:
    where it was started, filled in by the machine, since the token may have gone on."""

    place: int
    journey: str
    account: int
    contact: int = 0
    values: Values = field(default_factory=dict)
    is_awaited: bool = True
    start: str = ""
    step: int = 0
    passed: int = 0


def _numbers(places: Ints | Flags) -> list[int]:
    found = np.flatnonzero(places) if places.dtype == bool else places
    numbers: list[int] = found.tolist()
    return numbers


def undecided(moves: Moves) -> npt.NDArray[np.bool_]:
    """Places for which a step said nothing."""
    if None not in moves.port:
        return np.zeros(moves.n, bool)
    decided = (moves.state >= 0) | np.fromiter((port is not None for port in moves.port), bool, moves.n)
    decided[[*moves.ends, *moves.forks]] = True
    lost: npt.NDArray[np.bool_] = ~decided
    return lost


def details_of(moves: Moves, local: Ints) -> dict[int, dict[str, object]]:
    """Words for the history by their place in `local`."""
    if not moves.details:
        return {}
    return {n: moves.details[place] for n, place in enumerate(local.tolist()) if place in moves.details}
