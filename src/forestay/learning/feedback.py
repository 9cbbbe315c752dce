"""What feedback does to a trigger: a step tighter, a step looser, advice only, or nothing.

Reads : Firings since the threshold was last moved, its dial and how it has been moved so far
Gives : Setting, State, Suggestion, Move, decide(), after()
Source: REQUIREMENTS D6

Rules, so that it goes both ways, ends, and never leaves its bounds:
1. Nothing before LEAST judged firings since the last move, nor within REST_DAYS of it.
2. Tighter when the precision lies below target - MARGIN with a chance of SURE, looser when above target + MARGIN.
3. Looser also when more than a third was 'already known' and precision is well: then the trigger comes too late.
4. No step looser when what was watched in silence there was wrong.
5. A step back needs more (SURER) and halves the step; below an eighth of the first step it stays where it is. So it turns
   at most three times, and the last line is kept until the world is another (far beyond the margin).
6. At its strictest, and precision below half of the target with a chance of SURER: it only advises from then on. It acts
   again when precision is at the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from forestay.learning.precision import Firings, Precision, chance_above, precision_of, share_of
from forestay.learning.thresholds import Tunable

LEAST = 20.0
LEAST_WATCHED = 5.0
REST_DAYS = 14
SURE, SURER = 0.9, 0.975
MARGIN = 0.05
FAR = 0.2
SMALLEST = 1 / 8
LATE = 1 / 3
"""Of the verdicts; more of them `already known` means that the trigger comes too late."""


class Move(StrEnum):
    """What is suggested."""

    STAY = "stay"
    TIGHTEN = "tighten"
    LOOSEN = "loosen"
    ADVISE_ONLY = "advise_only"
    ACT_AGAIN = "act_again"


@dataclass(frozen=True, slots=True)
class Setting:
    """target: precision that this trigger should have, 0 to 1. advises_only: it does already."""

    target: float
    advises_only: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """How it was moved so far. step: of the next move, in the column's unit; direction: of the last (1 tighter, -1
    looser, 0 none yet); reversals: turns so far; moved_day: day of the last move."""

    step: float
    direction: int = 0
    reversals: int = 0
    moved_day: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do and why; to: the new threshold for tighten and loosen, else None."""

    move: Move
    to: float | None
    reason: str
    precision: Precision


def decide(dial: Tunable | None, state: State, firings: Firings, setting: Setting, today: int) -> Suggestion:
    """firings: of the present threshold. dial: None where there is nothing to turn. today: day number."""
    fired = firings.fired
    found = precision_of(fired, setting.target)
    said = f"{found.hits:g} of {found.judged:g} judged firings were right, {setting.target:.0%} is asked for"

    def stay(why: str) -> Suggestion:
        return Suggestion(Move.STAY, None, why, found)

    if found.judged < LEAST:
        return stay(f"{found.judged:g} firings were judged; {LEAST:g} are needed")
    if state.moved_day is not None and today - state.moved_day < REST_DAYS:
        return stay(f"moved {today - state.moved_day} days ago; it rests for {REST_DAYS}")
    if setting.advises_only:
        is_well = chance_above(found, setting.target) >= SURE
        return Suggestion(Move.ACT_AGAIN, None, said, found) if is_well else stay(f"{said}; it goes on advising")
    direction = _direction(fired, found, setting, state)
    if direction > 0:
        return _tighter(dial, state, found, setting, said)
    if direction < 0:
        return _looser(dial, state, firings, found, setting, said)
    return stay(f"{said}; that is near enough")


def after(state: State, dial: Tunable, suggestion: Suggestion, today: int) -> State:
    """How it stands once the suggestion was taken."""
    if suggestion.move not in (Move.TIGHTEN, Move.LOOSEN):
        return replace(state, moved_day=today)
    direction = 1 if suggestion.move is Move.TIGHTEN else -1
    turned = state.direction not in (0, direction)
    if turned and state.step / 2 < dial.step * SMALLEST:  # it had settled, and the world is another: it begins anew
        return State(dial.step, direction, 0, today)
    return State(state.step / 2 if turned else state.step, direction, state.reversals + turned, today)


def _direction(fired: Firings, found: Precision, setting: Setting, state: State) -> int:
    """1 tighter, -1 looser, 0 neither. Turning back asks for more."""
    below = 1 - chance_above(found, setting.target - MARGIN)
    above = chance_above(found, setting.target + MARGIN)
    if below >= (SURER if state.direction < 0 else SURE):
        return 1
    if above >= (SURER if state.direction > 0 else SURE):
        return -1
    verdicts = fired.accurate | fired.inaccurate | fired.known | fired.idle
    late = share_of(fired.known, verdicts)
    comes_late = late.judged >= LEAST / 2 and chance_above(late, LATE) >= SURE
    if comes_late and state.direction <= 0 and chance_above(found, setting.target) >= 0.5:
        return -1
    return 0


def _tighter(dial: Tunable | None, state: State, found: Precision, setting: Setting, said: str) -> Suggestion:
    is_far = 1 - chance_above(found, setting.target - FAR) >= SURER
    step = 0.0 if dial is None else _step(state, dial, 1, is_far=is_far)
    if dial is not None and step > 0 and dial.moved(1, step) != dial.threshold:
        return Suggestion(Move.TIGHTEN, dial.moved(1, step), said, found)
    if 1 - chance_above(found, setting.target / 2) >= SURER:
        return Suggestion(Move.ADVISE_ONLY, None, f"{said}, and it cannot be made stricter", found)
    return Suggestion(Move.STAY, None, f"{said}; it cannot be made stricter", found)


def _looser(
    dial: Tunable | None, state: State, firings: Firings, found: Precision, setting: Setting, said: str
) -> Suggestion:
    is_far = chance_above(found, setting.target + FAR) >= SURER
    step = 0.0 if dial is None else _step(state, dial, -1, is_far=is_far)
    if dial is None or step <= 0 or dial.moved(-1, step) == dial.threshold:
        return Suggestion(Move.STAY, None, f"{said}; it cannot be made looser", found)
    to = dial.moved(-1, step)
    near = firings.take(firings.is_explored & (((firings.value - to) * dial.stricter >= 0) | np.isnan(firings.value)))
    watched = precision_of(near, setting.target)
    if watched.judged >= LEAST_WATCHED and 1 - chance_above(watched, setting.target - MARGIN) >= SURE:
        why = f"{said}, but of those watched in silence just beyond the line {watched.hits:g} of {watched.judged:g} were right"
        return Suggestion(Move.STAY, None, why, found)
    return Suggestion(Move.LOOSEN, to, said, found)


def _step(state: State, dial: Tunable, direction: int, *, is_far: bool) -> float:
    """Of a move in this direction: half of the last after a turn. Once that is too small to matter 0, or the first step
    again where precision is far from the target."""
    step = state.step / 2 if state.direction not in (0, direction) else state.step
    if step >= dial.step * SMALLEST:
        return step
    return dial.step if is_far else 0.0
