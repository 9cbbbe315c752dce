"""What interventions were worth, for the KPIs that are made of it: the last daily look at them.

Reads: impact_reports
Gives: Impacts, impacts_in()

Only what is known counts, each with its interval; of what is left out it is said how much. A report tells of the year before
it, so a shorter period has its share of the year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from forestay.kpis.kpi import MOST_IDS, DrillDown, DrillKind, Period
from forestay.outcomes.average import Method
from forestay.outcomes.impact import read_reports
from forestay.outcomes.report import ImpactReport, in_all
from forestay.outcomes.roi import Worth

YEAR_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Impacts:
    """worth: of the known ones together, a year; share_of_year: of the period; known, unknown: how many; behind: those
    that are known; guessed: how many of them are observational."""

    worth: Worth
    share_of_year: float
    known: int
    unknown: int
    guessed: int
    behind: DrillDown

    @property
    def note(self) -> str:
        """How sure it is, and what was left out, in words."""
        if self.worth.saved is None:
            return "not known yet: nobody was held out long enough, see /api/impact"
        share, saved = self.share_of_year, self.worth.saved
        words = [f"95 % interval {saved.low * share:,.0f} to {saved.high * share:,.0f}"]
        if self.unknown:
            words.append(f"{self.unknown} interventions are left out, of which it cannot be said yet")
        if self.guessed:
            words.append(f"{self.guessed} are observational guesses")
        return "; ".join(words)


def impacts_in(conn: Connection, workspace_id: int, period: Period, aims: Sequence[str] | None = None) -> Impacts:
    """Of triggers and journeys. aims: only those ('churned', 'renewed', 'expanded')."""
    reports = [one.report for one in read_reports(conn, workspace_id) if one.report.kind != "arm"]
    reports = [one for one in reports if one.worth is not None and (aims is None or one.aim in aims)]
    known = [one for one in reports if one.worth is not None and one.worth.saved is not None]
    days = (period.until - period.since).total_seconds() / 86_400
    return Impacts(
        in_all([one.worth for one in known if one.worth is not None]),
        min(days / YEAR_DAYS, 1.0),
        len(known),
        len(reports) - len(known),
        sum(one.effect.method is Method.OBSERVATIONAL for one in known),
        DrillDown(DrillKind.IMPACT, tuple(_name(one) for one in known[:MOST_IDS])),
    )


def _name(report: ImpactReport) -> str:
    return f"{report.kind}:{report.key}"
