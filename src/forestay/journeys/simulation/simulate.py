"""The public call: a journey over the last days, and what it would have done.

Reads : Ground (the lake's past, today's people, triggers, calendars), Journey
Gives : simulate() -> SimulationReport, Ground, Days
Source: REQUIREMENTS E6; issue 'Journeys' 6. It writes nothing, anywhere
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from forestay.conditions.document import Compare, Comparison, Condition
from forestay.journeys.compiled import Compiled
from forestay.journeys.document import Journey
from forestay.journeys.entries import SignalEntry
from forestay.journeys.fields import Names, named_in
from forestay.journeys.simulation.answers import HOUR, Answering, Assumptions
from forestay.journeys.simulation.arrivals import NO_ARRIVALS, Watching, arrivals_of
from forestay.journeys.simulation.cast import cast_of
from forestay.journeys.simulation.collisions import Meeting, meet
from forestay.journeys.simulation.gathered import Gathered
from forestay.journeys.simulation.happenings import EventsOfPast, NamedEvents, no_events
from forestay.journeys.simulation.joined import joined
from forestay.journeys.simulation.kept import KeptBlock
from forestay.journeys.simulation.past import Asked, BlockPast, blocks_of
from forestay.journeys.simulation.people import NOBODY, People
from forestay.journeys.simulation.replay import Replay
from forestay.journeys.simulation.report import SimulationReport
from forestay.journeys.simulation.summary import summary
from forestay.journeys.simulation.track import Tracer, Track
from forestay.journeys.simulation.world import BlockWorld
from forestay.kit.calendars import CalendarDocument
from forestay.kit.clock import moment_of
from forestay.measures.evaluate import MeasureSet
from forestay.signals.columns import Making
from forestay.signals.past_columns import AccountHistory
from forestay.signals.trigger import Trigger

CELLS = 5_000_000
"""Accounts times days of one block: 40 MB for each column that is read."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a simulation stands on. triggers, journeys: published ones by key; events: None where no event can be read one by one."""

    history: AccountHistory
    making: Making
    measures: MeasureSet
    people: People = NOBODY
    events: EventsOfPast | None = None
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    calendars: Mapping[str, CalendarDocument] = field(default_factory=dict)
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    kept: KeptBlock | None = None
    """Of an earlier simulation over the same state of the past."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are replayed, both included, as day numbers."""

    since: int
    until: int


def simulate(
    draft: Journey,
    days: Days,
    ground: Ground,
    *,
    assumptions: Assumptions | None = None,
    published: Journey | None = None,
    others: Sequence[Journey] = (),
    tell: Callable[[int], None] | None = None,
) -> SimulationReport:
    """Replay the days through a draft; beside it the published version and other journeys, to compare and to see where
    they meet. tell: hears how many accounts' days of one journey are done, and may raise to end it. Raises NotRunnable where a document cannot be compiled, UnknownColumn where it names none of ours."""
    answering = Answering(assumptions or Assumptions())
    casts = [cast_of(one, ground.journeys) for one in (draft, *([published] if published else []), *others)]
    plans = [plan for cast in casts for plan in cast.values()]
    asked = asked_of(plans, days, ground)
    gathered = [Gathered(next(iter(cast.values()))) for cast in casts]
    meetings = [Meeting() for _ in others]
    window = int(answering.assumptions.collision_hours * HOUR)
    told = 0

    def tell_more(accounts: int, day: int) -> None:
        if tell is not None:
            tell(told + accounts * day)

    for past in large_blocks(asked, ground):
        events = named_events(plans, past, days, ground)
        replays = []
        for cast in casts:
            replays.append(replayed(cast, past, events, days, ground, answering, tell=partial(tell_more, len(past))))
            told += len(past) * (min(days.until, ground.history.last_day) - days.since + 1)
        for whole, replay in zip(gathered, replays, strict=True):
            whole.add(replay, past)
        for n, replay in enumerate(replays[len(casts) - len(others) :]):
            meetings[n] = meetings[n] + meet(replays[0], replay, window)
    lost = asked.lost(ground.making, ground.measures)
    other = gathered[1] if published else None
    return summary(
        gathered[0],
        days,
        ground,
        answering.assumptions,
        lost,
        other,
        dict(zip([o.key for o in others], meetings, strict=True)),
    )


def large_blocks(asked: Asked, ground: Ground) -> Iterator[BlockPast]:
    """The past in blocks of so many accounts that turns are well filled and columns fit into memory."""
    if ground.kept is None:
        return _read(asked, ground)
    return ground.kept.blocks(asked.identity(ground.making, ground.measures), partial(_read, asked, ground))


def _read(asked: Asked, ground: Ground) -> Iterator[BlockPast]:
    waiting: list[BlockPast] = []
    for past in blocks_of(ground.history, asked, ground.making, ground.measures):
        waiting.append(past)
        if sum(len(part) for part in waiting) * past.days >= CELLS:
            yield joined(waiting)
            waiting = []
    if waiting:
        yield joined(waiting)


def asked_of(plans: Sequence[Compiled], days: Days, ground: Ground) -> Asked:
    """Everything that some journeys ask of accounts, with the triggers that let in."""
    conditions: list[Condition] = [one for plan in plans for one in plan.conditions]
    run_in = 1
    for plan in plans:
        for entry in plan.journey.entry:
            trigger = ground.triggers.get(entry.signal) if isinstance(entry, SignalEntry) else None
            if trigger is not None:
                conditions += [part for part in (trigger.condition, trigger.until) if part is not None]
                run_in = max(run_in, min(int(trigger.cooldown_days), 30))
    conditions += [Compare.model_construct(column=name, is_=Comparison.PRESENT) for name in signal_columns(plans)]
    parts = [step.settings for plan in plans for step in plan.steps.values()]
    shown = frozenset(one.value for part in parts for one in named_in(part) if one.what is Names.COLUMN)
    return Asked(tuple(conditions), days.since, min(days.until, ground.history.last_day), shown, run_in)


def signal_columns(plans: Sequence[Compiled]) -> frozenset[str]:
    """Columns of accounts that some journey reads as signal.<column>."""
    read = {name.removeprefix("signal.") for plan in plans for name in plan.columns if name.startswith("signal.")}
    return frozenset(name for name in read if "." in name)


def named_events(plans: Sequence[Compiled], past: BlockPast, days: Days, ground: Ground) -> NamedEvents:
    """Events of the block that any of the journeys names."""
    names = sorted({name for plan in plans for name in plan.events})
    if ground.events is None or not names:
        return no_events(names)
    return ground.events.named_events(past.account_ids, names, days.since, days.until)


def replayed(
    cast: Mapping[str, Compiled], past: BlockPast, events: NamedEvents, days: Days, ground: Ground,
    answering: Answering, tracer: Tracer | None = None, only: int | None = None,
    tell: Callable[[int], None] | None = None,
) -> Replay:  # fmt: skip
    """One journey, the first of the cast, over one block; only: the arrivals of one row."""
    until = min(days.until, ground.history.last_day)
    plan, *others = cast.values()
    watching = Watching(
        past, events, ground.triggers, ground.people, days.since, until, signal_columns([plan])
    )  # fmt: skip
    world = BlockWorld(past, ground.people, ground.calendars, moment_of(0))
    arrivals = arrivals_of(plan.journey, watching)
    own = Track(plan, arrivals if only is None else arrivals.of_row(only), watching, world, answering, tracer)
    tracks = {plan.key: own}
    for other in others:
        tracks[other.key] = Track(other, NO_ARRIVALS, watching, world, answering, tracer, own.tally)
    replay = Replay(tracks, watching, world)
    replay.run(tell)
    return replay
