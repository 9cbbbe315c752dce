"""The scheduled look at every running test: settle outcomes, judge, move shares, stop arms.

Reads : the workspace's live journeys, what settling.py and subjects.py read
Gives : evaluate_tests(), report_tests(), events_of()
Writes: journey_outcomes, journey_arms, test_reports (evaluate_tests; report_tests only reads)
Source: issue 'Journeys' 7

Holdouts are tests that run by themselves: of every journey with a holdout, and of the workspace over all journeys.
Each of their outcomes (the goal, ARR kept, churned) is a test of its own, since all of them are of interest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from forestay.journeys.document import Journey
from forestay.journeys.experiments.allocations import Standings, read_allocations, save_allocation
from forestay.journeys.experiments.analysis import Standing, analyse
from forestay.journeys.experiments.assignment import (
    GLOBAL_HOLDOUT,
    HOLDOUT,
    JOURNEY_HOLDOUT,
    Allocation,
    holdout_odds,
)
from forestay.journeys.experiments.kept import KeptReport, Key, keep, read_kept, seen_of
from forestay.journeys.experiments.plan import (
    AccountOutcome,
    EventOutcome,
    GoalHeldOutcome,
    Outcome,
    RevenueOutcome,
    TestPlan,
)
from forestay.journeys.experiments.report import TestReport
from forestay.journeys.experiments.settling import TestPlace, note_new, settle_due
from forestay.journeys.experiments.subjects import read_subjects
from forestay.journeys.read import BadJourney, journey_of_body
from forestay.journeys.steps.split import SplitSettings, allocation_of
from forestay.kit.clock import now as kit_now
from forestay.kit.logs import get_logger

_log = get_logger(__name__)

_JOIN_BY_HASH = text("SET LOCAL enable_nestloop = off")
"""Rows that were just noted are not in the statistics yet; joined one by one they cost the square of their number."""

EVERY_JOURNEY = "*"
"""Key under which the workspace's own holdout is reported."""

_LIVE = text("""
SELECT j.id, j.key, d.body FROM journeys AS j
JOIN documents AS d ON d.workspace_id = j.workspace_id AND d.kind = 'journey' AND d.key = j.key
WHERE j.workspace_id = :workspace AND d.status IN ('published', 'paused') ORDER BY j.key""")
_GLOBAL_SHARE = text(
    "SELECT coalesce((settings->>'global_holdout_share')::float8, 0) FROM workspaces WHERE id = :workspace"
)


@dataclass(frozen=True, slots=True)
class _Test:
    """place: its rows; journey_id: of a split's, None for holdouts; present: arm -> percent, in force now."""

    place: TestPlace
    standing: Standing
    journey_id: int | None = None
    present: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """By which its looks are kept."""
        return self.standing.journey, self.standing.test, self.standing.plan.outcomes[0].name


def evaluate_tests(connection: Connection, workspace_id: int, now: datetime) -> list[TestReport]:
    """Look at every test of the workspace, in the caller's transaction; may be repeated at any time."""
    connection.execute(_JOIN_BY_HASH)
    before, kept = read_kept(connection, workspace_id), list[KeptReport]()
    for test in _tests(connection, workspace_id):
        note_new(connection, test.place, test.standing.plan.outcomes, now)
        settle_due(connection, test.place, test.standing.plan.outcomes, now)
        seen, earlier = seen_of(connection, test.place, test.standing), before.get(test.key)
        if earlier is None or not earlier.holds(seen, now):
            earlier = KeptReport(_look(connection, test, now), seen, now)
        _put_in_force(connection, test, earlier.report, now)
        kept.append(earlier)
    keep(connection, workspace_id, kept)
    return [one.report for one in kept]


def report_tests(connection: Connection, workspace_id: int, journey: str | None = None) -> list[TestReport]:
    """What the tests said at the last look, of all journeys or of one; changes nothing. A test that was set up since is
    looked at now."""
    kept = read_kept(connection, workspace_id)
    tests = [test for test in _tests(connection, workspace_id) if journey in (None, test.standing.journey)]
    known = [(test, kept.get(test.key)) for test in tests]
    return [
        earlier.report if earlier is not None and earlier.is_of(test.standing) else _look(connection, test, kit_now())
        for test, earlier in known
    ]


