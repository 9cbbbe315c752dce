"""Scorecards: weights, curves, cut-offs and exceptions of health, as a document.

Reads : the shelf of dimensions (their defaults), condition documents
Gives : Scorecard, Bands, ExceptionRule, read_scorecard(), DEFAULT_SCORECARD, in_order()
Source: REQUIREMENTS B1; DESIGN section 5 (default cut-offs and hysteresis)

A document names only what differs from the defaults:

    {"key": "enterprise", "name": "Enterprise", "applies_to": {"segment": "enterprise"},
     "dimensions": {"support": {"weight": 0.4}}, "bands": {"red_below": 55}}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forestay.conditions.document import Condition, measure_document, refusal
from forestay.customers.words import Band
from forestay.health.dimension import Dimension, Factor, Points, Weight
from forestay.health.registry import DIMENSIONS, KEYS


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class DimensionSettings(_Document):
    """What a scorecard changes of a dimension; what is left out stays the shelf's."""

    weight: Weight | None = None
    factors: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=30)] | None = None


class Bands(_Document):
    """Cut-offs in points. A band is entered downwards at its line and left upwards only
    `hysteresis` points above it, so that a score on the line does not flicker."""

    red_below: Points = 60
    green_from: Points = 80
    hysteresis: Annotated[float, Field(ge=0, le=20)] = 3

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.red_below > self.green_from:
            raise ValueError("red_below must not lie above green_from; equal means that there is no yellow")
        return self


class ExceptionRule(_Document):
    """Where a condition holds, the score is no score, is capped, or the band is forced; the first match counts."""

    when: Condition
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    no_score: bool = False
    cap: Points | None = None
    band: Band | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.no_score + (self.cap is not None) + (self.band is not None) != 1:
            raise ValueError("an exception says exactly one of no_score, cap, band")
        return self


class Scorecard(_Document):
    """How health is made for the accounts that it applies to."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2000)] = ""
    applies_to: Condition | None = None
    """Everybody when left out: the scorecard of last resort."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    """Smaller is asked first; the ones for everybody come last whatever they say."""
    dimensions: dict[str, DimensionSettings] = {}
    bands: Bands = Bands()
    exceptions: Annotated[tuple[ExceptionRule, ...], Field(max_length=30)] = ()

    @model_validator(mode="after")
    def _names_known_dimensions(self) -> Self:
        if unknown := sorted(set(self.dimensions) - set(KEYS)):
            raise ValueError(f"there is no dimension {', '.join(unknown)}; known are {', '.join(KEYS)}")
        if not sum(dimension.weight for dimension in self.resolved()) > 0:
            raise ValueError("at least one dimension needs a weight above 0")
        return self

    def resolved(self) -> tuple[Dimension, ...]:
        """The five dimensions in the registry's order with this scorecard's weights and factors."""
        return tuple(_override(dimension, self.dimensions.get(dimension.key)) for dimension in DIMENSIONS)


def read_scorecard(document: Any) -> Scorecard:
    """The scorecard of a parsed document. Raises BadCondition with the place of the fault."""
    measure_document(document, "scorecard")
    try:
        return Scorecard.model_validate(document)
    except ValidationError as refused:
        raise refusal(refused, "scorecard") from None


def in_order(scorecards: Iterable[Scorecard]) -> tuple[Scorecard, ...]:
    """The order in which they are asked: by priority, those for everybody last, the default at the very end."""
    asked = sorted(scorecards, key=lambda card: (card.applies_to is None, card.priority, card.key))
    needs_default = not any(card.applies_to is None for card in asked)
    return (*asked, DEFAULT_SCORECARD) if needs_default else tuple(asked)


def _override(dimension: Dimension, settings: DimensionSettings | None) -> Dimension:
    if settings is None:
        return dimension
    weight = dimension.weight if settings.weight is None else settings.weight
    return dimension.model_copy(update={"weight": weight, "factors": settings.factors or dimension.factors})


DEFAULT_SCORECARD = Scorecard.model_validate(
    {
        "key": "default",
        "name": "Default scorecard",
        "description": "Five dimensions with the weights 35, 25, 20, 10, 10.",
        "exceptions": [
            {
                "when": {"column": "account.is_churned", "is": "equal", "value": 1},
                "reason": "The account has churned",
                "no_score": True,
            }
        ],
    }
)
