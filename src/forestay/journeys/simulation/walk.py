"""One account's way through a journey, in words: 'walk this account'.

Gives : walk() -> Walk
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.document import Journey
from forestay.journeys.simulation.answers import Answering, Assumptions
from forestay.journeys.simulation.cast import cast_of
from forestay.journeys.simulation.crowd import Turn
from forestay.journeys.simulation.past import blocks_of
from forestay.journeys.simulation.reasons import Reasons
from forestay.journeys.simulation.simulate import Days, Ground, asked_of, named_events, replayed
from forestay.journeys.tokens import Advanced
from forestay.journeys.trace import lines_of
from forestay.kit.clock import moment_of
from forestay.kit.errors import NotFound
from forestay.signals.words import ColumnWords

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that would have happened. what: asks, leaves, waits, ends, fails; word: of the request, the port or the
    status; detail: name -> text, of a branch also `why`."""

    at: datetime
    step: str
    what: str
    word: str
    detail: dict[str, str]
    journey: str = ""
    """Of a sub-journey's run; '' of its own and of its branches."""


@dataclass(frozen=True, slots=True)
class Walk:
    """An account's way. entered: how often; refused: arrivals that were turned away, by reason."""

    account_id: int
    entered: int
    refused: dict[str, int]
    stages: tuple[Stage, ...]


def walk(
    draft: Journey, account_id: int, days: Days, ground: Ground, *, assumptions: Assumptions | None = None
) -> Walk:  # fmt: skip
    """The same replay as simulate() for one account, told step by step. ground.history may hold other accounts, too.

    Raises NotFound when it holds no such account.
    """
    cast, answering = cast_of(draft, ground.journeys), Answering(assumptions or Assumptions())
    plans, stages = list(cast.values()), list[Stage]()
    words, reasons = ColumnWords(ground.measures.by_key.values()), dict[str, Reasons]()

    def tell(now: int, plan: Compiled, _turn: Turn, done: Advanced) -> None:
        whose = "" if plan.key == draft.key else plan.key
        for run in np.flatnonzero(done.runs.account == account_id).tolist():
            for line in lines_of(plan, done, now, run):
                detail = {name: str(value) for name, value in line.detail.items()}
                why = reasons[plan.key].why(line.step, line.word, done.runs.values[run], moment_of(now + _SECOND))
                if line.what == "leaves" and why:
                    detail["why"] = why
                stages.append(Stage(moment_of(now), line.step, line.what, line.word, detail, whose))

    for past in blocks_of(ground.history, asked_of(plans, days, ground), ground.making, ground.measures):
        row = int(np.searchsorted(past.account_ids, account_id))
        if row < len(past) and past.account_ids[row] == account_id:
            events = named_events(plans, past, days, ground)
            reasons |= {key: Reasons(plan, past, row, ground.people.zone, words) for key, plan in cast.items()}
            replay = replayed(cast, past, events, days, ground, answering, tell, only=row)
            return Walk(account_id, replay.tally.entered.total(), dict(replay.tally.refused), tuple(stages))
    raise NotFound("account", str(account_id))
