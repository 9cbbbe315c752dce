"""Values of columns as evidence for the person who gets a task, an approval or a draft.

Reads : the batch's column table
Gives : evidence_of()
"""

from __future__ import annotations

from collections.abc import Sequence

from forestay.conditions.columns import ColumnTable
from forestay.customers.requests import Evidence
from forestay.health.explain import say
from forestay.signals.words import ColumnWords

_WORDS = ColumnWords()


def evidence_of(columns: Sequence[str], table: ColumnTable, n: int) -> list[list[Evidence]]:
    """What the columns say of each place (n lists); what is missing is left out. Raises UnknownColumn."""
    found: list[list[Evidence]] = [[] for _ in range(n)]
    for column in columns:
        label, unit = _WORDS[column].label, _WORDS[column].unit
        values = table[column] if table[column].dtype == object else table.floats(column)
        for place, value in enumerate(values.tolist() if values.shape else [values.item()] * n):
            if value is not None and value == value:  # NaN is not itself
                said = value if isinstance(value, str) else say(float(value), unit)
                found[place].append(Evidence(column, label, value, unit, sentence=f"{label}: {said}"))
    return found
