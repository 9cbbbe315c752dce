"""What a step of the triggers comes to: signals with evidence and cause, updates, ends, and requests to act.

Reads : Scored, Causes
Gives : SignalWrites, signal_writes()
Source: REQUIREMENTS D2; DESIGN section 5 (signals keep values, dates and the time of each stage)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from forestay.app.causes import Causes
from forestay.app.journey_watch import Way
from forestay.app.scoring import Scored
from forestay.app.shard import WorkspaceMemory
from forestay.conditions.needs import columns_of
from forestay.customers.requests import Evidence
from forestay.customers.words import RiskLevel
from forestay.journeys.inbox import Entry, enter_many
from forestay.kit.clock import moment_of
from forestay.measures.ring import Ints
from forestay.measures.substrate import Substrate
from forestay.signals.evaluation import Group
from forestay.signals.evidence import EvidenceMaker
from forestay.signals.levels import LEVELS
from forestay.signals.reasoning import Family, Reasoning, families_of
from forestay.signals.requests import requests_of
from forestay.signals.store import (
    NewSignal,
    SavedState,
    SignalUpdate,
    close_signals,
    insert_requests,
    insert_signals,
    release_signals,
    save_states,
    update_signals,
)  # fmt: skip
from forestay.signals.trigger import Trigger
from forestay.signals.usual import usual_values
from forestay.store.shapes import Json


@dataclass(slots=True)
class SignalWrites:
    """Rows for the tick's transaction; write() may be repeated when the transaction is."""

    workspace_id: int
    at: datetime
    fired: list[tuple[Trigger, NewSignal]] = field(default_factory=list)
    updates: list[SignalUpdate] = field(default_factory=list)
    ended: list[tuple[str, int]] = field(default_factory=list)
    released: list[tuple[Trigger, int, RiskLevel, list[Evidence], datetime]] = field(default_factory=list)
    states: list[SavedState] = field(default_factory=list)
    ways: Mapping[str, Sequence[Way]] = field(default_factory=dict)
    """Journeys that a signal lets in, by trigger."""

    def write(self, connection: Connection) -> None:
        """Ends first, so that an episode that begins anew finds no open signal in its place."""
        close_signals(connection, self.workspace_id, self.ended, self.at, "ended")
        update_signals(connection, self.workspace_id, self.updates)
        numbers = insert_signals(connection, self.workspace_id, [signal for _, signal in self.fired])
        rows = [
            row
            for (trigger, signal), number in zip(self.fired, numbers, strict=True)
            if signal.held_back is None
            for row in requests_of(
                trigger, number, signal.account_id, signal.risk_level, signal.evidence, signal.event_at
            )
        ]
        entries = [
            entry
            for (trigger, signal), number in zip(self.fired, numbers, strict=True)
            if signal.held_back is None
            for entry in self._entries(trigger, number, signal.account_id, signal.evidence, signal.event_at)
        ]
        free = release_signals(
            connection, self.workspace_id, [(trigger.key, account) for trigger, account, *_ in self.released]
        )
        for trigger, account, level, evidence, event_at in self.released:
            if (number := free.get((trigger.key, account))) is not None:
                rows += requests_of(trigger, number, account, level, evidence, event_at)
                entries += self._entries(trigger, number, account, evidence, event_at)
        insert_requests(connection, self.workspace_id, rows)
        save_states(connection, self.workspace_id, self.states)
        enter_many(connection, self.workspace_id, entries)

    def _entries(
        self, trigger: Trigger, signal_id: int, account_id: int, evidence: Sequence[Evidence], at: datetime
    ) -> Iterator[Entry]:  # fmt: skip
        """The signal's evidence comes along as signal.*."""
        told: dict[str, Json] = {"id": signal_id, "trigger": trigger.key, **{one.column: one.value for one in evidence}}
        for journey, entry, by in self.ways.get(trigger.key, ()):
            yield Entry(journey, account_id, at, None, None, None, by, {"signal": told, "entry": entry})


def signal_writes(space: WorkspaceMemory, scored: Scored, causes: Causes, detected_at: datetime) -> SignalWrites:
    """Everything that the step asks of the store. causes: by account row; detected_at: when the tick read the log."""
    return _Making(space, scored, causes, detected_at).writes()


