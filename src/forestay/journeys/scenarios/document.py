"""The format of scenario files.

Gives : Scenario, When, Then, Enter, read_scenarios(), BadScenario, microseconds_of()
Source: docs/journeys-tests.md
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from forestay.kit.errors import Invalid

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhm])")
Value = bool | float | str | None


class BadScenario(Invalid):
    """The file is no scenario; `place` is the file and the part to mend."""

    code = "bad_scenario"


def microseconds_of(text: str) -> int:
    """A length of time such as '3d', '1w 2h' or '0'.

    >>> microseconds_of("1d 2h") // 3_600_000_000
    26
    """
    if text.strip() in ("0", ""):
        return 0
    if _LENGTH.sub("", text).strip():
        raise ValueError(f"'{text}' is no length of time; write it like 3d, 1w 2h or 30m")
    return int(sum(float(n) * _UNITS[unit] for n, unit in _LENGTH.findall(text)) * 1_000_000)


def _length(value: Any) -> Any:
    return microseconds_of(str(value)) if isinstance(value, str | int) else value


Length = Annotated[int, BeforeValidator(_length)]
"""Microseconds; written as '3d 2h'."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Enter(_Part):
    """How the subject comes in; one of the first eight. properties: of the event; evidence: of the signal."""

    manual: bool = False
    api: bool = False
    condition: bool = False
    schedule: bool = False
    signal: str | None = None
    event: str | None = None
    segment: str | None = None
    date: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    evidence: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)


class When(_Part):
    """Something that happens, so long after the start: columns change, an event comes, somebody answers at a step."""

    after: Length = Field(0, description="Since the start.")
    columns: dict[str, Value] = Field(default_factory=dict)
    dates: dict[str, date] = Field(default_factory=dict)
    segments: dict[str, bool] = Field(default_factory=dict)
    event: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    answer: str | None = Field(None, description="Step that waits for an answer.")
    with_: str | None = Field(None, alias="with", description="The outcome, such as done, approved, failed:bounced.")
    values: dict[str, Any] = Field(default_factory=dict, description="What comes with the answer.")

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not (self.columns or self.dates or self.segments or self.event or self.answer):
            raise ValueError("say what happens: columns, dates, segments, event, or answer with an outcome")
        if (self.answer is None) != (self.with_ is None):
            raise ValueError("an answer has a step and an outcome: {answer: call, with: done}")
        return self


class Then(BaseModel):
    """Something that must come of it. asks: kind of request, with any of its fields; port: by which a step is left;
    ends: status of the run; enters: false where nobody may come in."""

    model_config = ConfigDict(frozen=True, extra="allow")

    at: Length | None = None
    step: str | None = None
    asks: str | None = None
    port: str | None = None
    ends: str | None = None
    reason: str | None = None
    enters: bool | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of the request that must be so."""
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _says_something(self) -> Then:
        if not (self.asks or self.port or self.ends or self.enters is not None):
            raise ValueError("say what must come: asks, port, ends or enters")
        if self.fields and not self.asks:
            raise ValueError(f"unknown: {', '.join(self.fields)}; fields of a request stand beside asks")
        return self


class Subject(_Part):
    """Whom the story is about. contacts: how many the account has, by part."""

    zone: str = "UTC"
    contact: bool = Field(False, description="True where the journey is about a contact.")
    contacts: dict[str, int] = Field(
        default_factory=dict, description="champion, sponsor, active_users, all -> how many."
    )


class Scenario(_Part):
    """One story."""

    name: str = Field(min_length=1)
    journey: str = Field(min_length=1, description="Key of a shipped playbook, or path of a file beside this one.")
    start: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    lasts: Length | None = Field(None, description="How long the story goes on; two years when left out.")
    subject: Subject = Subject()
    given: dict[str, Value] = Field(default_factory=dict, description="Columns at the start; others are missing.")
    dates: dict[str, date] = Field(default_factory=dict)
    segments: dict[str, bool] = Field(default_factory=dict)
    enter: Enter = Enter(manual=True)
    when: tuple[When, ...] = ()
    then: tuple[Then, ...] = Field(min_length=1)


def read_scenarios(path: Path) -> list[Scenario]:
    """Those of a file: one story, or a list under `scenarios`. Raises BadScenario."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise BadScenario(f"is no YAML: {error}", place=str(path)) from None
    stories = document.get("scenarios", [document]) if isinstance(document, dict) else document
    if not isinstance(stories, list):
        raise BadScenario("a file holds one scenario, or a list of them under 'scenarios'", place=str(path))
    return [_read(story, f"{path}[{n}]") for n, story in enumerate(stories)]


def _read(story: Any, place: str) -> Scenario:
    try:
        return Scenario.model_validate(story)
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadScenario(first["msg"].removeprefix("Value error, "), place=f"{place}.{where}") from None
