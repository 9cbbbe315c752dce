"""How subjects come in: the re-entry rule as a key that the store holds unique, the holdout, the first token.

Gives : Arrival, Entering, refuse_children()
Reads : journey_runs (earlier runs of the same subjects), journey_inbox through its caller
Writes: journey_runs, journey_exposures (who is held out and who is not), journey_counts through its caller

The key is a hash of journey and subject (never), of the number of the run besides (after exit), or of the entry's key
(by key): 'once' survives edits, versions and a repeated tick, since the store refuses the second row.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from forestay.journeys.compiled import Compiled
from forestay.journeys.entries import EventEntry
from forestay.journeys.judging import judged
from forestay.journeys.keeping import kept
from forestay.journeys.movement import Came
from forestay.journeys.moves import Batch, Ints, World
from forestay.journeys.run_columns import of_run
from forestay.journeys.runtime.holding_out import hold_out
from forestay.journeys.runtime.rows import Group, Place
from forestay.journeys.runtime.wire import (
    Driver,
    ask,
    ask_if_new,
    blobs,
    documents,
    given,
    longs,
    moments,
    number,
    words,
)
from forestay.journeys.tokens import Exposure, Passage, Runs, Tokens
from forestay.journeys.words import Happening, ReEntry, RunStatus, SubjectKind
from forestay.kit.clock import micros_of

_NUMBERS = """
SELECT array_agg(nextval('journey_runs_id_seq')), array_agg(nextval('journey_tokens_id_seq')) FROM generate_series(1, $1)"""
_INSERT = f"""
WITH made AS (
  INSERT INTO journey_runs (id, workspace_id, journey_id, account_id, contact_id, parent_token, entered_at, version,
                            serial, entry_key, run_values)
  SELECT id, space, journey, account, contact, nullif(parent, 0), at, version, serial, key, said
  FROM {given("id space journey account contact parent at version serial key said")}
  {{conflict}} RETURNING id)
SELECT array_agg(id) FROM made"""  # noqa: S608
_CONFLICT = "ON CONFLICT (workspace_id, entry_key) DO NOTHING"
_EARLIER = """
SELECT account_id, contact_id, max(serial), bool_or(status < 10), max(ended_at) FROM journey_runs
WHERE workspace_id = %s AND account_id = ANY(%s) AND journey_id = %s GROUP BY account_id, contact_id"""
_REFUSED_CHILDREN = """
INSERT INTO journey_inbox (workspace_id, kind, token_id, name, at, body)
SELECT space, 'child', token, 'refused', now(), jsonb_build_object('parent', parent)
FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[]) AS u (space, token, parent)"""
_PEOPLE = """
SELECT m.account_id, m.contact_id FROM memberships AS m JOIN contacts AS c ON c.id = m.contact_id
WHERE m.workspace_id = %s AND m.account_id = ANY(%s) AND m.until IS NULL AND c.left_on IS NULL ORDER BY 1, 2"""

_SAID = """
SELECT account_id, contact_id, run_values ->> '_key' FROM journey_runs
WHERE workspace_id = %s AND account_id = ANY(%s) AND journey_id = %s AND run_values ->> '_key' = ANY(%s)"""
KEY = "_key"
"""Value of a run that entered by a key which the caller said."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row of the inbox that asks to come in. by: what brought it; parent: token that waits for the run, 0 none;
    row: its number."""

    workspace_id: int
    journey_id: int
    account: int
    contact: int
    by: str
    key: str | None
    at: datetime
    body: Mapping[str, Any]
    parent: int = 0
    row: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """The run's first values."""
        if not self.body:
            return {}
        kept = {part: self.body[part] for part in ("event", "signal") if part in self.body}
        said = {name: one for name, one in self.body.get("values", {}).items() if self._may_say(name)}
        return {**said, **kept}

    def _may_say(self, name: str) -> bool:
        """Values of ours begin with '_': only another run may bring them."""
        return self.by == "journey" or not name.startswith("_")