def events_of(journey: Journey) -> frozenset[str]:
    """Names of events that its tests count; they must be watched, so that they are kept for 30 days."""
    plans = (step.settings.test for step in journey.steps.values() if isinstance(step.settings, SplitSettings))
    outcomes = (outcome for plan in plans for outcome in plan.outcomes)
    named = {outcome.event for outcome in outcomes if isinstance(outcome, EventOutcome)}
    goal = journey.goal.event if journey.goal and journey.holdout_share else None
    return frozenset(named | ({goal} if goal else set()))


def _tests(connection: Connection, workspace_id: int) -> Iterator[_Test]:
    standings = read_allocations(connection, workspace_id)
    numbers: list[int] = []
    for row in connection.execute(_LIVE, {"workspace": workspace_id}).all():
        try:
            journey = journey_of_body(row.body)
        except BadJourney as reason:  # of an earlier version of the product; the others' tests go on
            _log.warning("journey_not_readable", journey=row.key, reason=str(reason))
            continue
        numbers.append(row.id)
        yield from _splits(workspace_id, (row.id, row.key), journey, standings)
        if journey.holdout_share:
            place = TestPlace(workspace_id, (row.id,), JOURNEY_HOLDOUT, 1)
            yield from _holdout(place, row.key, journey.holdout_share, _goal_of(journey))
    share = float(connection.scalar(_GLOBAL_SHARE, {"workspace": workspace_id}) or 0)
    if share and numbers:
        yield from _holdout(TestPlace(workspace_id, tuple(numbers), GLOBAL_HOLDOUT, 1), EVERY_JOURNEY, share, ())


def _splits(workspace_id: int, at: tuple[int, str], journey: Journey, standings: Standings) -> Iterator[_Test]:
    for name, step in journey.steps.items():
        if not isinstance(step.settings, SplitSettings):
            continue
        planned = allocation_of(step.settings)
        now, stopped = standings.get((at[0], name), (planned, {}))
        known = stopped if now.bucket_version == planned.bucket_version else {}
        place = TestPlace(workspace_id, (at[0],), name, planned.bucket_version)
        yield _Test(place, Standing(at[1], name, step.settings.test, planned, known), at[0], now.shares)


def _goal_of(journey: Journey) -> tuple[Outcome, ...]:
    """The goal as a holdout can show it. Runs of the held out end at once and others at an exit, so it is not the run that
    tells but the subject: alike on both sides, and for as long."""
    goal = journey.goal
    if goal is None or not journey.holdout_share:
        return ()
    return (
        (EventOutcome(event=goal.event, within_days=28),) if goal.event and goal.if_ is None else (GoalHeldOutcome(),)
    )


def _holdout(place: TestPlace, journey: str, share: float, first: tuple[Outcome, ...]) -> Iterator[_Test]:
    outcomes = (*first, RevenueOutcome(within_days=90), AccountOutcome(became="churned", within_days=90))
    planned = Allocation({arm: odds * 100 for arm, odds in holdout_odds(share).items()})
    for outcome in outcomes:
        plan = TestPlan(outcome=outcome, control=HOLDOUT, unit="account", open_ended=True)
        yield _Test(place, Standing(journey, place.test, plan, planned, {}))


def _look(connection: Connection, test: _Test, now: datetime) -> TestReport:
    plan = test.standing.plan
    subjects = read_subjects(
        connection,
        test.place,
        test.standing.allocation.propensities,
        plan.outcomes,
        by_account=plan.unit == "account",
        at=now,
    )
    return analyse(test.standing, subjects)


def _put_in_force(connection: Connection, test: _Test, report: TestReport, now: datetime) -> None:
    """Only what differs from the document is kept; a stopped arm stays stopped until a new bucket version."""
    if test.journey_id is None:
        return
    standing = test.standing
    newly = set(report.stopped) - set(standing.stopped)
    if not newly and report.shares == test.present:
        return
    for arm in sorted(newly):
        _log.warning("arm_stopped", journey=report.journey, test=report.test, arm=arm, reason=report.stopped[arm])
    allocation = Allocation(report.shares, standing.allocation.bucket_version, frozenset(report.stopped))
    save_allocation(connection, test.place.workspace_id, test.journey_id, report.test, allocation, report.stopped, now)
