"""A test's numbers as sentences that a person reads.

Gives : outcome_words(), plan_words(), amount_words(), interval_words(), comparison_words()
"""

from __future__ import annotations

from forestay.journeys.experiments.plan import (
    AccountOutcome,
    EventOutcome,
    HealthOutcome,
    MeasureOutcome,
    Outcome,
    RevenueOutcome,
    TestPlan,
)
from forestay.journeys.experiments.report import Comparison, OutcomeSeen

_PLAIN = {"goal": "goal reached", "goal_held": "goal holds", "refusal": "unsubscribed or complained"}


def outcome_words(outcome: Outcome) -> str:
    """What is counted.

    >>> outcome_words(RevenueOutcome(within_days=90))
    'ARR kept per subject after 90 days'
    """
    days = f"{outcome.within_days} days"
    match outcome:
        case EventOutcome():
            return f"'{outcome.event}' within {days}"
        case HealthOutcome():
            return f"{'change of health' if outcome.change else 'health'} after {days}"
        case MeasureOutcome():
            return f"{'change of ' if outcome.change else ''}{outcome.measure} after {days}"
        case AccountOutcome():
            return f"{outcome.became} within {days}"
        case RevenueOutcome():
            return f"{'ARR kept' if outcome.of == 'kept' else 'change of ARR'} per subject after {days}"
        case _:
            return f"{_PLAIN[outcome.kind]} within {days}"


def plan_words(plan: TestPlan, over: int) -> str:
    """What a test is planned for. over: whole days whose outcomes are known.

    >>> plan_words(TestPlan(), 11), plan_words(TestPlan(planned=2000), 11)
    ('planned for 28 days of subjects, 11 of them known', 'planned for 2,000 subjects')
    """
    if plan.is_by_days:
        return f"planned for {plan.days} days of subjects, {min(over, plan.days)} of them known"
    return f"planned for {plan.planned:,} subjects" if plan.planned is not None else "without an end"


def amount_words(amount: float, *, is_yes_no: bool) -> str:
    """A difference or a mean: points of percent for rates, else the number itself.

    >>> amount_words(0.0213, is_yes_no=True), amount_words(1234.5, is_yes_no=False)
    ('2.1', '1,234.50')
    """
    return f"{amount * 100:,.1f}" if is_yes_no else f"{amount:,.2f}"


def interval_words(seen: OutcomeSeen, comparison: Comparison) -> str:
    """'95 % [0.4, 3.8]'."""
    interval = comparison.interval
    if interval is None:
        return "not yet known"
    low, high = (amount_words(edge, is_yes_no=seen.is_yes_no) for edge in (interval.low, interval.high))
    return f"{comparison.confidence * 100:g} % [{low}, {high}]"


def comparison_words(seen: OutcomeSeen, comparison: Comparison) -> str:
    """How an arm did against control, without what to do about it."""
    arm, control, interval = comparison.arm, comparison.control, comparison.interval
    if interval is None:
        return f"too few outcomes are known to compare '{arm}' with '{control}'"
    size = amount_words(abs(interval.estimate), is_yes_no=seen.is_yes_no)
    by = f"by {size} points" if seen.is_yes_no else f"by {size}"
    if interval.excludes_zero:
        is_better = (interval.low > 0) == seen.higher_is_better
        return (
            f"'{arm}' is {'better' if is_better else 'worse'} than '{control}' {by}, {interval_words(seen, comparison)}"
        )
    way = "higher" if interval.estimate > 0 else "lower"
    return f"'{arm}' is {way} than '{control}' {by}, which may be chance: {interval_words(seen, comparison)}"
