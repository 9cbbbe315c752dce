"""What a turn did to tokens, as passages of their runs' history: one row a token and step.

Reads : Moves of one step
Gives : tell_left(), tell_decided(), tell_ended(), tell_failed()
Writes: Advanced.passages
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forestay.journeys.moves import Ints, Moves, details_of
from forestay.journeys.tokens import Advanced, Flags, Passage
from forestay.journeys.words import Happening, RunStatus


def tell_left(
    done: Advanced, hop: int, number: int, places: Ints, codes: Ints, names: tuple[str, ...], asked: Flags | None,
    moves: Moves | None, local: Ints | None,
) -> None:  # fmt: skip
    """They left a step: one row a token; where it also asked, the row says that it asked. codes: into names, -1 none."""
    details = {} if moves is None or local is None else details_of(moves, local)
    did_ask = np.zeros(len(places), bool) if asked is None or local is None else asked[local]
    for happening, mask in ((Happening.LEFT, ~did_ask), (Happening.ASKED, did_ask)):
        here = np.flatnonzero(mask)
        if len(here):
            told = {n: details[p] for n, p in enumerate(here.tolist()) if p in details} if details else {}
            at = done.tokens.at[places[here]]
            done.passages.append(Passage(at, hop, number, happening, names, codes[here], told))


def tell_decided(
    done: Advanced, hop: int, number: int, places: Ints, local: Ints, happening: Happening, asked: Flags, moves: Moves
) -> None:  # fmt: skip
    """What became of some of a step's places, by their place in the batch; those that asked have it said so."""
    details = details_of(moves, local)
    for what, mask in ((happening, ~asked[local]), (Happening.ASKED, asked[local])):
        here = np.flatnonzero(mask)
        if len(here):
            told = {n: details[p] for n, p in enumerate(here.tolist()) if p in details} if details else {}
            at = done.tokens.at[places[local[here]]]
            done.passages.append(Passage(at, hop, number, what, details=told))


def tell_ended(done: Advanced, hop: int, number: int, runs: Sequence[int], how: tuple[RunStatus, str]) -> None:
    """Runs ended at a step, or where they stood (number -1)."""
    at = np.array(runs, np.int64)
    name = f"{how[0].name.lower()}:{how[1]}"
    done.passages.append(Passage(at, hop, number, Happening.ENDED, (name,), np.zeros_like(at)))


def tell_failed(done: Advanced, hop: int, place: int, reason: str, tries: int) -> None:
    """A step failed for one token."""
    tokens = done.tokens
    said = {"reason": reason, "try": tries}
    step = int(tokens.step[place])
    done.passages.append(Passage(tokens.at[[place]], hop, step, Happening.FAILED, details={0: said}))