class _Making:
    def __init__(self, space: WorkspaceMemory, scored: Scored, causes: Causes, detected_at: datetime) -> None:
        self.space, self.scored, self.causes, self.detected_at = space, scored, causes, detected_at
        self._evidence: dict[tuple[str, int], list[Evidence]] = {}

    def writes(self) -> SignalWrites:
        moved, made = self.scored.moved, SignalWrites(self.space.workspace_id, self.scored.at)
        made.ways = self.space.configuration.journeys.by_signal
        self._gather([*moved.fired, *moved.updated, *moved.released])
        for group in moved.fired:
            held = group.held_back or (None,) * len(group.at)
            made.fired += [
                (group.trigger.trigger, self._signal(group, at, int(risk), reason))
                for at, risk, reason in zip(group.at.tolist(), group.risk, held, strict=True)
            ]
        for group in moved.updated:
            made.updates += [
                SignalUpdate(self._key(group), self._account(at), LEVELS[int(risk)], self._of(group, at))
                for at, risk in zip(group.at.tolist(), group.risk, strict=True)
            ]
        for group in moved.released:
            made.released += [
                (group.trigger.trigger, self._account(at), LEVELS[int(risk)], self._of(group, at), self._moment(at))
                for at, risk in zip(group.at.tolist(), group.risk, strict=True)
            ]
        made.ended = [(self._key(group), self._account(at)) for group in moved.ended for at in group.at.tolist()]
        for group in moved.changed:
            made.states += self._states(group)
        return made

    def _gather(self, groups: list[Group]) -> None:
        """Evidence of all rows that need it; usual values are computed for those rows alone."""
        places = sorted({at for group in groups for at in group.at.tolist()})
        if not places:
            return
        space = self.space
        rows = self.scored.rows[places]
        usual = self._usual(groups, rows)
        whole = {key: np.full(len(self.scored.rows), np.nan) for key in usual}
        for key, values in usual.items():
            whole[key][places] = values
        maker = EvidenceMaker(self.scored.columns.table, space.configuration.words, space.today, whole)
        families = {
            self._key(group): families_of(group.trigger.trigger, space.configuration.segments) for group in groups
        }
        reasons = self._reasons(groups, families)
        for group in groups:
            for at in group.at.tolist():
                told = [one for family in families[self._key(group)] for one in reasons[family, at]]
                self._evidence[self._key(group), at] = maker.of(group.trigger.trigger, at, told)

    def _reasons(
        self, groups: list[Group], families: Mapping[str, frozenset[Family]]
    ) -> dict[tuple[Family, int], list[Evidence]]:  # fmt: skip
        space, configuration = self.space, self.space.configuration
        wanted = {
            family: sorted({at for group in groups if family in families[self._key(group)] for at in group.at.tolist()})
            for family in Family
        }

        def ago(places: Sequence[int], days: int) -> Substrate:
            return space.memory.substrate(self.scored.rows[list(places)], space.today - days)

        reasoning = Reasoning(self.scored.columns, configuration.measures, configuration.words, space.today, ago)
        return reasoning.evidence(wanted)

    def _usual(self, groups: list[Group], rows: Ints) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        space, configuration = self.space, self.space.configuration
        named = {
            name
            for group in groups
            for name in (
                *columns_of(group.trigger.trigger.condition, configuration.segments), *group.trigger.trigger.evidence,
            )
        }  # fmt: skip
        keys = sorted(name.removeprefix("measure.") for name in named if name.startswith("measure."))
        return usual_values(
            lambda days: space.memory.substrate(rows, space.today - days), configuration.measures, keys
        )  # fmt: skip

    def _signal(self, group: Group, at: int, risk: int, reason: str | None) -> NewSignal:
        trigger = group.trigger.trigger
        row = int(self.scored.rows[at])
        cause = self.causes.get(row)
        told: dict[str, str | int | None] = {"clock": "day"} if cause is None else cause.told()
        return NewSignal(
            trigger.key, group.trigger.version, self._account(at), trigger.tier, LEVELS[risk],
            self._of(group, at), told, reason, self._moment(at), self.detected_at, self.scored.at,
        )  # fmt: skip

    def _moment(self, at: int) -> datetime:
        cause = self.causes.get(int(self.scored.rows[at]))
        return self.detected_at if cause is None else min(moment_of(cause.at), self.scored.at)

    def _states(self, group: Group) -> list[SavedState]:
        rows = self.scored.rows[group.at]
        kept = self.space.states.stored(self._key(group), rows)
        return [
            SavedState(
                self._key(group), self._account(at), bool(is_on), moment_of(int(since) * 1_000_000),
                moment_of(int(fired) * 1_000_000) if fired else None,
            )
            for at, is_on, since, fired in zip(group.at.tolist(), kept.is_on, kept.since, kept.fired, strict=True)
        ]  # fmt: skip

    def _of(self, group: Group, at: int) -> list[Evidence]:
        return self._evidence[self._key(group), at]

    def _account(self, at: int) -> int:
        return self.space.known.account_ids[int(self.scored.rows[at])]

    @staticmethod
    def _key(group: Group) -> str:
        return group.trigger.trigger.key
