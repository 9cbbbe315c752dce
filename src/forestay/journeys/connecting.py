"""What steps that reach into another system share: the request to a connector, and the ways out by its outcome.

Gives : ConnectorSettings, ports(), arrive_for(), wake()
Until a connector is set up that knows the action, its outcome is 'no_connector', and the run goes that way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field

from forestay.customers.requests import ConnectorRequest
from forestay.journeys.answers import answers, deadline
from forestay.journeys.fields import Key, Named, Names
from forestay.journeys.kind import StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways, absent, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

SLOT, DONE, FAILED, NO_CONNECTOR = "connector", "done", "failed", "no_connector"
_Value = Annotated[str, Field(max_length=5000), Named(Names.LIQUID)] | float | bool | None


class ConnectorSettings(StepSettings):
    """Base of the steps that ask a connector for something."""

    action: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$", max_length=100)] = Field(title="Action")
    connector: Key | None = Field(None, title="Connector", description="Its key; the workspace's only one if empty.")
    fields: dict[Annotated[str, Field(min_length=1, max_length=200)], _Value] = Field(
        default_factory=dict, max_length=50, title="Fields", description="What to write there; texts are Liquid."
    )
    follow: bool = Field(True, title="Wait until it is done")


ports = Ways(
    Way(DONE, (given("follow"),)), Way(FAILED, (given("follow"),)), Way(NO_CONNECTOR, (given("follow"),)),
    Way("next", (absent("follow"),)),
)  # fmt: skip
"""'done', 'failed' and 'no_connector', or 'next' where nothing is waited for."""


def arrive_for(area: str) -> Callable[[ConnectorSettings, Batch, World, Moves], None]:
    """The arrival of a step of this area: 'crm' or 'marketing'."""

    def arrive(settings: ConnectorSettings, batch: Batch, world: World, moves: Moves) -> None:
        for place, values in enumerate(batch.values):
            request = ConnectorRequest(
                area, settings.action, settings.connector, dict(settings.fields), journey=batch.journey,
                contact_id=int(batch.contact[place]) or None, values=values,
            )  # fmt: skip
            moves.ask(place, SLOT, request)
        everyone = np.arange(len(batch))
        if settings.follow:
            moves.wait(everyone, TokenState.OUTCOME)
        else:
            moves.go(everyone)

    return arrive


def wake(settings: ConnectorSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Leave by what became of it."""
    for answer in answers(batch, micros_of(world.now), deadline(batch, None)):
        here = np.array([answer.place])
        if not answer.word:
            moves.wait(here, TokenState.OUTCOME)
            continue
        moves.tell(answer.place, outcome=answer.word, reason=answer.reason)
        missing = NO_CONNECTOR in (answer.word, answer.reason)
        moves.go(here, NO_CONNECTOR if missing else DONE if answer.word in (DONE, "sent") else FAILED)
