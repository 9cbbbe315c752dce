"""The job 'backtest': a trigger's document replayed over the lake's history.

Reads : params {trigger, since, until, outcome, within_days}; the workspace's past
Gives : carry_out(), whose result is the report of signals.report, as the API answers it
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from forestay.app.job_kinds.past import open_past
from forestay.app.job_kinds.workshop import Workshop
from forestay.conditions.needs import events_of
from forestay.kit.clock import number_of
from forestay.signals.backtest import backtest
from forestay.signals.report import Period
from forestay.signals.trigger import Outcome, Trigger, read_trigger
from forestay.store.jobs import Job
from forestay.store.shapes import Json


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Replay the trigger; the answer is the report as JSON."""
    trigger = read_trigger(job.params["trigger"])
    workshop.say(job, 0, 1, "history")
    with open_past(job, workshop, _events(trigger)) as past:
        configuration = past.configuration
        made = backtest(
            trigger, _period(job), past.history, past.making, configuration.measures, zone=configuration.zone,
            told=workshop.teller(job, len(past.history.account_ids), "accounts"),
        )  # fmt: skip
    answer: Mapping[str, Json] = msgspec.json.decode(msgspec.json.encode(made))
    return answer


def _period(job: Job) -> Period:
    days = [number_of(date.fromisoformat(str(job.params[name]))) for name in ("since", "until")]
    return Period(days[0], days[1], Outcome(str(job.params["outcome"])), int(str(job.params["within_days"])))


def _events(trigger: Trigger) -> frozenset[str]:
    """Events that this trigger, perhaps a draft, names; those of segments are part of the configuration."""
    parts = [part for part in (trigger.condition, trigger.until) if part is not None]
    return frozenset(name for part in parts for name in events_of(part))
