"""The one line of a trigger that learning may move: where it stands in the document, and how far it may go.

Reads : documents of triggers
Gives : Tunable, TUNABLE, tunable_of(), with_threshold(), has_own(), advising()
Source: REQUIREMENTS D6; a document is changed and published like any other, so that whoever reads it sees the line

The first comparison of a known column decides, in the order of TUNABLE; what stands under `not` is left alone. A segment
gets a line of its own by wrapping the comparison:

    any: [{all: [{segment: s}, LINE OF S]}, {all: [{not: {segment: s}}, LINE OF THE REST]}]
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forestay.store.shapes import Json

MOST_STEPS = 4
"""Steps that learning goes away from what a person published last, either way."""

_Range = tuple[float, float, float]
TUNABLE: Mapping[str, _Range] = {
    "churn.probability": (0.2, 0.97, 0.05),
    "expansion.readiness": (40.0, 97.5, 5.0),
    "health.score": (20.0, 85.0, 2.5),
    "health.ratio_30d": (0.4, 0.97, 0.05),
    "health.ratio_7d": (0.4, 0.97, 0.05),
    "health.ratio_90d": (0.4, 0.97, 0.05),
    "health.change_30d": (-50.0, -2.0, 2.5),
    "health.change_7d": (-50.0, -2.0, 2.5),
    "health.change_90d": (-50.0, -2.0, 2.5),
}
"""column -> (lowest, highest, step) in its own unit. Other columns are facts (a sponsor left) and no dials."""

_BELOW, _ABOVE = ("below", "at_most"), ("above", "at_least")


@dataclass(frozen=True, slots=True)
class Tunable:
    """threshold: as it stands; stricter: +1 where a higher one fires less, -1 where a lower one does. low, high: where
    it may go, in the column's unit; step: how far at once, before any halving."""

    column: str
    threshold: float
    stricter: int
    low: float
    high: float
    step: float

    @property
    def strictest(self) -> float:
        """The end at which it fires least."""
        return self.high if self.stricter > 0 else self.low

    @property
    def loosest(self) -> float:
        """The end at which it fires most."""
        return self.low if self.stricter > 0 else self.high

    def moved(self, direction: int, step: float) -> float:
        """The threshold one step stricter (1) or looser (-1), within its bounds."""
        wanted = self.threshold + direction * self.stricter * step
        return round(min(max(wanted, self.low), self.high), 6)

    def fires(self, value: float) -> bool:
        """Whether this value lies beyond the threshold (of the bound itself: yes)."""
        return (value - self.threshold) * self.stricter >= 0


def tunable_of(document: Mapping[str, Json], segment: str = "", anchor: float | None = None) -> Tunable | None:
    """The dial of a trigger's document, of a segment's own line where it has one; None when there is nothing to turn.

    anchor: the threshold as a person published it last (the present one if left out): bounds lie around it.
    """
    found = _dial(document.get("condition"), segment)
    if found is None:
        return None
    low, high, step = TUNABLE[str(found["column"])]
    threshold = float(found["value"])
    centre = threshold if anchor is None else anchor
    reach = MOST_STEPS * step
    low, high = min(max(low, centre - reach), centre, threshold), max(min(high, centre + reach), centre, threshold)
    return Tunable(str(found["column"]), threshold, 1 if found["is"] in _ABOVE else -1, low, high, step)


def has_own(document: Mapping[str, Json], segment: str) -> bool:
    """Whether the segment has a line of its own in this document."""
    return any(_segment_of(part) == segment for part in _parts(document.get("condition")))


def with_threshold(document: Mapping[str, Json], value: float, segment: str = "") -> dict[str, Json]:
    """The document with its line moved; the end of the episode (`until`) keeps its distance."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    line = _dial(changed.get("condition"), segment)
    if line is None:
        return changed
    before = float(line["value"])
    if segment and not has_own(changed, segment):
        _wrap(line, segment, value)
        return changed
    line["value"] = value
    if not segment:
        _shift(changed.get("until"), str(line["column"]), value - before)
    return changed


def advising(document: Mapping[str, Json], *, only: bool) -> dict[str, Json]:
    """The document as one that only advises, or acts again."""
    changed = {key: value for key, value in document.items() if key != "advise_only"}
    return {**changed, "advise_only": True} if only else changed


def _dial(condition: Any, segment: str) -> dict[str, Any] | None:
    """The comparison that is moved, as it lies in the document."""
    lines = [part for part in _lines(condition, segment) if part.get("is") in (*_BELOW, *_ABOVE)]
    lines = [part for part in lines if isinstance(part.get("value"), int | float)]
    return next((part for column in TUNABLE for part in lines if part.get("column") == column), None)


def _lines(part: Any, segment: str) -> Iterator[dict[str, Any]]:
    """Comparisons in order; of the two branches of a wrapped one, the segment's own or that of the rest."""
    if not isinstance(part, dict):
        return
    if (of := _segment_of(part)) is not None:
        own, rest = part["any"][0]["all"][1], part["any"][1]["all"][1]
        yield from _lines(own if of == segment else rest, segment)
    elif "column" in part:
        yield part
    else:
        for inner in _inner(part):
            yield from _lines(inner, segment)


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in _inner(part):
            yield from _parts(inner)


def _inner(part: dict[str, Any]) -> list[Any]:
    """The parts of an `all` or `any`, none of anything else."""
    inner = part.get("all") or part.get("any")
    return inner if isinstance(inner, list) else []


def _segment_of(part: Any) -> str | None:
    """The segment that a wrapped comparison gives a line of its own, None for any other part."""
    match part:
        case {"any": [{"all": [{"segment": str(one)}, dict()]}, {"all": [{"not": {"segment": str(other)}}, dict()]}]}:
            return one if one == other else None
        case _:
            return None


def _wrap(line: dict[str, Any], segment: str, value: float) -> None:
    rest = dict(line)
    line.clear()
    line["any"] = [
        {"all": [{"segment": segment}, {**rest, "value": value}]},
        {"all": [{"not": {"segment": segment}}, rest]},
    ]


def _shift(until: Any, column: str, by: float) -> None:
    for part in _parts(until):
        if part.get("column") == column and isinstance(part.get("value"), int | float):
            part["value"] = round(part["value"] + by, 6)
