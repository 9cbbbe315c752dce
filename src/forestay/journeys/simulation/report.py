"""A simulation's answer: plain values, as JSON has them.

Gives : SimulationReport and its parts
Every number of runs, messages and hours is of the period; what had not ended by then is `running`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from forestay.journeys.simulation.answers import Assumptions
from forestay.signals.reach import Lost


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some numbers: how many, their quantiles and the largest."""

    n: int
    p50: float
    p90: float
    most: float


@dataclass(frozen=True, slots=True)
class StepFlow:
    """One step. arrived: tokens that came; ports: how many left by each way; standing: tokens there at the end;
    wait_hours: how long those that left had stood there, None where nobody waited; accounts: by way out ('' for those who
    stand there at the end), the first fifty accounts."""

    step: str
    kind: str
    label: str
    arrived: int
    asked: int
    ports: Mapping[str, int]
    standing: int
    wait_hours: Spread | None
    accounts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageLoad:
    """Messages, one for each recipient as known today; an account whose recipient is not known counts as one.
    per_contact: of those who got any, in the whole period; busiest_week: of one contact in any
    seven days (of the period's weeks)."""

    total: int
    contacts: int
    per_contact: Spread | None
    busiest_week: int
    by_step: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """Work for one person. owner_id: today's CSM, None where it is not an account's owner; who: 'owner', 'manager',
    'role:<role>' or an e-mail. weeks_over: weeks with more hours than there are."""

    owner_id: int | None
    who: str
    tasks: int
    hours: float
    hours_a_week: float
    busiest_week_hours: float
    weeks_over: int


@dataclass(frozen=True, slots=True)
class WorkLoad:
    """Tasks, approvals and drafts, in people's hours."""

    tasks: int
    hours: float
    by_step: Mapping[str, int]
    by_person: tuple[PersonLoad, ...]


@dataclass(frozen=True, slots=True)
class Collision:
    """What this journey and another one do to the same customers. messages: pairs of messages to one contact nearer to
    each other than the window, one of each journey; accounts: in both at the same time."""

    journey: str
    messages: int
    contacts: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One number, in the published version and in the draft."""

    what: str
    published: float
    draft: float


@dataclass(frozen=True, slots=True)
class Started:
    """Runs that runs of this journey started: of a sub-journey, or branches for contacts (journey: its own key; their
    steps stand among its own). refused: why -> so many that did not begin; ended: as in the report."""

    journey: str
    runs: int
    refused: Mapping[str, int]
    ended: Mapping[str, int]
    running: int
    steps: tuple[StepFlow, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What a journey would have done from `since` to `until`, both included.

    entered_by: entry of the document -> runs. refused: reason ('live', 'too_early', 'again', 'no_key', 'holdout') ->
    arrivals. ended: '<status>: <reason>' -> runs. entered, ended, running: without the runs that runs started, which
    stand in `started`; messages and work are those of all. compared: against the published version, empty without one.
    """

    journey: str
    since: date
    until: date
    accounts: int
    entered: int
    entered_by: Mapping[str, int]
    refused: Mapping[str, int]
    ended: Mapping[str, int]
    running: int
    steps: tuple[StepFlow, ...]
    messages: MessageLoad
    work: WorkLoad
    collisions: tuple[Collision, ...] = ()
    compared: tuple[Difference, ...] = ()
    published_steps: tuple[StepFlow, ...] = ()
    started: tuple[Started, ...] = ()
    assumptions: Assumptions = field(default_factory=Assumptions)
    notes: tuple[str, ...] = ()
    """What was assumed or left out, in sentences."""
    not_reconstructible: tuple[Lost, ...] = ()
