"""Once a day: what every trigger, journey and arm of a test does and is worth, kept for those who ask.

Reads : what reading.py reads, tests of journeys, settings.impact, impact_reports
Gives : evaluate_impact(), read_reports(), costs_of(), Stored
Writes: impact_reports, account_uplifts
Source: REQUIREMENTS C4, J
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
from pydantic import ValidationError
from sqlalchemy import Connection, text

from forestay.journeys.experiments.evaluate import report_tests
from forestay.journeys.experiments.report import Comparison, OutcomeSeen, TestReport
from forestay.kit.logs import get_logger
from forestay.outcomes.average import ASSUMPTIONS, Effect, Method, effect_of
from forestay.outcomes.covariates import COVARIATES
from forestay.outcomes.known_before import present_values
from forestay.outcomes.policy import Look, is_due, look_at, scored
from forestay.outcomes.reading import JOURNEY_COVARIATES, Read, read_journeys, read_triggers
from forestay.outcomes.report import ImpactReport, PartSeen, UpliftSeen, assumptions_of, effect_seen, effect_words
from forestay.outcomes.roi import Costs, worth_of
from forestay.outcomes.subjects import Floats, Ints

_log = get_logger(__name__)
PERIOD = timedelta(days=365)
ALPHA = 0.05

_STORED = text("""
SELECT kind, key, body::text AS body, looks, looked_at, computed_at FROM impact_reports
WHERE workspace_id = :workspace ORDER BY kind DESC, key""")
_SAVE = text("""
INSERT INTO impact_reports (workspace_id, kind, key, body, looks, looked_at, computed_at)
VALUES (:workspace, :kind, :key, cast(:body AS jsonb), :looks, :looked_at, :now)
ON CONFLICT (workspace_id, kind, key) DO UPDATE SET body = EXCLUDED.body, looks = EXCLUDED.looks,
  looked_at = EXCLUDED.looked_at, computed_at = EXCLUDED.computed_at""")
_FORGET = text("DELETE FROM impact_reports WHERE workspace_id = :workspace AND computed_at < :now")
_FORGET_UPLIFTS = text("""
DELETE FROM account_uplifts WHERE workspace_id = :workspace AND (kind, key) NOT IN (
  SELECT kind, key FROM impact_reports WHERE workspace_id = :workspace AND (body->'uplift'->>'ships')::boolean)""")
_SCORES = text("""
INSERT INTO account_uplifts (workspace_id, kind, key, account_id, effect, low, high, part, at)
SELECT :workspace, :kind, :key, account, effect, low, high, part, :now
FROM unnest(cast(:accounts AS bigint[]), cast(:effects AS real[]), cast(:lows AS real[]), cast(:highs AS real[]),
            cast(:parts AS smallint[])) AS one (account, effect, low, high, part)
ON CONFLICT (workspace_id, kind, key, account_id) DO UPDATE SET effect = EXCLUDED.effect, low = EXCLUDED.low,
  high = EXCLUDED.high, part = EXCLUDED.part, at = EXCLUDED.at""")
_COSTS = text("SELECT settings->'impact' FROM workspaces WHERE id = :workspace")


@dataclass(frozen=True, slots=True)
class Stored:
    """A report as it is kept. looks, looked_at: how often the uplift was looked at, and outcomes known at the last."""

    report: ImpactReport
    looks: int
    looked_at: int
    computed_at: datetime


def evaluate_impact(connection: Connection, workspace_id: int, now: datetime) -> list[ImpactReport]:
    """Judge every intervention anew, in the caller's transaction; may be repeated at any time."""
    before = {(one.report.kind, one.report.key): one for one in read_reports(connection, workspace_id)}
    costs, since = costs_of(connection, workspace_id), now - PERIOD
    present: tuple[Ints, Floats] | None = None
    made: list[ImpactReport] = []
    for read in (*read_triggers(connection, workspace_id, since), *read_journeys(connection, workspace_id, since)):
        earlier = before.get((read.kind, read.key))
        report, look = _report(read, costs, earlier)
        looks, looked_at = (earlier.looks, earlier.looked_at) if earlier else (0, 0)
        if look is not None:
            looks, looked_at = look.number, look.qini.n
        _save(connection, workspace_id, report, looks, looked_at, now)
        if report.uplift is not None and report.uplift.ships:
            present = present or present_values(connection, workspace_id, now)
            _save_scores(connection, workspace_id, read, report.uplift, present, now)
        made.append(report)
    for report in _arms(report_tests(connection, workspace_id)):
        _save(connection, workspace_id, report, 0, 0, now)
        made.append(report)
    connection.execute(_FORGET, {"workspace": workspace_id, "now": now})
    connection.execute(_FORGET_UPLIFTS, {"workspace": workspace_id})
    return made


def read_reports(connection: Connection, workspace_id: int) -> list[Stored]:
    """What the last evaluation found: triggers, journeys, arms."""
    rows = connection.execute(_STORED, {"workspace": workspace_id})
    return [
        Stored(msgspec.json.decode(row.body, type=ImpactReport), row.looks, row.looked_at, row.computed_at)
        for row in rows
    ]


def costs_of(connection: Connection, workspace_id: int) -> Costs:
    """What work costs, as the workspace says in its settings; what it does not say is usual."""
    told = connection.scalar(_COSTS, {"workspace": workspace_id})
    try:
        return Costs.model_validate(told or {})
    except ValidationError as reason:
        _log.warning("costs_not_readable", workspace_id=workspace_id, reason=str(reason))
        return Costs()