@dataclass(slots=True)
class Entering:
    """Lets arrivals of one version in."""

    driver: Driver
    compiled: Compiled
    world: World
    now: int

    @property
    def place(self) -> Place:
        """Journey and version."""
        return Place(self.compiled.workspace_id, self.compiled.journey_id, self.compiled.version)

    def enter(self, arrivals: Sequence[Arrival]) -> Entered:
        """Runs for those who may; the counts tell who came in and who was refused and why."""
        entered = Entered(Counter())
        arrivals = self._for_subjects(arrivals, entered)
        arrivals = self._asked(arrivals, entered)
        keyed = self._keyed(arrivals, entered)
        if keyed:
            self._insert(keyed, entered)
        refuse_children(self.driver, entered.refused)
        return entered

    def _for_subjects(self, arrivals: Sequence[Arrival], entered: Entered) -> list[Arrival]:
        """A journey of contacts that an account came into takes all its present contacts, and refuses where there are
        none: somebody may wait for it."""
        if self.compiled.journey.subject is SubjectKind.ACCOUNT:
            return [replace(one, contact=0) if one.contact and "start" not in one.body else one for one in arrivals]
        wide = sorted({one.account for one in arrivals if not one.contact})
        people: dict[int, list[int]] = {}
        for account, contact in (
            self.driver.execute(_PEOPLE, (self.place.workspace_id, wide)).fetchall() if wide else ()
        ):
            people.setdefault(account, []).append(contact)
        for one in arrivals:
            if not one.contact and one.account not in people:
                entered.refuse(one, "no_contact")
        return [
            replace(one, contact=contact)
            for one in arrivals
            for contact in ([one.contact] if one.contact else people.get(one.account, []))
        ]

    def _asked(self, arrivals: list[Arrival], entered: Entered) -> list[Arrival]:
        """The entry's own `if`, looked at now."""
        asked: dict[int, list[int]] = {}
        conditions = [getattr(entry, "if_", None) for entry in self.compiled.journey.entry]
        for n, one in enumerate(arrivals):
            entry = one.body.get("entry")
            if isinstance(entry, int) and entry < len(conditions) and conditions[entry] is not None:
                asked.setdefault(entry, []).append(n)
        out: set[int] = set()
        for entry, places in asked.items():
            some = [arrivals[n] for n in places]
            true = judged(
                conditions[entry],  # type: ignore[arg-type]
                lambda at, some=some: self.world.table(self._batch([some[n] for n in at.tolist()])),  # type: ignore[misc]
                np.arange(len(some)),
            )
            out.update(n for n, yes in zip(places, true.tolist(), strict=True) if not yes)
        for n in out:
            entered.refuse(arrivals[n], "condition")
        return [one for n, one in enumerate(arrivals) if n not in out]

    def _batch(self, arrivals: Sequence[Arrival]) -> Batch:
        n, now = len(arrivals), self.now
        zeros = np.zeros(n, np.int64)
        return Batch(
            self.place.workspace_id, self.compiled.key, zeros, zeros, np.array([one.account for one in arrivals]),
            np.array([one.contact for one in arrivals]), zeros, np.full(n, now), np.full(n, now),
            [one.values for one in arrivals],
        )  # fmt: skip

    def _keyed(self, arrivals: list[Arrival], entered: Entered) -> list[tuple[Arrival, bytes, int]]:
        """Each with its entry key and the number of the run, in the order in which they came."""
        rule = self.compiled.journey.re_entry
        # Who once came in under another rule has another key, so 'never' asks for earlier runs; a first version has none.
        asks = rule.rule is ReEntry.AFTER_EXIT or (rule.rule is ReEntry.NEVER and self.compiled.version > 1)
        serials = self._serials(arrivals) if asks else {}
        said = self._said(arrivals)
        keyed: dict[bytes, tuple[Arrival, bytes, int]] = {}
        for one in arrivals:
            serial = 1
            if "start" in one.body:
                key = self._key(one.account, "child", one.key)
            elif rule.rule is ReEntry.BY_KEY:
                value = one.key if one.key is not None else of_run(one.values, str(rule.key))
                if value is None:
                    entered.refuse(one, "no_key")
                    continue
                key = self._key(one.account, "key", one.contact, value)
            else:
                found = serials.get((one.account, one.contact), 1)
                if _says(one) and (one.account, one.contact, one.key) in said:
                    entered.refuse(one, "same_key")
                    continue
                if found is None or (found > 1 and rule.rule is ReEntry.NEVER):
                    entered.refuse(one, "re_entry")
                    continue
                serial = found
                key = self._key(one.account, one.contact, serial)
            if key in keyed:
                entered.refuse(one, "re_entry")
            else:
                keyed[key] = (one, key, serial)
        return list(keyed.values())

    def _said(self, arrivals: Sequence[Arrival]) -> set[tuple[int, int, str]]:
        """Keys under which these subjects came in before: what is said twice lets in once, whatever the rule."""
        keys = sorted({str(one.key) for one in arrivals if _says(one)})
        if not keys:
            return set()
        accounts = sorted({one.account for one in arrivals if _says(one)})
        rows = self.driver.execute(_SAID, (self.place.workspace_id, accounts, self.place.journey_id, keys))
        return {(int(str(account)), int(str(contact)), str(key)) for account, contact, key in rows}

    def _serials(self, arrivals: Sequence[Arrival]) -> dict[tuple[int, int], int | None]:
        """The next run's number by subject; None while one is under way or too fresh."""
        accounts = sorted({one.account for one in arrivals})
        after = self.compiled.journey.re_entry.after
        rest = 0 if after is None else after.microseconds
        rows = self.driver.execute(_EARLIER, (self.place.workspace_id, accounts, self.place.journey_id))
        return {
            (account, contact): None if is_live or (ended and micros_of(ended) + rest > self.now) else serial + 1
            for account, contact, serial, is_live, ended in rows
        }

    def _key(self, account: int, *parts: object) -> bytes:
        return entry_key(self.compiled.journey_id, account, *parts)

    def _insert(self, keyed: Sequence[tuple[Arrival, bytes, int]], entered: Entered) -> None:
        n = len(keyed)
        arrivals = [one for one, _, _ in keyed]
        given = ask(self.driver, _NUMBERS, number(n))
        run, token = given.longs(0), given.longs(1)
        values = [self._first_values(one) for one in arrivals]
        account, contact = (np.array([getattr(one, name) for one in arrivals]) for name in ("account", "contact"))
        space, journey, version = (np.full(n, part) for part in self.place)
        # It began with what brought it: what came since then counts for it, though it was let in later.
        began = np.array([min(micros_of(one.at), self.now) for one in arrivals])
        made = ask_if_new(
            self.driver, _INSERT, _CONFLICT, longs(run), longs(space), longs(journey), longs(account), longs(contact),
            longs(np.array([one.parent for one in arrivals])), moments(began), words(version),
            words(np.array([serial for _, _, serial in keyed])), blobs([key for _, key, _ in keyed]),
            documents([said or None for said in values]),
        ).longs(0)  # fmt: skip
        is_in = np.isin(run, made)
        for place in np.flatnonzero(~is_in).tolist():
            entered.refuse(arrivals[place], "re_entry")
        here = np.flatnonzero(is_in)
        runs = Runs(run[here], account[here], contact[here], began[here], [values[n] for n in here.tolist()])
        self._begin(runs, token[here], [arrivals[n] for n in here.tolist()], entered)

    def _first_values(self, arrival: Arrival) -> dict[str, Any]:
        """Those that it came with, and a key that was said and stands nowhere else."""
        is_by_key = self.compiled.journey.re_entry.rule is ReEntry.BY_KEY and "start" not in arrival.body
        said = {KEY: arrival.key} if arrival.key is not None and (is_by_key or _says(arrival)) else {}
        return {**kept(self.compiled, arrival.values), **said}

    def _event_of(self, arrival: Arrival) -> str:
        """Name of the event that let it in, '' where none did."""
        number = arrival.body.get("entry")
        entries = self.compiled.journey.entry
        entry = entries[number] if isinstance(number, int) and number < len(entries) else None
        return entry.event if isinstance(entry, EventEntry) else ""

    def _begin(self, runs: Runs, token: Ints, arrivals: Sequence[Arrival], entered: Entered) -> None:
        tokens = Tokens.new(np.arange(len(runs)), self.compiled.start, self.now, token)
        starts = [one.body.get("start") for one in arrivals]
        for place, start in enumerate(starts):
            if start:
                tokens.step[place] = start
        entered.counts[-1, "entered"] += len(runs)
        for by in dict.fromkeys(one.by for one in arrivals):
            at = np.array([n for n, one in enumerate(arrivals) if one.by == by])
            entered.counts[-1, f"entered:{by}"] += len(at)
            entered.passages.append(Passage(at, 0, -1, Happening.ENTERED, (by,), np.zeros_like(at)))
        held = hold_out(
            self.driver, self.compiled, runs.account, np.array([start is not None for start in starts], bool)
        )
        entered.exposures = held.exposures
        for n in np.flatnonzero(held.is_held).tolist():
            entered.ended[n] = (RunStatus.COMPLETED, "holdout")
        if entered.ended:
            entered.counts[-1, "ended:completed:holdout"] += len(entered.ended)
        tokens.claimed = ~held.is_held
        if self.compiled.listens:
            entered.came = {n: Came(int(runs.entered_at[n]), self._event_of(one)) for n, one in enumerate(arrivals)}
        entered.group = Group(self.place, runs, tokens, [None] * len(runs), np.zeros(len(runs), bool))


