"""What every measure's document says of itself, and the words it uses.

Gives : Measure, EventWindow, Unit, over(), and the bounds of windows
Windows are whole calendar days that end with the as-of day. NaN = missing; a quotient over 0 is missing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from forestay.measures.ring import RING_DAYS
from forestay.measures.substrate import Floats

EventDays = Annotated[int, Field(ge=1, le=RING_DAYS, description="Width of the window, in days.")]
FactDays = Annotated[int, Field(ge=1, le=3650, description="Width of the window, in days.")]
Ago = Annotated[int, Field(ge=0, lt=RING_DAYS, description="The window ends this many days before the as-of day.")]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Series = Annotated[str, Field(pattern=r"^(any|event:.+|role:[a-z_]+|feature:.+|features:(sticky|premium))$")]


class Unit(StrEnum):
    """What a measure counts, for screens and reasons."""

    EVENTS = "events"
    DAYS = "days"
    USERS = "users"
    SEATS = "seats"
    FEATURES = "features"
    TICKETS = "tickets"
    INVOICES = "invoices"
    PEOPLE = "people"
    INTERACTIONS = "interactions"
    HOURS = "hours"
    MONEY = "money"
    MONEY_A_MONTH = "money_a_month"
    SHARE = "share"
    """0 to 1 (above where seats are exceeded)"""
    QUOTIENT = "quotient"
    """1 = unchanged"""
    SCORE = "score"
    YES_NO = "yes_no"
    """1 or 0"""
    NUMBER = "number"


class Measure(BaseModel):
    """What every measure says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    label: str = Field("", max_length=120)
    description: str = Field("", max_length=600, description="What it counts, over what, and what missing means.")
    unit: Unit = Unit.NUMBER
    higher_is_better: bool | None = Field(None, description="None: neither way is better by itself.")


class EventWindow(Measure):
    """A measure of events or users in a window, which lies within the reach of the activity cube."""

    days: EventDays
    ending_days_ago: Ago = 0

    @model_validator(mode="after")
    def _within_reach(self) -> EventWindow:
        if self.days + self.ending_days_ago > RING_DAYS:
            raise ValueError(f"the window reaches back more than {RING_DAYS} days")
        return self


def over(of: Floats, divisor: Floats) -> Floats:
    """of / divisor, NaN where the divisor is 0 or either is missing."""
    quotient: Floats = np.divide(of, divisor, out=np.full(np.broadcast(of, divisor).shape, np.nan), where=divisor != 0)
    return quotient
