"""Evidence of a signal: the values that made its condition true, with thresholds and what is usual.

Reads : the trigger's condition, the column table, usual values
Gives : evidence_of(), EvidenceMaker
Source: REQUIREMENTS D2 ('enriched with the specific metrics that informed it')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from forestay.conditions.columns import ColumnTable, Flags, Floats, UnknownColumn
from forestay.conditions.document import Compare, Comparison, EventWithin, InSegment, NoEvent, Sequence
from forestay.conditions.evaluate import evaluate, series_of
from forestay.conditions.needs import Leaf, leaves_of
from forestay.conditions.text import describe
from forestay.customers.requests import Evidence
from forestay.health.explain import say
from forestay.kit.clock import date_of
from forestay.signals.trigger import Trigger
from forestay.signals.words import ColumnWords

MOST = 12
"""Pieces of evidence of one signal."""
_SAYING = {
    Comparison.BELOW: "below",
    Comparison.AT_MOST: "at most",
    Comparison.ABOVE: "above",
    Comparison.AT_LEAST: "at least",
}


@dataclass(frozen=True, slots=True)
class EvidenceMaker:
    """Makes evidence for rows of one table. usual: measure key -> usual values (n,).

    A leaf is asked of the whole table once, however many rows want its evidence.
    """

    table: ColumnTable
    words: ColumnWords
    day: int
    usual: Mapping[str, Floats] = field(default_factory=dict)
    _true: dict[Leaf, Flags] = field(default_factory=dict)
    _counts: dict[EventWithin, Floats] = field(default_factory=dict)

    def of(self, trigger: Trigger, row: int, reasons: Iterable[Evidence] = ()) -> list[Evidence]:
        """The leaves of the condition that are true here, the reasons of a score that it asks about, then the trigger's
        own evidence columns."""
        found: dict[str, Evidence] = {}
        for leaf in leaves_of(trigger.condition):
            if self._holds(leaf)[row]:
                made = self._leaf(leaf, row)
                found.setdefault(made.column, made)
        for reason in reasons:
            found.setdefault(reason.column, reason)
        for column in trigger.evidence:
            if column not in found and (made_of := self._column(column, row)) is not None:
                found[column] = made_of
        return list(found.values())[:MOST]

    def _holds(self, leaf: Leaf) -> Flags:
        if leaf not in self._true:
            self._true[leaf] = evaluate(leaf, self.table)
        return self._true[leaf]

    def _leaf(self, leaf: Leaf, row: int) -> Evidence:
        if isinstance(leaf, Compare):
            return self._compared(leaf, row)
        if isinstance(leaf, EventWithin):
            return self._event(leaf, row)
        return self._said(leaf)

    def _compared(self, leaf: Compare, row: int) -> Evidence:
        made = self._make(leaf.column, row)
        asked = f", {_SAYING[leaf.is_]} {_value_text(leaf.value, made.unit)}" if leaf.is_ in _SAYING else ""
        return Evidence(
            made.column, made.label, made.value, made.unit, _threshold(leaf), made.baseline, made.baseline_label,
            made.as_of, made.sentence + asked,
        )  # fmt: skip

    def _column(self, column: str, row: int) -> Evidence | None:
        """A column beside the condition; left out where it is missing or not known in this workspace."""
        try:
            made = self._make(column, row)
        except UnknownColumn:
            return None
        return None if made.value is None else made

    def _make(self, column: str, row: int) -> Evidence:
        said, value = self.words[column], self._value(column, row)
        usual = self._usual(column, row)
        label = "usually" if usual is not None else ""
        sentence = f"{said.label} {_value_text(value, said.unit)}"
        if usual is not None:
            sentence += f" (usually {say(usual, said.unit)})"
        return Evidence(
            column, said.label, value, said.unit, None, usual, label, date_of(self.day).isoformat(), sentence
        )

    def _event(self, leaf: EventWithin, row: int) -> Evidence:
        if leaf not in self._counts and self.table.events is not None:
            self._counts[leaf] = self.table.events.event_count(series_of(leaf.event), leaf.within_days)
        count = float(self._counts[leaf][row])
        times = "once" if count == 1 else f"{count:.0f} times"
        sentence = f"'{leaf.event}' {times} in the last {leaf.within_days} days"
        return Evidence(
            f"event.{leaf.event}", leaf.event, count, "events", float(leaf.at_least), None, "",
            date_of(self.day).isoformat(), sentence,
        )  # fmt: skip

    def _said(self, leaf: NoEvent | Sequence | InSegment) -> Evidence:
        text = describe(leaf)
        return Evidence(text, text, None, as_of=date_of(self.day).isoformat(), sentence=text[0].upper() + text[1:])

    def _value(self, column: str, row: int) -> float | str | None:
        values = np.broadcast_to(self.table[column], self.table.shape)
        value = values[row]
        if values.dtype == object:
            return None if value is None else str(value)
        return None if np.isnan(value) else round(float(value), 6)

    def _usual(self, column: str, row: int) -> float | None:
        family, _, key = column.partition(".")
        if family != "measure" or key not in self.usual or np.isnan(self.usual[key][row]):
            return None
        return round(float(self.usual[key][row]), 6)


def _threshold(leaf: Compare) -> float | str | None:
    """The value asked for; of a list or range its text."""
    if leaf.value is None or isinstance(leaf.value, str):
        return leaf.value
    if isinstance(leaf.value, tuple):
        return describe(leaf).partition(" ")[2]
    return float(leaf.value)


def _value_text(value: object, unit: str) -> str:
    if isinstance(value, bool | int | float):
        return say(float(value), unit)
    return "unknown" if value is None else str(value)
