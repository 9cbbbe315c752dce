"""Shapes that several resources answer with.

Gives: Shape, Ask, Moment, EvidenceShape, SignedInMember
A reference to something is the word by which lists are filtered for it: an account's external id, a member's
e-mail address, a trigger's key; its number and name stand beside it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from forestay.customers.words import Role


def _midnight(given: object) -> object:
    """A bare date is midnight UTC."""
    if not isinstance(given, str):
        return given
    try:
        return datetime.combine(date.fromisoformat(given), datetime.min.time(), tzinfo=UTC)
    except ValueError:
        return given


Moment = Annotated[AwareDatetime, BeforeValidator(_midnight, json_schema_input_type=datetime)]
"""A moment asked for: RFC 3339 with its offset, or a date, which is its midnight in UTC."""


class Shape(BaseModel):
    """An answer of the API."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)


class Ask(BaseModel):
    """A body that the API takes; unknown fields are refused, so that a typo cannot pass in silence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class EvidenceShape(Shape):
    """One value that made a condition true (customers.requests.Evidence)."""

    column: str
    label: str = ""
    value: float | str | None = None
    unit: str = ""
    threshold: float | str | None = None
    baseline: float | None = None
    baseline_label: str = ""
    as_of: str = ""
    sentence: str = Field("", description="The whole thing said once.")


class SignedInMember(Shape):
    """Who is signed in."""

    id: int
    name: str
    email: str
    role: Role
