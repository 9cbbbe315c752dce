"""Journeys and their runs as the API shows them.

Gives: JourneyItem, JourneyView, JourneyStatus, LiveRuns, PaceShape, Entered, StepView, RunItem, RunView and their parts
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from forestay.api.documents import DocumentPair
from forestay.api.queries.pace import Pace
from forestay.api.shapes import Shape
from forestay.customers.words import EffectStatus
from forestay.journeys.words import Happening, RunStatus, TokenState

RunWord = StrEnum("RunWord", {status.name: status.name.lower() for status in RunStatus})  # type: ignore[misc]
"""Status of a run as the API says it."""
StateWord = StrEnum("StateWord", {state.name: state.name.lower() for state in TokenState})  # type: ignore[misc]
"""Why a run stands where it stands."""
HappeningWord = StrEnum("HappeningWord", {one.name: one.name.lower() for one in Happening})  # type: ignore[misc]
"""What a line of a run's history says."""


class JourneyStatus(StrEnum):
    """Whether a journey acts."""

    DRAFT = "draft"
    """Never published, or drafted anew."""
    ACTIVE = "active"
    PAUSED = "paused"
    """Nothing moves, nobody is lost; what comes in is kept."""
    STOPPED = "stopped"
    """Its runs were ended; nobody enters until it is resumed or published."""
    RETIRED = "retired"
    """Nobody enters; runs under way go to their end."""


class FindingShape(Shape):
    """Something wrong, or worth a look. place: path in the document; is_error: it may not be published with it."""

    code: str
    place: str
    message: str
    is_error: bool


class LiveRuns(Shape):
    """Runs that are not over; failed ones are over and wait for somebody to retry or cancel them."""

    running: int = 0
    paused: int = 0
    held: int = 0
    failed: int = 0

    @classmethod
    def of(cls, counts: dict[RunStatus, int]) -> LiveRuns:
        """From numbers by status."""
        return cls(**{status.name.lower(): count for status, count in counts.items()})


class PaceShape(Shape):
    """Runs (or places of runs, of a step) that are not over, by how they get on. behind: their moment passed more than five
    minutes ago, or the task that they wait for is overdue; stuck: failed, or held for a review; paused: by a person or with their
    journey; on_track: all others."""

    on_track: int = 0
    behind: int = 0
    stuck: int = 0
    paused: int = 0


class Entered(Shape):
    """What came in and how it ended, since a day."""

    since: date
    entered: int
    entered_by: dict[str, int] = Field(description="By what brought them: signal, event, segment, manual, api, ...")
    refused: dict[str, int] = Field(
        description="Entries turned away, by reason: re_entry, condition, no_key, no_contact, not_live."
    )
    ended: dict[str, int] = Field(description="Runs that ended, by 'status:reason'.")


class AlarmShape(Shape):
    """Something about a journey that somebody should look at. kind 'ends': runs end otherwise than they used to."""

    kind: str
    at: datetime
    detail: dict[str, Any]


class WorkShape(Shape):
    """What an operator began and the worker carries on with, run by run. what: pause, resume, stop, or withdraw (the runs of
    a stopped journey have ended, and what they asked for is taken back); of: about how many runs."""

    what: str
    at: datetime
    done: int
    of: int


class JourneyItem(DocumentPair):
    """A journey, its documents, and what it does now."""

    name: str
    description: str
    category: str
    subject: str
    owner: str | None = Field(description="E-mail of the member who answers for it.")
    status: JourneyStatus
    version: int | None = Field(description="The live one; null when there is none.")
    runs: LiveRuns
    pace: PaceShape
    last_30d: Entered
    alarm: AlarmShape | None = Field(description="The newest of the last two days.")
    work: WorkShape | None = Field(
        description="A pause, resume or stop that has not reached all runs yet; null for none."
    )


class VersionShape(Shape):
    """One version. runs: under way and pinned to it."""

    version: int
    status: str
    note: str | None
    author_id: int | None
    created_at: datetime
    published_at: datetime | None
    runs: int


class JourneyView(JourneyItem):
    """One journey in full. source: the YAML of the newest version, as its author wrote it where it was written so."""

    source: str
    findings: list[FindingShape]
    valid: bool = Field(description="Nothing forbids publishing the newest version.")
    versions: list[VersionShape]
    alarms: list[AlarmShape]


class LedgerShape(Shape):
    """What a step's requests came to: every effect is in exactly one of these. total: their sum."""

    pending: int
    sent: int
    skipped: int
    failed: int
    cancelled: int
    unknown: int
    total: int

    @classmethod
    def of(cls, counts: dict[str, int]) -> LedgerShape:
        """From numbers by status."""
        return cls(**{status.value: counts[status.value] for status in EffectStatus}, total=sum(counts.values()))


class StepView(Shape):
    """One step: who stands there, how many passed since a day, what it asked for. is_gone: not in the newest version."""

    step: str
    kind: str | None
    label: str
    is_gone: bool
    standing: dict[StateWord, int] = Field(description="Runs that stand there now, by what they wait for.")
    paused: int = Field(description="Of those standing: paused or held.")
    pace: PaceShape = Field(description="The same by how they get on.")
    arrived: int
    ports: dict[str, int] = Field(description="How many left by each way.")
    asked: int = Field(description="Requests that it wrote, since the day.")
    waiting: int = Field(description="Requests that are not in the ledger yet.")
    effects: LedgerShape = Field(description="The ledger, over all time.")


class DiffLine(Shape):
    """One line: sign '+', '-' or ' '."""

    sign: str
    text: str


class DiffShape(Shape):
    """What is different between two versions. steps_*: by their ids; lines: of the YAML."""

    old: int
    new: int
    steps_added: list[str]
    steps_removed: list[str]
    steps_changed: list[str]
    lines: list[DiffLine]


class Standing(Shape):
    """Where a run stands. due_at: when it goes on by itself; null: until something comes in."""

    step: str
    label: str
    state: StateWord
    since: datetime
    due_at: datetime | None
    attempts: int
    is_paused: bool


class RunItem(Shape):
    """One run of a journey: one customer on the way."""

    id: int
    journey: str
    journey_name: str
    version: int
    account: str | None = Field(description="External id of the account; null when it was erased.")
    account_name: str | None
    contact_id: int | None
    contact_name: str | None
    status: RunWord
    reason: str | None
    entered_at: datetime
    ended_at: datetime | None
    serial: int = Field(description="Which run of this customer it is.")
    steps: list[str] = Field(description="Where it stands; empty when it ended.")
    due_at: datetime | None = Field(description="When it goes on by itself; null: until something comes in.")
    pace: Pace | None = Field(description="How it gets on; null when it is over.")


class HistoryLine(Shape):
    """One thing that happened to a run."""

    at: datetime
    what: HappeningWord
    step: str | None
    port: str | None
    detail: dict[str, Any] | None


class RunEffect(Shape):
    """One effect that a run caused. id: its number at /api/effects."""

    id: int
    step: str | None
    channel: str
    recipient: str
    status: EffectStatus
    reason: str | None
    at: datetime


class RunView(RunItem):
    """One run in full."""

    zone: str = Field(description="The subject's IANA zone: the clock that its waits go by.")
    values: dict[str, Any] = Field(description="What it knows: values of steps, the event or signal that let it in.")
    standing: list[Standing]
    history: list[HistoryLine] = Field(description="The last 500 lines, in the order in which they happened.")
    effects: list[RunEffect]
