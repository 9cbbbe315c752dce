"""A journey as a document: who it is for, how one comes in, the steps and the ways between them.

Gives : Journey, Step, STEP_FIELDS
Reads : nothing; journeys/read.py reads and writes documents, journeys/validation.py judges them
Source: issue 'Journeys' 1; docs/journeys.md teaches how to write one

A Journey has the right shape and may still be unfit to run: owner, consent class, ports and steps may be missing, so
that a half-drawn one can be kept as a draft. What is wrong with it is a list of findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from forestay.journeys.entries import Entry, Exit, Goal, ReEntryRule
from forestay.journeys.fields import Key, Named, Names, Part, StepId
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.registry import KINDS
from forestay.journeys.words import Overdue, SubjectKind, WhenGone

STEP_FIELDS = ("kind", "name", "note", "disabled", "ports", "next")
"""Keys of a step that are not its settings."""


class Category(StrEnum):
    """What a journey is for."""

    ONBOARDING = "onboarding"
    ADOPTION = "adoption"
    RETENTION = "retention"
    EXPANSION = "expansion"
    RENEWAL = "renewal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. kind: word of KINDS; name, note: for people; ports: name of a way out -> id of the step behind it;
    disabled: it is switched off, and runs pass it by its main way."""

    kind: str
    settings: StepSettings
    ports: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    note: str = ""
    disabled: bool = False

    @property
    def of(self) -> StepKind[Any]:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def port_names(self) -> tuple[str, ...]:
        """Every way out that it has with these settings, wired or not."""
        return self.of.ports(self.settings)

    @property
    def main_port(self) -> str:
        """The way on: 'next' where it has that, else its first; '' where the run ends here."""
        names = self.port_names
        return "next" if "next" in names else next(iter(names), "")

    @property
    def goes(self) -> Mapping[str, str]:
        """The ways that runs take as it is: all of them, the main one alone where it is switched off."""
        return {port: to for port, to in self.ports.items() if not self.disabled or port == self.main_port}

    @property
    def parks(self) -> bool:
        """Whether time passes in it for sure."""
        return not self.disabled and self.of.parks(self.settings)

    def written(self) -> dict[str, Any]:
        """The step in canonical form."""
        head = {"kind": self.kind, "name": self.name, "note": self.note, "disabled": self.disabled}
        settings = self.settings.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        ports = {"ports": dict(self.ports)} if self.ports else {}
        return {key: value for key, value in head.items() if value} | settings | ports


def _is_step(value: Any) -> Step:
    if not isinstance(value, Step):
        raise ValueError("read a journey with journeys.read.read_journey(), which reads its steps")
    return value


class Journey(Part):
    """One version of a journey."""

    key: Key = Field(title="Key", description="Its name in addresses and files; never changes.")
    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(title="Name")
    description: Annotated[str, Field(max_length=2000)] = Field("", title="Description")
    category: Category = Field(Category.OTHER, title="Category")
    subject: SubjectKind = Field(SubjectKind.ACCOUNT, title="About", description="Whom a run is about.")
    owner: Annotated[str, Field(max_length=320), Named(Names.MEMBER)] | None = Field(
        None, title="Owner", description="E-mail of the member who answers for it."
    )
    consent: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60), Named(Names.PURPOSE)] | None = Field(
        None,
        title="Consent class",
        description="Which consent its messages need: success, marketing, transactional, ...",
    )
    entry: tuple[Entry, ...] = Field((), max_length=20, title="Entries", description="Any of them lets a subject in.")
    re_entry: ReEntryRule = Field(ReEntryRule(), title="Coming again")
    goal: Goal | None = Field(None, title="Goal")
    exit: Exit | None = Field(None, title="Leave early")
    overdue: Overdue = Field(
        Overdue.RUN,
        title="Overdue",
        description="What happens to what came due while the product was away for over an hour.",
    )
    when_gone: WhenGone = Field(
        WhenGone.LEAVE, title="When they are gone",
        description="What happens to a run whose contact has left, or whose account churned after the run began.",
    )  # fmt: skip
    holdout_share: float = Field(
        0, ge=0, le=0.5, title="Holdout",
        description="Share of the subjects, always the same ones, that enter but get no effects: to measure against.",
    )  # fmt: skip
    start: StepId | None = Field(None, title="First step")
    steps: dict[StepId, Annotated[Step, PlainValidator(_is_step), PlainSerializer(Step.written)]] = Field(
        default_factory=dict, title="Steps", description="By id; an id names a step for good."
    )
    layout: dict[str, Any] = Field(default_factory=dict, title="Layout", description="Of the drawing; kept, not read.")
    format: Literal[1] = Field(1, title="Format", description="Of the document.")

    def written(self) -> dict[str, Any]:
        """The canonical document: plain JSON values, defaults left out; reading it gives the same journey."""
        made: dict[str, Any] = _plain(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        return {**made, "entry": [_if_last(entry) for entry in made["entry"]]} if "entry" in made else made


def _plain(part: Any) -> Any:
    """Whole numbers without a point, as people write them."""
    if isinstance(part, float) and part.is_integer():
        return int(part)
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    return [_plain(value) for value in part] if isinstance(part, list) else part


def _if_last(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in sorted(entry, key=lambda key: key == "if")}
