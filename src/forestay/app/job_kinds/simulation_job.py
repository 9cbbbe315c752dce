"""The job 'journey_simulation': the last days replayed through a journey, for all accounts or told for one.

Reads : params {document, days, assumptions, and published, others or account}; the workspace's past
Gives : carry_out(), whose result is the report of journeys.simulation, as the API answers it
Source: REQUIREMENTS E6; it writes nothing but its answer
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from forestay.app.job_kinds.journey_contacts import contacts_asked
from forestay.app.job_kinds.journey_people import load_people
from forestay.app.job_kinds.past import LASTING, OpenPast, open_past
from forestay.app.job_kinds.workshop import Workshop
from forestay.conditions.needs import events_of
from forestay.journeys.compiled import Compiled
from forestay.journeys.document import Journey
from forestay.journeys.fields import Names, named_in
from forestay.journeys.order import steps_in_order
from forestay.journeys.read import journey_of_body, read_journey
from forestay.journeys.simulation.answers import Assumptions
from forestay.journeys.simulation.cast import cast_of
from forestay.journeys.simulation.kept import KeptBlock
from forestay.journeys.simulation.lake_events import LakeEvents
from forestay.journeys.simulation.report import SimulationReport
from forestay.journeys.simulation.simulate import Days, Ground, simulate
from forestay.journeys.simulation.walk import walk
from forestay.kit.calendars import CalendarDocument
from forestay.store.documents import DocumentKind, list_live
from forestay.store.jobs import Job
from forestay.store.sets import within
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import calendars

_KEPT = KeptBlock()
"""Lives as long as this process, which leaves when nobody simulates for a while."""


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Simulate, or walk one account; the answer is the report as JSON."""
    params: Mapping[str, Any] = job.params
    draft = read_journey(params["document"])
    published = read_journey(params["published"]) if params.get("published") else None
    others = [read_journey(document) for document in params.get("others", ())]
    assumptions = msgspec.convert(params["assumptions"], Assumptions)
    workshop.say(job, 0, 1, "history")
    live = _live(job, workshop)
    casts = [cast_of(one, live) for one in (draft, *([published] if published else []), *others)]
    plans = [plan for cast in casts for plan in cast.values()]
    with _past(job, workshop, plans) as past:
        days = Days(past.history.last_day - int(params["days"]) + 1, past.history.last_day)
        ground = _ground(job, workshop, past, plans, live)
        if "account" in params:
            made: Any = walk(draft, int(params["account"]), days, ground, assumptions=assumptions)
        else:
            whole = len(past.history.account_ids) * int(params["days"]) * (1 + (published is not None) + len(others))
            tell = workshop.teller(job, max(whole, 1), "days of accounts")
            made = simulate(
                draft, days, ground, assumptions=assumptions, published=published, others=others, tell=tell
            )  # fmt: skip
            order = steps_in_order(draft)
            made = replace(made, steps=tuple(sorted(made.steps, key=lambda flow: order.index(flow.step))))
    answer: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(made))
    return answer if "account" in params else {**answer, "named": _named(job, workshop, made)}


def _named(job: Job, workshop: Workshop, made: SimulationReport) -> Json:
    """Whom the numbers mean that steps tell as examples."""
    flows = (*made.steps, *made.published_steps, *(flow for one in made.started for flow in one.steps))
    numbers = sorted({number for flow in flows for shown in flow.accounts.values() for number in shown})
    mine = (accounts.c.workspace_id == job.workspace_id) & within(accounts.c.id, numbers)
    with workshop.store.begin_worker() as connection:
        rows = connection.execute(select(accounts.c.id, accounts.c.external_id, accounts.c.name).where(mine)).all()
    return [{"number": row.id, "external_id": row.external_id, "name": row.name or row.external_id} for row in rows]


def _live(job: Job, workshop: Workshop) -> dict[str, Journey]:
    """Published journeys, which steps may start."""
    with workshop.store.begin_worker() as connection:
        live = list_live(connection, job.workspace_id, DocumentKind.JOURNEY)
    return {one.key: journey_of_body(one.body) for one in live}


def _past(job: Job, workshop: Workshop, plans: Sequence[Compiled]) -> AbstractContextManager[OpenPast]:
    """The past with the series that these journeys count, drafts among them."""
    conditions = [one for plan in plans for one in plan.conditions]
    return open_past(job, workshop, frozenset(name for one in conditions for name in events_of(one)))


def _ground(
    job: Job, workshop: Workshop, past: OpenPast, plans: Sequence[Compiled], live: Mapping[str, Journey]
) -> Ground:  # fmt: skip
    configuration, journeys = past.configuration, [plan.journey for plan in plans]
    parts = [part for journey in journeys for part in (journey, *(step.settings for step in journey.steps.values()))]
    asked = contacts_asked(plans, past.making.segments)
    moments = {one.value for part in parts for one in named_in(part) if one.what is Names.MOMENT}
    with workshop.store.begin_worker() as connection:
        people = load_people(connection, job.workspace_id, configuration.zone, moments, asked)
        hours = _calendars(connection, job.workspace_id)
    return Ground(
        past.history, past.making, configuration.measures, people, LakeEvents(past.history.lake, job.workspace_id),
        {one.trigger.key: one.trigger for one in configuration.triggers}, hours, live,
        _KEPT.at(_state(job.workspace_id, past)),
    )  # fmt: skip


def _state(workspace_id: int, past: OpenPast) -> Hashable:
    """Another as soon as the past would be read or its columns be made otherwise."""
    history = past.history
    lasting = (history.traits(key, history.account_ids) for key in LASTING)
    whole = b"".join(column.tobytes() for column in (history.account_ids, history.owner_ids, *lasting))
    return workspace_id, past.configuration.stamp, history.last_day, history.lake.state(), blake2b(whole).digest()


def _calendars(connection: Connection, workspace_id: int) -> dict[str, CalendarDocument]:
    mine = calendars.c.workspace_id == workspace_id
    rows = connection.execute(select(calendars.c.key, calendars.c.body).where(mine))
    return {row.key: CalendarDocument.model_validate(row.body) for row in rows}
