"""From what was gathered to the report.

Gives : summary()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forestay.journeys.document import Journey
from forestay.journeys.entries import ApiEntry, DateEntry, EventEntry, ManualEntry, SignalEntry, form_of
from forestay.journeys.simulation.answers import Assumptions
from forestay.journeys.simulation.cast import started_by
from forestay.journeys.simulation.collisions import Meeting
from forestay.journeys.simulation.gathered import Gathered, Sent
from forestay.journeys.simulation.report import (
    Collision,
    Difference,
    MessageLoad,
    PersonLoad,
    SimulationReport,
    Spread,
    Started,
    StepFlow,
    WorkLoad,
)
from forestay.journeys.simulation.tally import SHOWN
from forestay.kit.clock import date_of, days_of
from forestay.signals.reach import Lost

if TYPE_CHECKING:
    from forestay.journeys.simulation.simulate import Days, Ground


def summary(
    draft: Gathered, days: Days, ground: Ground, assumptions: Assumptions, lost: tuple[Lost, ...],
    published: Gathered | None, meetings: Mapping[str, Meeting],
) -> SimulationReport:  # fmt: skip
    """The whole answer."""
    until = min(days.until, ground.history.last_day)
    journey, zone = draft.compiled.journey, ground.people.zone
    report = SimulationReport(
        journey=journey.key,
        since=date_of(days.since),
        until=date_of(until),
        accounts=draft.accounts,
        entered=draft.entered.total(),
        entered_by={f"{way}: {_word(journey, way)}": count for way, count in sorted(draft.entered.items())},
        refused=dict(sorted(draft.refused.items())),
        ended=dict(draft.ended.most_common()),
        running=draft.running,
        steps=tuple(_flows(draft)),
        messages=_messages(draft, zone, days.since),
        work=_work(draft, zone, days.since, until, assumptions),
        collisions=tuple(Collision(key, m.messages, m.contacts, m.accounts) for key, m in meetings.items()),
        compared=() if published is None else tuple(_differences(published, draft)),
        published_steps=() if published is None else tuple(_flows(published)),
        started=tuple(_started(draft)),
        assumptions=assumptions,
        notes=(*_notes(journey, ground), *_assumed(draft, assumptions)),
        not_reconstructible=lost,
    )
    return report


def _started(draft: Gathered) -> Iterator[Started]:
    """Branches for contacts first, then each sub-journey."""
    for key, one in {draft.compiled.key: draft, **draft.within}.items():
        refused = {} if one is draft else dict(sorted(one.refused.items()))
        if one.started or refused:
            steps = () if one is draft else tuple(_flows(one))
            ended = dict(one.started_ended.most_common())
            yield Started(key, one.started, refused, ended, one.started_running, steps)


def _word(journey: Journey, way: int) -> str:
    entry = journey.entry[way]
    if isinstance(entry, SignalEntry):
        return f"signal {entry.signal}"
    return f"event {entry.event}" if isinstance(entry, EventEntry) else str(form_of(entry) or "date")


def _flows(gathered: Gathered) -> Iterator[StepFlow]:
    for step in gathered.compiled.steps.values():
        ports = {port: gathered.counts[step.number, f"port:{port}"] for port in step.ports}
        waits = gathered.waits.get(step.number)
        yield StepFlow(
            step.id, step.kind.word, step.label, gathered.counts[step.number, "arrived"],
            gathered.counts[step.number, "asked"], ports, gathered.standing[step.number],
            _spread(np.concatenate(waits)) if waits else None,
            {port: tuple(known)[:SHOWN] for port in (*step.ports, "") if (known := gathered.by_port.get((step.number, port)))},
        )  # fmt: skip


def _spread(values: npt.NDArray[np.floating] | npt.NDArray[np.integer]) -> Spread | None:
    if not len(values):
        return None
    half, most = np.percentile(values, [50, 90]).tolist()
    return Spread(len(values), round(half, 2), round(most, 2), round(float(values.max()), 2))


def _messages(gathered: Gathered, zone: str, since: int) -> MessageLoad:
    sent = Sent.whole(gathered.messages) if gathered.messages else None
    if sent is None or not len(sent.at):
        return MessageLoad(0, 0, None, 0, {})
    whom, codes, counts = np.unique(sent.whom, return_inverse=True, return_counts=True)
    weeks = (days_of(sent.at, zone) - since) // 7
    _, in_week = np.unique(codes * (int(weeks.max()) + 1) + weeks, return_counts=True)
    return MessageLoad(
        len(sent.at), len(whom), _spread(counts), int(in_week.max()), dict(sorted(gathered.messages_by_step.items()))
    )


def _work(gathered: Gathered, zone: str, since: int, until: int, assumptions: Assumptions) -> WorkLoad:
    sent = Sent.whole(gathered.work) if gathered.work else None
    if sent is None or not len(sent.at):
        return WorkLoad(0, 0.0, {}, ())
    owners = np.concatenate(gathered.owners)
    is_owner = sent.whom == "owner"
    weeks = (days_of(sent.at, zone) - since) // 7
    n_weeks = (until - since) // 7 + 1
    people = [_person(owner, "owner", is_owner & (owners == owner)) for owner in np.unique(owners[is_owner]).tolist()]
    people += [_person(-1, str(who), sent.whom == who) for who in np.unique(sent.whom[~is_owner])]
    loads = [_load(owner, who, here, sent, weeks, n_weeks, assumptions) for owner, who, here in people]
    loads.sort(key=lambda load: -load.hours)
    return WorkLoad(
        len(sent.at),
        round(float(sent.minutes.sum()) / 60, 2),
        dict(sorted(gathered.work_by_step.items())),
        tuple(loads),
    )


def _person(
    owner: int, who: str, here: npt.NDArray[np.bool_]
) -> tuple[int | None, str, npt.NDArray[np.bool_]]:  # fmt: skip
    return (owner if owner >= 0 else None), who, here


def _load(
    owner: int | None, who: str, here: npt.NDArray[np.bool_], sent: Sent, weeks: npt.NDArray[np.int32], n_weeks: int,
    assumptions: Assumptions,
) -> PersonLoad:  # fmt: skip
    by_week = np.bincount(weeks[here], sent.minutes[here], minlength=n_weeks) / 60
    hours = float(by_week.sum())
    over = int((by_week > assumptions.csm_hours_a_week).sum())
    return PersonLoad(
        owner, who, int(here.sum()), round(hours, 2), round(hours / n_weeks, 2), round(float(by_week.max()), 2), over
    )


def _differences(published: Gathered, draft: Gathered) -> Iterator[Difference]:
    """Everything that differs, and who entered, in any case."""
    yield Difference("entered", published.entered.total(), draft.entered.total())
    for what, before, after in _pairs(published, draft):
        if before != after:
            yield Difference(what, before, after)


def _pairs(published: Gathered, draft: Gathered) -> Iterator[tuple[str, float, float]]:
    sizes = [sum(len(part.at) for part in parts) for parts in (published.messages, draft.messages)]
    yield "messages", sizes[0], sizes[1]
    hours = [sum(float(part.minutes.sum()) for part in parts) / 60 for parts in (published.work, draft.work)]
    yield "hours of work", round(hours[0], 2), round(hours[1], 2)
    for reason in sorted({*published.ended, *draft.ended}):
        yield f"ended {reason}", published.ended[reason], draft.ended[reason]
    arrived = [
        {step.id: one.counts[step.number, "arrived"] for step in one.compiled.steps.values()}
        for one in (published, draft)
    ]
    for step in dict.fromkeys([*arrived[1], *arrived[0]]):
        yield f"arrived at {step}", arrived[0].get(step, 0), arrived[1].get(step, 0)


def _notes(journey: Journey, ground: Ground) -> Iterator[str]:
    """What was assumed or left out."""
    yield "Conditions are judged at the end of each day, and steps within a day see the day before."
    yield "Work, messages and calls are answered as assumed, not as they were."
    entries = journey.entry
    if any(isinstance(entry, ManualEntry | ApiEntry) for entry in entries):
        yield "Entries by hand and by API are left out."
    if any(isinstance(entry, DateEntry) for entry in entries):
        yield "Dates such as the renewal are taken as they stand today."
    if any(isinstance(entry, EventEntry) for entry in entries) and ground.events is None:
        yield "Events could not be read one by one, so nobody entered by one."
    for entry in entries:
        if isinstance(entry, SignalEntry) and entry.signal not in ground.triggers:
            yield f"The trigger '{entry.signal}' is not published, so nobody entered by its signal."
    yield from _notes_on_children(journey, ground)


def _notes_on_children(journey: Journey, ground: Ground) -> Iterator[str]:
    started = started_by(journey)
    known = {key for key in started if key == journey.key or key in ground.journeys}
    if known:
        yield "Sub-journeys are replayed as published, for those whom this journey puts in; who would be in them already is not known."
    for key in sorted(started - known):
        yield f"The sub-journey '{key}' is not published, so it is not replayed; it is over after the assumed time."


def _assumed(draft: Gathered, assumptions: Assumptions) -> Iterator[str]:
    """The numbers that answers were drawn by, where anything was answered."""
    if any(len(sent.at) for sent in draft.work):
        yield (
            f"A task is done after {assumptions.task_hours:g} hours and takes {assumptions.task_minutes:g} minutes; "
            f"{assumptions.answered_share:.0%} of what people are asked is answered, {assumptions.approved_share:.0%} of "
            f"approvals are granted, after {assumptions.approval_hours:g} hours."
        )
        yield f"A person has {assumptions.csm_hours_a_week:g} hours a week for what journeys ask."
    if any(len(sent.at) for sent in draft.messages):
        yield f"{assumptions.sent_share:.0%} of the messages leave; the rest is skipped (consent, caps, no recipient)."
    if assumptions.steps:
        yield f"Answered otherwise than usual: {', '.join(assumptions.steps)}."
