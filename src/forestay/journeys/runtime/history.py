"""Rows of a run's history.

Gives : history_rows(), note()
Writes: journey_history
What a run passed in one turn has one moment; its hops are told apart by a microsecond each, so that they stay in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from forestay.journeys.moves import Ints
from forestay.journeys.runtime.wire import Driver, ask, documents, given, longs, moments, shorts, texts, words
from forestay.journeys.tokens import Passage
from forestay.journeys.words import Happening
from forestay.kit.clock import moment_of

_INSERT = f"""
INSERT INTO journey_history (workspace_id, run_id, at, step, happening, port, detail)
SELECT space, run, at, nullif(step, -1), happening, ($8)[port], detail
FROM {given("space run at step happening port detail")}"""  # noqa: S608
_NOTE = """
INSERT INTO journey_history (workspace_id, run_id, at, step, happening, port, detail)
SELECT workspace_id, r.id, u.at, u.step, u.happening, NULL, u.detail FROM journey_runs AS r,
  (SELECT %s::bigint[] AS runs, %s::timestamptz AS at, %s::smallint AS step, %s::smallint AS happening, %s::jsonb AS detail) AS u
WHERE r.id = ANY(u.runs)"""


def history_rows(driver: Driver, told: Sequence[tuple[int, Ints, Sequence[Passage]]], now: int) -> None:
    """Write passages. told: (workspace, run numbers by place, passages). A run's rows stand side by side, as they are read."""
    parts = [(space, runs, passage) for space, runs, passages in told for passage in passages]
    if not parts:
        return
    names: dict[str, int] = {}
    sizes = [len(passage.at) for _, _, passage in parts]
    ports = np.concatenate([_codes(passage, names) for _, _, passage in parts])
    run = np.concatenate([runs[passage.at] for _, runs, passage in parts])
    order = np.argsort(run, kind="stable")
    hop, step, happening = (
        np.repeat(np.array([part(passage) for _, _, passage in parts]), sizes)[order]
        for part in (lambda p: p.hop, lambda p: p.step, lambda p: int(p.happening))
    )
    details = _details(parts, sizes)
    ask(
        driver, _INSERT, longs(np.repeat(np.array([space for space, _, _ in parts]), sizes)[order]), longs(run[order]),
        moments(now + hop), shorts(step), shorts(happening), words(ports[order]),
        documents([details[place] for place in order.tolist()]), texts(list(names)),
    )  # fmt: skip


def note(
    driver: Driver, runs: Ints, happening: Happening, detail: Mapping[str, Any] | None, now: int, step: int = -1
) -> None:  # fmt: skip
    """The same line in the history of many runs."""
    if len(runs):
        parameters = (runs.tolist(), moment_of(now), None if step < 0 else step, int(happening))
        driver.execute(_NOTE, (*parameters, None if detail is None else Jsonb(detail)))


def _codes(passage: Passage, names: dict[str, int]) -> Ints:
    """Codes into the statement's names, 0 for none."""
    if passage.ports is None:
        return np.zeros(len(passage.at), np.int64)
    codes = np.array([names.setdefault(name, len(names) + 1) for name in passage.port_names] + [0], np.int64)
    return codes[passage.ports]


def _details(parts: Sequence[tuple[int, Ints, Passage]], sizes: Sequence[int]) -> list[object | None]:
    details: list[object | None] = [None] * sum(sizes)
    first = 0
    for (_, _, passage), size in zip(parts, sizes, strict=True):
        for place, detail in passage.details.items():
            details[first + place] = detail
        first += size
    return details
