"""From columns of subjects to what a test says: arms, comparisons, guard rails, shares.

Reads : TestPlan, Subjects
Gives : analyse(), Standing
Source: confidence.py, mismatch.py, rate_limit.py and thompson.py name theirs. Several arms against one control share
        the plan's alpha evenly (Bonferroni), so that it holds for the test as a whole.

Pure: the same subjects give the same report. The moment of a look does not matter, which is the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.journeys.experiments.assignment import HOLDOUT, Allocation
from forestay.journeys.experiments.confidence import LINE_SHARE, Difference, difference, mean_interval
from forestay.journeys.experiments.mismatch import sample_ratio
from forestay.journeys.experiments.plan import Allocating, Better, GuardRail, Outcome, TestPlan
from forestay.journeys.experiments.planning import bound_after, days_over, known_by_day
from forestay.journeys.experiments.rate_limit import limit_p_value
from forestay.journeys.experiments.report import ArmSeen, Comparison, OutcomeSeen, TestReport
from forestay.journeys.experiments.subjects import Subjects
from forestay.journeys.experiments.thompson import Seen, best_chances, shares
from forestay.journeys.experiments.verdict import judge
from forestay.journeys.experiments.words import amount_words, outcome_words, plan_words

Flags = npt.NDArray[np.bool_]
LEAST_OF_EACH = 10
"""Yeses, and noes, before anything is said of a rate."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A test as it is set up now. allocation: the document's shares, its bucket version; stopped: arm -> why, by
    earlier looks."""

    journey: str
    test: str
    plan: TestPlan
    allocation: Allocation
    stopped: Mapping[str, str]

    @property
    def control(self) -> str:
        """The arm named by the plan, else the holdout, else the first."""
        arms = self.allocation.arms
        named = self.plan.control
        return named if named in arms else HOLDOUT if HOLDOUT in arms else arms[0]


def analyse(standing: Standing, subjects: Subjects) -> TestReport:
    """Everything that a test says at this look."""
    plan, control = standing.plan, standing.control
    mismatch = sample_ratio(subjects.arm, subjects.chances, subjects.names)
    seen = tuple(_outcome_seen(outcome, standing, subjects) for outcome in plan.outcomes)
    stopped = {**_stopped_now(standing, subjects), **standing.stopped}
    verdict, words = judge(plan, seen[0], mismatch, stopped)
    return TestReport(
        standing.journey, standing.test, standing.allocation.bucket_version, control, seen, mismatch,
        _shares(standing, subjects, stopped), stopped, subjects.crossed, verdict, words,
    )  # fmt: skip


def _outcome_seen(outcome: Outcome, standing: Standing, subjects: Subjects) -> OutcomeSeen:
    plan, control = standing.plan, standing.control
    known = subjects.known[outcome.name]
    others = [arm for arm in subjects.names if arm != control]
    alpha = plan.alpha / max(len(others), 1)
    is_counted = ~np.isnan(known.value)
    return OutcomeSeen(
        outcome.name,
        outcome_words(outcome),
        outcome.is_yes_no,
        outcome.better is Better.HIGHER,
        tuple(_arm_seen(arm, outcome, plan, subjects) for arm in subjects.names),
        tuple(_comparison(arm, standing, outcome, alpha, subjects) for arm in others),
        waiting=int((~known.is_settled).sum()),
        without=int((known.is_settled & ~is_counted).sum()),
    )


def _arm_seen(arm: str, outcome: Outcome, plan: TestPlan, subjects: Subjects) -> ArmSeen:
    values = subjects.known[outcome.name].value[subjects.arm == subjects.names.index(arm)]
    values = values[~np.isnan(values)]
    is_enough = len(values) >= plan.least and _has_spread(values, outcome)
    interval = mean_interval(values, plan.alpha) if is_enough else None
    return ArmSeen(arm, len(values), float(values.mean()) if len(values) else None, interval)


def _comparison(arm: str, standing: Standing, outcome: Outcome, alpha: float, subjects: Subjects) -> Comparison:
    """On subjects that could have got either and whose outcome is known."""
    plan, control = standing.plan, standing.control
    one, other = subjects.names.index(arm), subjects.names.index(control)
    over = days_over(subjects.age, outcome.within_days, plan.days)
    words = plan_words(plan, over)
    took = np.isin(subjects.arm, (one, other)) & (subjects.chances[:, one] > 0) & (subjects.chances[:, other] > 0)
    took &= ~np.isnan(subjects.known[outcome.name].value)
    pair = _Pair(subjects, outcome, plan, (one, other))
    if not plan.is_by_days:
        found = pair.difference(took, alpha, planned=plan.planned)
    else:
        early = took & (subjects.day < over)
        bound = bound_after(known_by_day(subjects.day[early], over), alpha * LINE_SHARE, plan.days)
        found = pair.difference(early, alpha, bound=bound)
        beyond = pair.difference(took, alpha * (1 - LINE_SHARE)) if over == plan.days else None
        found = min((one for one in (found, beyond) if one is not None), key=_width, default=None)
    if found is None:
        return Comparison(arm, control, 1 - alpha, None, plan=words)
    return Comparison(arm, control, 1 - alpha, found.interval, found.variance_cut, words)


def _width(found: Difference) -> float:
    return found.interval.high - found.interval.low


@dataclass(frozen=True, slots=True)
class _Pair:
    """An arm and its control (places in names), compared by one outcome."""

    subjects: Subjects
    outcome: Outcome
    plan: TestPlan
    arms: tuple[int, int]

    def difference(
        self, took: Flags, alpha: float, *, planned: int | None = None, bound: float | None = None
    ) -> Difference | None:
        """Of the subjects taken; None where there are too few, or all alike."""
        known, (one, other) = self.subjects.known[self.outcome.name], self.arms
        is_arm, chances = self.subjects.arm[took] == one, self.subjects.chances[took]
        is_enough = min(int(is_arm.sum()), int((~is_arm).sum())) >= self.plan.least
        if not is_enough or not _has_spread(known.value[took], self.outcome):
            return None
        chance = chances[:, one] / (chances[:, one] + chances[:, other])
        before = known.before[took] if self.plan.adjust else None
        return difference(known.value[took], is_arm, chance, alpha, before, planned=planned, bound=bound)


def _has_spread(values: npt.NDArray[np.float64], outcome: Outcome) -> bool:
    """Whether the normal curve may speak: a rate of 0 in 500 has no variance to be seen, and is not surely 0."""
    if not outcome.is_yes_no:
        return bool(values.std() > 0)
    return bool(min(values.sum(), (1 - values).sum()) >= LEAST_OF_EACH)


def _stopped_now(standing: Standing, subjects: Subjects) -> dict[str, str]:
    """Arms that a guard rail stops at this look. A holdout gets nothing and thus cannot be stopped."""
    stopped: dict[str, str] = {}
    for rail in standing.plan.guard_rails:
        for arm in standing.allocation.arms:
            if arm in stopped or arm == HOLDOUT:
                continue
            reason = _over_limit(rail, arm, standing, subjects) if rail.limit is not None else None
            reason = reason or _behind_control(rail, arm, standing, subjects)
            if reason is not None:
                stopped[arm] = reason
    return stopped


def _over_limit(rail: GuardRail, arm: str, standing: Standing, subjects: Subjects) -> str | None:
    limit, outcome = rail.limit or 0.0, rail.outcome
    values = subjects.known[outcome.name].value[subjects.arm == subjects.names.index(arm)]
    values = values[~np.isnan(values)]
    if outcome.is_yes_no:
        is_low_good = outcome.better is Better.LOWER
        p_value = limit_p_value((values > 0) == is_low_good, limit if is_low_good else 1 - limit)
        is_over = p_value <= rail.alpha
    else:
        is_over = len(values) >= standing.plan.least and _beyond(values, limit, rail)
    if not is_over:
        return None
    mean, allowed = (amount_words(amount, is_yes_no=outcome.is_yes_no) for amount in (float(values.mean()), limit))
    unit = " %" if outcome.is_yes_no else ""
    return f"{outcome_words(outcome)}: {mean}{unit} where the limit is {allowed}{unit} ({len(values)} subjects)"


def _beyond(values: npt.NDArray[np.float64], limit: float, rail: GuardRail) -> bool:
    interval = mean_interval(values, rail.alpha)
    return interval.low > limit if rail.outcome.better is Better.LOWER else interval.high < limit


def _behind_control(rail: GuardRail, arm: str, standing: Standing, subjects: Subjects) -> str | None:
    control, outcome = standing.control, rail.outcome
    if rail.worse_by is None or arm == control:
        return None
    comparison = _comparison(arm, standing, outcome, rail.alpha, subjects)
    interval = comparison.interval
    if interval is None:
        return None
    is_low_good = outcome.better is Better.LOWER
    if not (interval.low > rail.worse_by if is_low_good else interval.high < -rail.worse_by):
        return None
    size = amount_words(abs(interval.estimate), is_yes_no=outcome.is_yes_no)
    return f"{outcome_words(outcome)}: worse than '{control}' by {size}{' points' if outcome.is_yes_no else ''}"


def _shares(standing: Standing, subjects: Subjects, stopped: Mapping[str, str]) -> dict[str, float]:
    """Percent of each arm from now on; a stopped arm keeps its place, the assignment deals its subjects out anew."""
    planned = dict(standing.allocation.shares)
    plan = standing.plan
    moving = [arm for arm in planned if arm != HOLDOUT and arm not in stopped]
    known = subjects.known[plan.outcome.name].value
    seen = {arm: _sums(known[subjects.arm == subjects.names.index(arm)]) for arm in moving}
    if plan.allocating is Allocating.FIXED or len(moving) < 2 or sum(arm.n for arm in seen.values()) < plan.least:
        return planned
    chances = best_chances(
        seen, is_yes_no=plan.outcome.is_yes_no, higher_is_better=plan.outcome.better is Better.HIGHER, seed=len(known)
    )
    whole = sum(planned[arm] for arm in moving)
    led = shares(chances, plan.floor * 100 / whole)
    return {arm: led[arm] * whole / 100 if arm in led else share for arm, share in planned.items()}


def _sums(values: npt.NDArray[np.float64]) -> Seen:
    known = values[~np.isnan(values)]
    return Seen(len(known), float(known.sum()), float((known**2).sum()))
