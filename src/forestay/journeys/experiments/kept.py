"""What the last look at each test said, and on what: pages read that, and a test with nothing new is not looked at again.

Reads : journey_outcomes, test_reports
Gives : KeptReport, read_kept(), keep(), seen_of(), plan_of()
Writes: test_reports (keep)
Source: issue 'The predictive engine' (a page of 100,000 exposures within a second)

A test is looked at anew when an outcome was noted or settled, when its plan changed, and after FRESH_FOR all the same,
since accounts may have been merged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, text

from forestay.journeys.experiments.analysis import Standing
from forestay.journeys.experiments.report import TestReport
from forestay.journeys.experiments.settling import TestPlace
from forestay.kit.logs import get_logger

_log = get_logger(__name__)
FRESH_FOR = timedelta(days=1)
Key = tuple[str, str, str]
"""Journey, test, name of the outcome that decides."""

_READ = text("SELECT journey, test, outcome, seen, body, computed_at FROM test_reports WHERE workspace_id = :workspace")
_KEEP = text("""
INSERT INTO test_reports (workspace_id, journey, test, outcome, seen, body, computed_at)
SELECT :workspace, one.* FROM unnest(cast(:journeys AS text[]), cast(:tests AS text[]), cast(:outcomes AS text[]),
  cast(:seen AS text[]), cast(:bodies AS text[]), cast(:at AS timestamptz[])) AS one
ON CONFLICT (workspace_id, journey, test, outcome) DO UPDATE SET seen = EXCLUDED.seen, body = EXCLUDED.body,
  computed_at = EXCLUDED.computed_at
WHERE (test_reports.seen, test_reports.computed_at) IS DISTINCT FROM (EXCLUDED.seen, EXCLUDED.computed_at)""")
_FORGET = text("""
DELETE FROM test_reports WHERE workspace_id = :workspace AND (journey, test, outcome) NOT IN (
  SELECT * FROM unnest(cast(:journeys AS text[]), cast(:tests AS text[]), cast(:outcomes AS text[])))""")
_SEEN = text("""
SELECT count(*) AS noted, count(settled_at) AS settled, max(settled_at) AS at FROM journey_outcomes
WHERE workspace_id = :workspace AND journey_id = ANY(:journeys) AND test = :test AND bucket_version = :version""")


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A look. seen: what it was made from, by seen_of(); computed_at: when."""

    report: TestReport
    seen: str
    computed_at: datetime

    @property
    def key(self) -> Key:
        """Which test."""
        return self.report.journey, self.report.test, self.report.outcomes[0].name

    def is_of(self, standing: Standing) -> bool:
        """Whether the test was set up then as it is now."""
        return self.seen.startswith(plan_of(standing))

    def holds(self, seen: str, now: datetime) -> bool:
        """Whether another look would say the same."""
        return self.seen == seen and now - self.computed_at < FRESH_FOR


def read_kept(connection: Connection, workspace_id: int) -> Mapping[Key, KeptReport]:
    """The last look at every test. One that another Forestay wrote otherwise is passed over: the test is looked at anew."""
    found: dict[Key, KeptReport] = {}
    for row in connection.execute(_READ, {"workspace": workspace_id}):
        try:
            report = msgspec.json.decode(row.body, type=TestReport)
        except msgspec.ValidationError:
            _log.info("report_of_test_is_older", journey=row.journey, test=row.test)
            continue
        found[row.journey, row.test, row.outcome] = KeptReport(report, row.seen, row.computed_at)
    return found


def keep(connection: Connection, workspace_id: int, made: Iterable[KeptReport]) -> None:
    """Keep these looks and no others."""
    looks = list(made)
    journeys, tests, outcomes = ([one.key[part] for one in looks] for part in range(3))
    where = {"workspace": workspace_id, "journeys": journeys, "tests": tests, "outcomes": outcomes}
    bodies = [msgspec.json.encode(one.report).decode() for one in looks]
    written = {"seen": [one.seen for one in looks], "bodies": bodies, "at": [one.computed_at for one in looks]}
    connection.execute(_KEEP, {**where, **written})
    connection.execute(_FORGET, where)


def seen_of(connection: Connection, place: TestPlace, standing: Standing) -> str:
    """What a look would be made from, in few characters."""
    where = {
        "workspace": place.workspace_id, "journeys": list(place.journey_ids), "test": place.test,
        "version": place.bucket_version,
    }  # fmt: skip
    row = connection.execute(_SEEN, where).one()
    return f"{plan_of(standing)}:{len(place.journey_ids)}:{row.noted}:{row.settled}:{row.at}"


def plan_of(standing: Standing) -> str:
    """A sign of how the test is set up: plan, shares by its document, bucket version."""
    shares = msgspec.json.encode((dict(standing.allocation.shares), standing.allocation.bucket_version))
    return hashlib.sha256(standing.plan.model_dump_json().encode() + shares).hexdigest()[:16]
