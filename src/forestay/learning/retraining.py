"""When is a model trained anew: after so many days, when it drifted and training may help, or when outcomes say so.

Gives : reason_to_train(), Standing
Source: issue 'The predictive engine' 8; a calendar alone is late, an alarm alone never ends
"""

from __future__ import annotations

from dataclasses import dataclass

from forestay.predictions.policy import ModelPolicy

REST_DAYS = 7
"""After a training, however it ended, an alarm asks for none for so long."""
OUTCOMES_REST_DAYS = 14
"""After a training the outcomes that asked for it still count for a while, so they ask for none for so long."""
FIRST_RETRY_DAYS = 7
"""Without a live model a training that found not enough data is repeated after so many days."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a purpose stands on a day. trained_day: the last training ended then, None never; is_live: a model answers;
    is_training: a job waits or runs; has_drifted: the newest report asks for training; outcomes_ask: what really happened
    after firings of a trigger on this model says that it is no longer right (verdicts alone never do)."""

    today: int
    trained_day: int | None
    is_live: bool
    is_training: bool
    has_drifted: bool
    outcomes_ask: bool = False


def reason_to_train(standing: Standing, policy: ModelPolicy) -> str | None:
    """'schedule', 'drift', 'outcomes' or None. A purpose that was never trained waits for a person's first `forestay train`."""
    if standing.is_training or standing.trained_day is None:
        return None
    age = standing.today - standing.trained_day
    if not standing.is_live:
        return "schedule" if age >= FIRST_RETRY_DAYS else None
    if policy.retrain_on_drift and standing.has_drifted and age >= REST_DAYS:
        return "drift"
    if policy.retrain_on_drift and standing.outcomes_ask and age >= OUTCOMES_REST_DAYS:
        return "outcomes"
    return "schedule" if age >= policy.retrain_every_days else None
