"""A signed call to an endpoint of the workspace; by choice its answer becomes values of the run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.customers.requests import WebhookRequest, WithdrawRequest
from forestay.journeys.answers import WITHDRAW, Answer, answers, deadline
from forestay.journeys.fields import Duration, EndpointKey, Named, Names, ValueName
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.run_columns import value_at
from forestay.journeys.ways import Way, Ways, When, absent, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

SLOT, ANSWERED, FAILED = "webhook", "answered", "failed"
Liquid = Annotated[str, Field(max_length=5000), Named(Names.LIQUID)]
Payload = Annotated[dict[str, Liquid | float | bool | list[Any] | dict[str, Any] | None], Field(max_length=50)]


class WebhookSettings(StepSettings):
    """Calls one of the workspace's endpoints with a signature, and by choice waits for the answer."""

    kind: ClassVar[str] = "webhook"

    endpoint: EndpointKey = Field(title="Endpoint", description="Key of the endpoint.")
    type: Annotated[str, Field(pattern=r"^[a-z0-9_.]+$", max_length=100)] = Field(
        "journey.step", title="Type", description="What the receiver tells calls apart by."
    )
    payload: Payload = Field(default_factory=dict, title="Payload", description="Texts in it are Liquid.")
    follow: bool = Field(False, title="Wait for the answer")
    save: dict[ValueName, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict, max_length=20, title="Keep",
        description="Value of the run -> where it stands in the answer: status, or json.<name>.<name>.",
    )  # fmt: skip
    timeout: Duration | None = Field(None, title="Wait at most", description="Then it leaves by 'failed'.")

    @model_validator(mode="after")
    def _only_when_followed(self) -> Self:
        if not self.follow and (self.save or self.timeout):
            raise ValueError("'save' and 'timeout' need 'follow'")
        return self


ports = Ways(Way(ANSWERED, (given("follow"),)), Way(FAILED, (given("follow"),)), Way("next", (absent("follow"),)))
"""'answered' and 'failed', or 'next' where nothing is waited for."""


def arrive(settings: WebhookSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for one call each."""
    for place, values in enumerate(batch.values):
        request = WebhookRequest(
            settings.endpoint, settings.type, dict(settings.payload), has_liquid=True, wants_answer=settings.follow,
            journey=batch.journey, contact_id=int(batch.contact[place]) or None, values=values,
        )  # fmt: skip
        moves.ask(place, SLOT, request)
    everyone = np.arange(len(batch))
    if settings.follow:
        moves.wait(everyone, TokenState.OUTCOME, deadline(batch, settings.timeout))
    else:
        moves.go(everyone)


def wake(settings: WebhookSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Keep what the answer says, and leave."""
    due = deadline(batch, settings.timeout)
    for answer in answers(batch, micros_of(world.now), due):
        here = np.array([answer.place])
        if answer.word == ANSWERED:
            _keep(settings, answer, moves)
            moves.go(here, ANSWERED)
        elif answer.word:
            moves.tell(answer.place, outcome=answer.word, reason=answer.reason)
            moves.go(here, FAILED)
        elif answer.is_late and settings.timeout:
            moves.ask(answer.place, f"{WITHDRAW}:{SLOT}", WithdrawRequest([SLOT], journey=batch.journey))
            moves.tell(answer.place, outcome="timeout")
            moves.go(here, FAILED)
        else:
            moves.wait(here, TokenState.OUTCOME, due[here])


def _keep(settings: WebhookSettings, answer: Answer, moves: Moves) -> None:
    body = answer.body or {}
    moves.tell(answer.place, outcome=ANSWERED, status=body.get("status"))
    if settings.save:
        moves.put(answer.place, **{name: value_at(body, path) for name, path in settings.save.items()})


KIND = StepKind(
    WebhookSettings, "Webhook", arrive, wake, ports=ports,
    parks=When(((given("follow"),),)), asks=True, group="outside",
)  # fmt: skip
