"""What each column of a table is: a number, a date, a handful of levels, or nothing to learn from, and why.

Reads : table.RawTable
Gives : features_of(), Features, LeftOut, parsed_numbers(), parsed_days(), MISSING

Levels become columns of 0 and 1, named 'Contract=One year'; a column of two levels becomes one. Which levels there are
is read from all rows, without their labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.kit.clock import number_of
from forestay.predictions.evaluate.table import RawTable

Floats = npt.NDArray[np.float64]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "nil", "-", "--", "?", "#n/a", "unknown"})
"""Texts (lower case) that stand for a missing number or date."""
MOST_LEVELS, FEWEST_ROWS = 30, 5
"""Levels kept of one column, and the rows that a level needs."""
PARSED = 0.98
"""Share of the known texts that must read as numbers (dates) for the column to be one."""
_ID_NAME = re.compile(r"(^|[_\s-])(id|ids|uuid|guid|key|index|row|rownumber|no|nr|number|code)$|id$|^unnamed", re.I)
_NUMBER = re.compile(r"^[-+]?[$€£]?\s?[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][-+]?\d+)?\s?[%]?$")
_COMMA = re.compile(r"^[-+]?\d+,\d+$")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is no feature, and the reason, as the end of a sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Features:
    """names (k,), values float64 (n, k) with NaN = missing, source (k,): the column each came from; left_out."""

    names: tuple[str, ...]
    values: Floats
    source: tuple[str, ...]
    left_out: tuple[LeftOut, ...]

    def without(self, columns: Sequence[LeftOut]) -> Features:
        """The features that do not come from these columns."""
        gone = {one.name for one in columns}
        kept = [n for n, name in enumerate(self.source) if name not in gone]
        return Features(
            tuple(self.names[n] for n in kept),
            self.values[:, kept],
            tuple(self.source[n] for n in kept),
            (*self.left_out, *columns),
        )


def features_of(table: RawTable, *, apart: Sequence[str]) -> Features:
    """All features of the table. apart: columns that are none (label, time, id)."""
    names, values, source, left_out = list[str](), list[Floats](), list[str](), list[LeftOut]()
    for name in table.names:
        if name in apart:
            continue
        found = _feature(name, table.column(name))
        if isinstance(found, LeftOut):
            left_out.append(found)
            continue
        for part, column in found:
            names.append(part)
            values.append(column)
            source.append(name)
    matrix = np.column_stack(values) if values else np.empty((table.rows, 0))
    return Features(tuple(names), matrix, tuple(source), tuple(left_out))


def parsed_numbers(texts: Sequence[str]) -> tuple[Floats, float]:
    """Numbers (NaN where missing or no number), and the share of known texts that read as one."""
    comma = sum(bool(_COMMA.match(text)) for text in texts) > sum("." in text for text in texts)
    parsed = np.array([_number(text, comma) for text in texts])
    return parsed, _share(parsed, texts)


def parsed_days(texts: Sequence[str]) -> tuple[Floats, float]:
    """Day numbers (since 1970-01-01; NaN where missing or no date), and the share of known texts that read as one."""
    seen: dict[str, float] = {}
    for text in set(texts):
        seen[text] = _day(text)
    parsed = np.array([seen[text] for text in texts])
    return parsed, _share(parsed, texts)


def _feature(name: str, texts: list[str]) -> list[tuple[str, Floats]] | LeftOut:
    known = [text for text in texts if text.lower() not in MISSING]
    levels = Counter(known)
    if not levels:
        return LeftOut(name, "is empty")
    if len(levels) == 1:
        if len(known) == len(texts):
            return LeftOut(name, "has the same value in every row")
        return [(f"{name} filled in", np.array([text.lower() not in MISSING for text in texts], np.float64))]
    numbers, share = parsed_numbers(texts)
    if share >= PARSED:
        return LeftOut(name, "numbers the rows") if _is_number_of_row(name, numbers) else [(name, numbers)]
    days, share = parsed_days(texts)
    if share >= PARSED:
        return [(f"{name} (day)", days)]
    if len(levels) > MOST_LEVELS and len(levels) > 0.5 * len(known):
        return LeftOut(name, f"has {len(levels):,} different texts in {len(known):,} rows: it names the rows")
    return _levels(name, texts, levels)


def _levels(name: str, texts: list[str], levels: Counter[str]) -> list[tuple[str, Floats]] | LeftOut:
    kept = [level for level, rows in levels.most_common(MOST_LEVELS) if rows >= FEWEST_ROWS]
    covered = sum(levels[level] for level in kept)
    if covered < 0.5 * len(texts) and len(levels) > MOST_LEVELS:
        return LeftOut(name, f"has {len(levels):,} different texts, most of them in few rows")
    unknown = any(text.lower() in MISSING for text in texts)
    if len(levels) == 2 and len(kept) == 2 and not unknown:
        kept = [max(kept)]
    column = np.array(texts, dtype=object)
    return [(f"{name}={level}", (column == level).astype(np.float64)) for level in sorted(kept)]


def _is_number_of_row(name: str, numbers: Floats) -> bool:
    """Whole numbers, each once, under an id's name or without gaps."""
    known = numbers[~np.isnan(numbers)]
    if len(np.unique(known)) < len(known) or not np.all(known == np.round(known)) or len(known) < 20:
        return False
    steps = np.diff(known)
    in_order = bool(np.all(steps > 0)) and float(known.max() - known.min()) <= 1.05 * len(known)
    return in_order or bool(_ID_NAME.search(name.strip()))


def _number(text: str, comma: bool) -> float:
    if text.lower() in MISSING:
        return float("nan")
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    if comma and _COMMA.match(text):
        return float(text.replace(",", "."))
    if not _NUMBER.match(text) or not any(letter.isdigit() for letter in text):
        return float("nan")
    return float(
        text.strip("$€£% ").replace("$", "").replace("€", "").replace("£", "").replace(",", "").replace(" ", "")
    )


def _day(text: str) -> float:
    if len(text) < 8 or not text[:4].isdigit():
        return float("nan")
    try:
        return float(number_of(datetime.fromisoformat(text.replace("/", "-")).date()))
    except ValueError:
        return float("nan")


def _share(parsed: Floats, texts: Sequence[str]) -> float:
    known = sum(text.lower() not in MISSING for text in texts)
    return float((~np.isnan(parsed)).sum() / known) if known else 0.0
