"""What every kind of step is: settings that draw its form, ports, checks, and two functions over batches.

Gives : StepSettings, StepKind, Finding, Checking, Other
Source: issue 'Journeys' 2: each one module, its settings a Pydantic model whose JSON Schema is its form
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import NEVER, NEXT, Ways, When


class StepSettings(BaseModel):
    """Base of all steps' settings. `kind` is the word in the document."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)
    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or worth a look. code: 'unreachable', 'open_port', ...; place: path in the document, in dots
    and brackets, beginning with 'steps.<id>' where it is about a step; is_error: it may not be published."""

    code: str
    place: str
    message: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Other:
    """Another journey of the workspace. subject: 'account' | 'contact'; calls: keys of the journeys that it starts."""

    subject: str = "account"
    calls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checking:
    """What a check may know of the workspace. None where unknown (a file checked without a workspace)."""

    columns: frozenset[str] | None = None
    templates: frozenset[str] | None = None
    segments: frozenset[str] | None = None
    triggers: frozenset[str] | None = None
    journeys: Mapping[str, Other] | None = None
    calendars: frozenset[str] | None = None
    endpoints: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    people: frozenset[str] | None = None
    """E-mails of members, in lower case."""
    values: frozenset[str] = frozenset()
    """Run values that some step of the document sets."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """More of the workspace and the document: 'quiet_hours' (kit.quiet_hours.QuietWindow or None), 'subject' ('account'
    or 'contact', whom the step is about)."""


S = TypeVar("S", bound=StepSettings)


@dataclass(frozen=True, slots=True)
class StepKind(Generic[S]):
    """One kind. arrive: tokens that have just come; wake: tokens that waited here and are due or woken.

    ports: names of the ways out, in the form's order. parks: it waits for something (a loop needs one such step).
    asks: it may write requests to act.
    """

    settings: type[S]
    label: str
    arrive: Callable[[S, Batch, World, Moves], None]
    wake: Callable[[S, Batch, World, Moves], None] | None = None
    ports: Ways = NEXT
    check: Callable[[S, str, Checking], Iterable[Finding]] = lambda *_: ()
    parks: When = NEVER
    asks: bool = False
    group: str = "flow"
    """Shelf of the palette: 'flow', 'time', 'people', 'outside'."""
    begin: Mapping[str, Any] = field(default_factory=dict)
    """Settings that a step has when it is new in the builder; what only a person can say is left out."""

    @property
    def word(self) -> str:
        """The word in the document."""
        return self.settings.kind

    @property
    def about(self) -> str:
        """What it does, in a sentence or two."""
        return " ".join((self.settings.__doc__ or "").split())
