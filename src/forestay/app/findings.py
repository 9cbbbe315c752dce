"""What `forestay doctor` finds.

Gives: Finding, Grade
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How serious a finding is."""

    WELL = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. mend: what to do, empty when all is well."""

    grade: Grade
    what: str
    mend: str = ""