def _report(read: Read, costs: Costs, earlier: Stored | None) -> tuple[ImpactReport, Look | None]:
    effect = effect_of(read.subjects, ALPHA)
    revenue = _unsaid(effect) if effect.estimate is None else effect_of(read.revenue, ALPHA)
    looked_at = earlier.looked_at if earlier else 0
    look = look_at(read.subjects, (earlier.looks if earlier else 0) + 1) if is_due(read.subjects, looked_at) else None
    uplift = uplift_seen(look) if look else earlier.report.uplift if earlier else None
    tally = read.tally
    return ImpactReport(
        kind=read.kind, key=read.key, aim=read.aim, effect=effect_seen(effect), assumptions=assumptions_of(effect),
        words=effect_words(effect, read.aim), treated=tally.treated, settled=tally.settled, reached=tally.reached,
        conversion=tally.reached / tally.settled if tally.settled else None, revenue=effect_seen(revenue),
        worth=worth_of(revenue, tally.treated, read.spent, costs), uplift=uplift,
        uplift_words=uplift.words if uplift else _no_uplift(effect), period_days=PERIOD.days,
    ), look  # fmt: skip


def uplift_seen(look: Look) -> UpliftSeen:
    """A look as it is stored."""
    curve = look.qini
    spread = f"Qini {curve.coefficient * 100:.2f} points [{curve.low * 100:.2f}, {curve.high * 100:.2f}]"
    words = (
        f"It is known who gains: the best fifth {curve.top * 100:.1f} points, all {curve.all * 100:.1f} ({spread})"
        if curve.ships
        else f"It is not known who gains more than others: the interval is not above zero ({spread})"
    )
    parts = tuple(PartSeen(one.number, one.from_score, one.effect, one.low, one.high, one.n) for one in look.parts)
    return UpliftSeen(
        look.learner.value, curve.coefficient, curve.low, curve.high, 1 - curve.alpha, curve.n, look.number, curve.ships,
        tuple(look.curve), parts, words,
    )  # fmt: skip


def _no_uplift(effect: Effect) -> str:
    if effect.method is Method.RANDOMISED:
        return "Who gains most is asked when 500 outcomes are known, 75 of them of accounts held out."
    return "Who gains most can only be learned from accounts that were held out by chance."


def _unsaid(effect: Effect) -> Effect:
    """Of money nothing is said before something is said of rates."""
    return Effect(
        Method.NONE, None, None, None, effect.alpha, effect.treated, effect.untreated, None, None, effect.why
    )  # fmt: skip


def _save(
    connection: Connection, workspace_id: int, report: ImpactReport, looks: int, looked_at: int, now: datetime
) -> None:
    body = msgspec.json.encode(report).decode()
    values: Mapping[str, object] = {
        "workspace": workspace_id, "kind": report.kind, "key": report.key, "body": body, "looks": looks,
        "looked_at": looked_at, "now": now,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def _save_scores(
    connection: Connection,
    workspace_id: int,
    read: Read,
    uplift: UpliftSeen,
    present: tuple[Ints, Floats],
    now: datetime,
) -> None:
    accounts, values = present
    if read.subjects.names == JOURNEY_COVARIATES:
        values = values[:, [COVARIATES.index(name) for name in JOURNEY_COVARIATES]]
    if not len(accounts) or not uplift.parts:
        return
    _, part = scored(read.subjects, values, np.array([one.from_score for one in uplift.parts]))
    of = [uplift.parts[number] for number in part.tolist()]
    arrays = {
        "accounts": accounts.tolist(), "effects": [one.effect for one in of], "lows": [one.low for one in of],
        "highs": [one.high for one in of], "parts": part.tolist(),
    }  # fmt: skip
    connection.execute(_SCORES, {"workspace": workspace_id, "kind": read.kind, "key": read.key, "now": now, **arrays})


def _arms(tests: Sequence[TestReport]) -> Iterator[ImpactReport]:
    """Arms of A/B tests against their control, by the outcome that decides; holdouts report themselves as journeys."""
    for test in tests:
        if test.test.startswith("$"):
            continue
        for comparison in test.outcomes[0].comparisons:
            yield _arm(test, test.outcomes[0], comparison)


def _arm(test: TestReport, seen: OutcomeSeen, comparison: Comparison) -> ImpactReport:
    counts, means = {one.arm: one.n for one in seen.arms}, {one.arm: one.mean for one in seen.arms}
    found, sign = comparison.interval, 1 if seen.higher_is_better else -1
    ends = sorted((found.low * sign, found.high * sign)) if found else (None, None)
    effect = Effect(
        Method.RANDOMISED if found else Method.NONE, found.estimate * sign if found else None, ends[0], ends[1],
        1 - comparison.confidence, counts[comparison.arm], counts[comparison.control], means[comparison.arm],
        means[comparison.control], f"{seen.words}, against '{comparison.control}'",
    )  # fmt: skip
    settled = counts[comparison.arm]
    return ImpactReport(
        kind="arm", key=f"{test.journey}/{test.test}/{comparison.arm}", aim=seen.name, effect=effect_seen(effect),
        assumptions=ASSUMPTIONS[effect.method], words=test.words, treated=settled, settled=settled, reached=0,
        conversion=None, revenue=None, worth=None, uplift=None, uplift_words="", period_days=PERIOD.days,
    )  # fmt: skip
