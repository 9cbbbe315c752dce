"""Sets traits of the account or the contact, as a message of the log, so that a replay sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from forestay.customers.requests import TraitRequest
from forestay.journeys.fields import Named, Names
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.words import SubjectKind

SLOT = "trait"
_Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_. -]*$", max_length=100)]
_Value = Annotated[str, Field(max_length=2000), Named(Names.LIQUID)] | float | bool | None


class UpdateTraitSettings(StepSettings):
    """Sets traits of the account or of the contact."""

    kind: ClassVar[str] = "update_trait"

    of: SubjectKind = Field(SubjectKind.ACCOUNT, title="Of")
    set: Annotated[dict[_Name, _Value], Field(min_length=1, max_length=50)] = Field(
        title="Traits", description="Trait -> value; a text is Liquid, an empty value (null) removes the trait."
    )


def arrive(settings: UpdateTraitSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for each, and go on."""
    for place, values in enumerate(batch.values):
        contact = int(batch.contact[place]) or None
        request = TraitRequest(
            settings.of.value, dict(settings.set), journey=batch.journey, contact_id=contact, values=values
        )
        moves.ask(place, SLOT, request)
    moves.go(np.arange(len(batch)))


def check(settings: UpdateTraitSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """An account's run has no contact."""
    if settings.of is SubjectKind.CONTACT and checking.facts.get("subject") == "account":
        yield Finding("no_contact", f"{place}.of", "an account's journey has no contact whose traits it could set")


KIND = StepKind(UpdateTraitSettings, "Update trait", arrive, check=check, asks=True, group="outside")
