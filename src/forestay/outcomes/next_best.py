"""What to do for one account now: the interventions that are open to it, by what they are expected to gain.

Reads : impact_reports, account_uplifts, signals, journey_runs, accounts, account_states
Gives : NextBest, Choice, Basis, next_best()
Source: REQUIREMENTS C4

Where a policy ships, an account's gain is that of the fifth in which it falls, as accounts held out showed it. Elsewhere it
is the average of all, labelled so; where nothing can be said, only how often it ended well is told, and it is never best.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Row, text

from forestay.outcomes.average import Method
from forestay.outcomes.impact import Stored, read_reports
from forestay.outcomes.report import ImpactReport


class Basis(StrEnum):
    """Where an account's expected gain comes from."""

    UPLIFT = "uplift"
    """The fifth of accounts like it, held against those that were held out."""
    AVERAGE = "average"
    """All accounts that got it, against those that were held out."""
    OBSERVATIONAL = "observational"
    """All accounts that people chose, a guess."""
    NONE = "none"
    """It cannot be said yet."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One intervention for the account. effect, low, high: on the chance of its aim (0 to 1); projected: that chance
    with it, None where it is not known without; saves: ARR a year with its interval (low, high); is_open: whether it is
    asked for now; why: in words."""

    kind: str
    key: str
    aim: str
    basis: Basis
    effect: float | None
    low: float | None
    high: float | None
    chance_without: float | None
    projected: float | None
    saves: tuple[float, float, float] | None
    conversion: float | None
    is_open: bool
    is_sure: bool
    words: str


@dataclass(frozen=True, slots=True)
class NextBest:
    """best: the one that surely helps most, among those open to the account, None while of none it can be said."""

    best: Choice | None
    choices: tuple[Choice, ...]
    words: str


_ACCOUNT = text("""
SELECT a.arr::float8 AS arr, s.churn_score FROM accounts AS a LEFT JOIN account_states AS s ON s.account_id = a.id
WHERE a.workspace_id = :workspace AND a.id = :account""")
_OPEN = text("""
SELECT trigger_key FROM signals WHERE workspace_id = :workspace AND account_id = :account AND status = 'open'
  AND NOT is_holdout""")
_RUNNING = text("""
SELECT j.key, bool_or(r.ended_at IS NULL) AS is_running FROM journeys AS j
JOIN documents AS d ON d.workspace_id = j.workspace_id AND d.kind = 'journey' AND d.key = j.key AND d.status = 'published'
LEFT JOIN journey_runs AS r ON r.journey_id = j.id AND r.account_id = :account
WHERE j.workspace_id = :workspace GROUP BY j.key""")
_HELD_OUT = text("""
SELECT DISTINCT j.key FROM journey_exposures AS e JOIN journeys AS j ON j.id = e.journey_id
WHERE e.workspace_id = :workspace AND e.account_id = :account AND e.test = '$holdout' AND e.arm = 'holdout'""")
_UPLIFTS = text("""
SELECT kind, key, effect, low, high, part FROM account_uplifts
WHERE workspace_id = :workspace AND account_id = :account""")


def next_best(connection: Connection, workspace_id: int, account_id: int) -> NextBest:
    """For one account of the workspace."""
    where = {"workspace": workspace_id, "account": account_id}
    account = connection.execute(_ACCOUNT, where).one()
    uplifts = {(row.kind, row.key): row for row in connection.execute(_UPLIFTS, where)}
    open_now = {("trigger", str(key)) for key in connection.execute(_OPEN, where).scalars()}
    held_out = {str(key) for key in connection.execute(_HELD_OUT, where).scalars()}
    open_now |= {
        ("journey", row.key)
        for row in connection.execute(_RUNNING, where)
        if not row.is_running and row.key not in held_out
    }
    choices = [
        _choice(stored, account, uplifts.get((stored.report.kind, stored.report.key)), open_now)
        for stored in read_reports(connection, workspace_id)
        if stored.report.kind != "arm"
    ]
    choices.sort(key=_order, reverse=True)
    best = next((one for one in choices if one.is_open and one.is_sure and (one.effect or 0) > 0), None)
    return NextBest(best, tuple(choices), _words(best, choices))


def _choice(
    stored: Stored,
    account: Row[tuple[object, ...]],
    uplift: Row[tuple[object, ...]] | None,
    open_now: set[tuple[str, str]],
) -> Choice:
    report = stored.report
    basis, effect, low, high = _gain(report, uplift)
    without = 1 - float(account.churn_score) if report.aim == "churned" and account.churn_score is not None else None
    projected = min(max(without + effect, 0.0), 1.0) if without is not None and effect is not None else None
    arr = float(account.arr) if account.arr is not None and report.aim == "churned" else None
    saves = None
    if arr is not None and effect is not None and low is not None and high is not None:
        saves = (arr * effect, arr * low, arr * high)
    is_sure = low is not None and high is not None and (low > 0 or high < 0)
    return Choice(
        report.kind, report.key, report.aim, basis, effect, low, high, without, projected, saves, report.conversion,
        (report.kind, report.key) in open_now, is_sure, _basis_words(report, basis, uplift),
    )  # fmt: skip


def _gain(
    report: ImpactReport, uplift: Row[tuple[object, ...]] | None
) -> tuple[Basis, float | None, float | None, float | None]:
    if uplift is not None and report.uplift is not None and report.uplift.ships:
        return Basis.UPLIFT, float(uplift.effect), float(uplift.low), float(uplift.high)
    seen = report.effect
    bases = {Method.RANDOMISED: Basis.AVERAGE, Method.OBSERVATIONAL: Basis.OBSERVATIONAL, Method.NONE: Basis.NONE}
    return bases[seen.method], seen.estimate, seen.low, seen.high


def _basis_words(report: ImpactReport, basis: Basis, uplift: Row[tuple[object, ...]] | None) -> str:
    if basis is Basis.UPLIFT and uplift is not None:
        place = ("last", "fourth", "third", "second", "first")[min(int(uplift.part), 4)]
        return f"this account stands in the {place} fifth by expected gain; measured on accounts that were held out"
    if basis is Basis.NONE:
        ended = f"{report.reached} of {report.settled} ended well" if report.settled else "none has ended yet"
        return f"what it does cannot be said yet ({report.effect.why}); {ended}, which is no effect"
    return f"the average of all accounts, not of this one. {report.words}"


def _order(choice: Choice) -> tuple[bool, bool, float]:
    return choice.is_open, choice.is_sure and (choice.effect or 0) > 0, choice.low if choice.low is not None else -2.0


def _words(best: Choice | None, choices: list[Choice]) -> str:
    if best is not None and best.effect is not None:
        return f"{best.key}: {best.effect * 100:+.1f} points on the chance that it ends well; {best.words}"
    if not any(one.is_open for one in choices):
        return "nothing is open to this account: no signal is open, and no journey with a holdout takes it in"
    return "it cannot be said yet what helps this account; hold some accounts out at random to find out"
