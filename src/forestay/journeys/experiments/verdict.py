"""What to do with a test: keep going, stop and take an arm, or do not trust it.

Reads : the outcome that decides, the check of shares, the arms that were stopped
Gives : judge()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forestay.journeys.experiments.mismatch import Mismatch
from forestay.journeys.experiments.plan import TestPlan
from forestay.journeys.experiments.report import Comparison, OutcomeSeen, Verdict
from forestay.journeys.experiments.words import amount_words, comparison_words


def judge(plan: TestPlan, seen: OutcomeSeen, mismatch: Mismatch, stopped: Mapping[str, str]) -> tuple[Verdict, str]:
    """The verdict and its sentence. An arm that was stopped can no longer win."""
    if mismatch.is_mismatch:
        return Verdict.MISMATCH, _mismatch_words(mismatch)
    told = "".join(f"; '{arm}' was stopped: {reason}" for arm, reason in stopped.items())
    running = [comparison for comparison in seen.comparisons if comparison.arm not in stopped]
    if not running:
        return Verdict.WORSE, f"no arm is left to compare{told}; stop"
    verdict, words = _of_running(plan, seen, running)
    return verdict, f"{words}{told}"


def _of_running(plan: TestPlan, seen: OutcomeSeen, running: Sequence[Comparison]) -> tuple[Verdict, str]:
    winners = [one for one in running if _is_sure(one) and _gain(one, seen) > 0]
    losers = [one for one in running if _is_sure(one) and _gain(one, seen) < 0]
    if winners:
        best = max(winners, key=lambda one: _gain(one, seen))
        return Verdict.BETTER, f"{comparison_words(seen, best)}; stop and take '{best.arm}'"
    if len(losers) == len(running):
        return Verdict.WORSE, f"{comparison_words(seen, running[0])}; stop and keep '{running[0].control}'"
    if all(one.interval is None for one in running):
        known = ", ".join(f"'{arm.arm}' {arm.n}" for arm in seen.arms)
        return (
            Verdict.TOO_EARLY,
            f"too early: each arm needs {plan.least} known outcomes, not all alike (now {known}); keep going",
        )
    if plan.matters_from is not None and all(_is_within(one, plan.matters_from) for one in running):
        size = amount_words(plan.matters_from, is_yes_no=seen.is_yes_no)
        return Verdict.DRAW, f"no arm differs from '{running[0].control}' by {size} or more; stop and take the cheaper"
    leading = max(running, key=lambda one: _gain(one, seen))
    return Verdict.KEEP_GOING, f"{comparison_words(seen, leading)}; keep going"


def _is_sure(comparison: Comparison) -> bool:
    return comparison.interval is not None and comparison.interval.excludes_zero


def _is_within(comparison: Comparison, size: float) -> bool:
    interval = comparison.interval
    return interval is not None and -size < interval.low and interval.high < size


def _gain(comparison: Comparison, seen: OutcomeSeen) -> float:
    """How much better than control; nothing known is no gain."""
    if comparison.interval is None:
        return 0.0
    return comparison.interval.estimate if seen.higher_is_better else -comparison.interval.estimate


def _mismatch_words(mismatch: Mismatch) -> str:
    counted = ", ".join(
        f"'{arm}' {count} where {mismatch.expected[arm]:.0f} were due" for arm, count in mismatch.counts.items()
    )
    return (
        f"do not trust this test: the arms did not get their shares ({counted}; p = {mismatch.p_value:.2g}); "
        "find out who is lost on the way, then begin again with a new bucket version"
    )
