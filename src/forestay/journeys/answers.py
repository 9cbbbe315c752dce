"""What a step needs to wait for an answer: which outcomes are its own, and until when it waits.

Reads : Batch.woken; outcomes carry `cause` ('run:<run>:<step>:<passed>') and `slot` of the request they answer
Gives : answers(), Answer, deadline(), WITHDRAW
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forestay.journeys.fields import Duration
from forestay.journeys.moves import NEVER, Batch, Ints, Wake

WITHDRAW = "withdraw"
"""Slot of the request that takes the others of the step back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came to one place. word: the outcome ('sent', 'approved', ...), '' when it is none of ours; reason: behind
    its colon; is_late: nothing came in time."""

    place: int
    word: str = ""
    reason: str = ""
    slot: str = ""
    body: Mapping[str, Any] | None = None
    is_late: bool = False


def answers(batch: Batch, now: int, due: Ints) -> Iterator[Answer]:
    """One for each place. now, due: microseconds UTC; due (n,) is the deadline, NEVER for none.

    An outcome of an earlier pass, or of another run, answers nothing.
    """
    for place, woken in enumerate(batch.woken or ()):
        if woken.what == "outcome" and _is_own(batch, place, woken):
            word, _, reason = woken.name.partition(":")
            yield Answer(place, word, reason.strip(), str(woken.body.get("slot", "")), woken.body)
        else:
            yield Answer(place, is_late=int(due[place]) <= now or woken.what == "timer")


def deadline(batch: Batch, length: Duration | None) -> Ints:
    """So long after each token came, NEVER without a length."""
    return np.full(len(batch), NEVER, np.int64) if length is None else batch.since + length.microseconds


def _is_own(batch: Batch, place: int, woken: Wake) -> bool:
    cause = str(woken.body.get("cause", ""))
    if not cause.startswith("run:"):
        return True  # one that says nothing of its cause was told by hand
    _, run, _, passed = (*cause.split(":"), "", "", "")[:4]
    return run == str(batch.run[place]) and passed == str(batch.passed[place])