class Entered:
    """What entries came to. group: the runs that are in, None when nobody is; ended: held out, by place; came: what
    brought them in."""

    def __init__(self, counts: Counter[tuple[int, str]]) -> None:
        self.counts = counts
        self.group: Group | None = None
        self.passages: list[Passage] = []
        self.exposures: list[Exposure] = []
        self.ended: dict[int, tuple[RunStatus, str]] = {}
        self.came: dict[int, Came] = {}
        self.refused: list[Arrival] = []

    def refuse(self, arrival: Arrival, why: str) -> None:
        """Count somebody who may not come in."""
        self.refused.append(arrival)
        self.counts[-1, f"refused:{why}"] += 1


def _says(arrival: Arrival) -> bool:
    """Whether a caller said a key; those of children are ours."""
    return arrival.key is not None and arrival.by != "journey"


def refuse_children(driver: Driver, arrivals: Sequence[Arrival]) -> None:
    """Tell the tokens that wait for runs which do not begin."""
    rows = [(one.workspace_id, one.parent, Jsonb(one.values.get("_parent"))) for one in arrivals if one.parent]
    if rows:
        driver.execute(_REFUSED_CHILDREN, tuple(list(column) for column in zip(*rows, strict=True)))


def entry_key(journey_id: int, account: int, *parts: object) -> bytes:
    """18 bytes that say which entry this is: journey and account in front, so that entries of neighbours stand side by
    side in the index, and 64 bits of a hash of the rest."""
    return journey_id.to_bytes(4, "big") + account.to_bytes(6, "big") + _hash("\x1f".join(map(str, parts)))


@lru_cache(4096)  # most accounts come in for the first time: the same parts
def _hash(said: str) -> bytes:
    return hashlib.blake2b(said.encode(), digest_size=8).digest()
