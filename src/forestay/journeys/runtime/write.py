"""All that a turn came to, as rows: one statement a table, whatever number of versions took part.

Gives : write(), write_rows(), write_told(), Turned, write_counts(), tell_parents(), PARENT
Writes: journey_tokens, journey_runs, journey_history, journey_exposures, requests, journey_inbox (children, and
        parents of runs that ended), journey_counts (last, so that its rows are locked for the commit alone)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints
from forestay.journeys.runtime.asked import write_requests
from forestay.journeys.runtime.counting import counted_now
from forestay.journeys.runtime.history import history_rows
from forestay.journeys.runtime.rows import Group, Place
from forestay.journeys.runtime.taking_back import of_causes, of_runs, take_back
from forestay.journeys.runtime.wire import (
    Driver,
    Packed,
    ask,
    documents,
    flags,
    given,
    longs,
    moment,
    moments,
    number,
    shorts,
    texts,
    words,
)
from forestay.journeys.tokens import Advanced, Flags, Kept, Tokens
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.clock import moment_of
from forestay.store.changes import about

PARENT = "_parent"
"""Value of a run that another waits for: the step and the pass of the token that does."""
_LISTENING = list(map(int, (TokenState.READY, TokenState.EVENT, TokenState.ARMING, TokenState.STUCK)))
"""Those that may wait for an event, or will when they are tried again."""


@dataclass(slots=True)
class Turned:
    """A group and what it came to. stored (n,): tokens that have a row already, of those there were at first."""

    compiled: Compiled
    group: Group
    done: Advanced
    stored: Flags
    before: tuple[Ints | Flags, ...]
    """standing() as it was read, to leave alone what did not change."""
    is_paused: bool = False
    """The runs came into a journey that stands still: their tokens do, too."""

    @property
    def place(self) -> Place:
        """Journey and version."""
        return self.group.place

    def is_stored(self) -> Flags:
        """Of all tokens there are now."""
        more = len(self.done.tokens) - len(self.stored)
        return np.concatenate((self.stored, np.zeros(more, bool)))


_NUMBERS = "SELECT array_agg(nextval('journey_tokens_id_seq')) FROM generate_series(1, $1)"
_UPDATE_TOKENS = f"""
UPDATE journey_tokens AS t SET step = u.step, state = u.state, passed = u.passed, since = u.since,
  due_at = nullif(u.due, 'infinity'), attempts = u.attempts, wakes = u.wakes,
  fork_step = CASE WHEN u.forked THEN coalesce(t.fork_step, u.step) END
FROM {given("id step state passed since due attempts forked wakes")} WHERE t.id = u.id"""  # noqa: S608
_INSERT_TOKENS = f"""
INSERT INTO journey_tokens (id, workspace_id, run_id, journey_id, account_id, version, step, state, passed, since,
                            due_at, attempts, fork_step, wakes)
SELECT id, space, run, journey, account, version, step, state, passed, since, nullif(due, 'infinity'), attempts,
       CASE WHEN forked THEN step END, wakes
FROM {given("id space run journey account version step state passed since due attempts forked wakes")}"""  # noqa: S608
_DELETE_TOKENS = "DELETE FROM journey_tokens WHERE id = ANY($1)"
_END_RUNS = f"""
UPDATE journey_runs AS r SET status = u.status, reason = ($5)[u.reason], ended_at = $6,
  run_values = coalesce(u.said, r.run_values)
FROM {given("id status reason said")} WHERE r.id = u.id"""  # noqa: S608
_TELL_PARENTS = """
INSERT INTO journey_inbox (workspace_id, kind, token_id, name, at, body)
SELECT r.workspace_id, 'child', r.parent_token, w.name, %s, jsonb_build_object('parent', r.run_values -> '_parent')
FROM journey_runs AS r JOIN unnest(%s::text[], %s::smallint[]) AS w (name, status) ON w.status = r.status
WHERE r.id = ANY(%s::bigint[]) AND r.parent_token IS NOT NULL"""
_PUT_VALUES = f"UPDATE journey_runs AS r SET run_values = u.said FROM {given('id said')} WHERE r.id = u.id"  # noqa: S608
_PAUSE_TOKENS = "UPDATE journey_tokens SET is_paused = true WHERE run_id = ANY($1)"
_FREEZE = "UPDATE journey_tokens SET is_paused = true WHERE run_id = ANY($1) AND state <> 8"
_CHILDREN = """
INSERT INTO journey_inbox (workspace_id, kind, journey_id, account_id, contact_id, token_id, name, entry_key, at, body)
SELECT c.space, CASE WHEN is_there THEN 'enter' ELSE 'child' END,
  CASE WHEN is_there THEN coalesce(j.id, c.parent) END, c.account, nullif(c.contact, 0), nullif(c.token, 0),
  CASE WHEN is_there THEN 'journey' ELSE 'refused' END, c.key, $9,
  CASE WHEN is_there THEN c.body ELSE jsonb_build_object('parent', c.body -> 'values' -> '_parent') END
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
  AS c (space, parent, journey, account, contact, token, key, body)
  LEFT JOIN journeys AS j ON j.workspace_id = c.space AND j.key = c.journey,
  LATERAL (SELECT c.journey IS NULL OR j.id IS NOT NULL AS is_there) AS k
WHERE is_there OR c.token <> 0"""
"""A journey that there is not lets nobody in; who waits for that is told."""
_EXPOSURES = """
INSERT INTO journey_exposures (workspace_id, journey_id, test, bucket_version, account_id, contact_id, run_id, arm, at, shares)
SELECT space, journey, test, bucket, account, contact, run, arm, $10, shares
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
  AS u (space, journey, test, bucket, account, contact, run, arm, shares)
ON CONFLICT DO NOTHING"""
_COUNTS = """
INSERT INTO journey_counts AS c (workspace_id, journey_id, version, step, day, name, count)
SELECT space, journey, version, step, CASE WHEN name LIKE 'now:%' THEN '1970-01-01' ELSE ($7 AT TIME ZONE 'UTC')::date END, name, count
FROM unnest($1, $2, $3, $4, $5, $6) AS u (space, journey, version, step, name, count)
ON CONFLICT (journey_id, version, step, day, name) DO UPDATE SET count = c.count + EXCLUDED.count"""


def write(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """Write what advanced groups came to. now: microseconds UTC."""
    write_rows(driver, turned, now)
    write_told(driver, turned, now)


def write_rows(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """All but the counts, where more of the same turn follows."""
    if not turned:
        return
    about(driver, {one.place.workspace_id for one in turned})
    _give_numbers(driver, turned)
    _write_tokens(driver, turned)
    _write_runs(driver, turned, now)
    write_requests(driver, turned, now)
    _write_children(driver, turned, now)
    _write_exposures(driver, turned, now)
    history_rows(driver, turned_history(turned), now)
    _take_back(driver, turned, now)


def write_told(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """The counts of a whole turn."""
    counts: dict[Place, Counter[tuple[int, str]]] = {}
    for one in turned:  # a version may take part twice: some came in, others were woken
        counts.setdefault(one.place, Counter()).update(one.done.counts)
    write_counts(driver, counts, now)


def turned_history(turned: Sequence[Turned]) -> list[tuple[int, Ints, list[Any]]]:
    """(workspace, run numbers, passages) of each group."""
    return [(one.place.workspace_id, one.done.runs.run, one.done.passages) for one in turned]


def _give_numbers(driver: Driver, turned: Sequence[Turned]) -> None:
    """Forked tokens get theirs from the store."""
    wanting = [np.flatnonzero((one.done.tokens.token == 0) & ~one.done.gone) for one in turned]
    count = sum(map(len, wanting))
    if not count:
        return
    numbers = ask(driver, _NUMBERS, number(count)).longs(0)
    for one, places in zip(turned, wanting, strict=True):
        one.done.tokens.token[places], numbers = numbers[: len(places)], numbers[len(places) :]


def _write_tokens(driver: Driver, turned: Sequence[Turned]) -> None:
    kept = [one.is_stored() & ~one.done.gone & _is_changed(one) for one in turned]
    new = [~one.is_stored() & ~one.done.gone for one in turned]
    gone = [one.is_stored() & one.done.gone for one in turned]
    if any(mask.any() for mask in kept):
        columns = _Columns(turned, kept)
        ask(
            driver, _UPDATE_TOKENS, longs(columns.of("token")), shorts(columns.of("step")), shorts(columns.of("state")),
            words(columns.of("passed")), moments(columns.of("since")), moments(columns.of("due")),
            shorts(columns.of("attempts")), flags(columns.of("is_forked").astype(bool)), documents(columns.wakes()),
        )  # fmt: skip
    if any(mask.any() for mask in new):
        columns = _Columns(turned, new)
        ask(
            driver, _INSERT_TOKENS, longs(columns.of("token")), longs(columns.place(0)), longs(columns.run("run")),
            longs(columns.place(1)), longs(columns.run("account")), words(columns.place(2)), shorts(columns.of("step")),
            shorts(columns.of("state")), words(columns.of("passed")), moments(columns.of("since")),
            moments(columns.of("due")), shorts(columns.of("attempts")), flags(columns.of("is_forked").astype(bool)),
            documents(columns.wakes()),
        )  # fmt: skip
    for one in turned:
        if one.is_paused:
            ask(driver, _PAUSE_TOKENS, longs(one.done.runs.run))
    if any(mask.any() for mask in gone):
        ask(driver, _DELETE_TOKENS, longs(_Columns(turned, gone).of("token")))


def standing(tokens: Tokens) -> tuple[Ints | Flags, ...]:
    """All columns of tokens that are written. Who comes to the same step again stands there in another pass."""
    return (
        tokens.step, tokens.state, tokens.due, tokens.attempts, tokens.passed, tokens.since, tokens.heard, tokens.is_forked
    )  # fmt: skip


def _is_changed(one: Turned) -> Flags:
    """Tokens that do not stand as they were read; a claimed one that waits on as before costs no write. What was kept
    for a sibling stays kept."""
    tokens, n = one.done.tokens, len(one.stored)
    changed: Flags = np.logical_or.reduce([a[:n] != b for a, b in zip(standing(tokens), one.before, strict=True)])
    changed |= tokens.claimed[:n] & np.fromiter((wake is not None for wake in one.group.wakes[:n]), bool, n)
    return np.concatenate((changed, np.ones(len(tokens) - n, bool)))


class _Columns:
    """Columns of the chosen tokens of all groups, one after the other."""

    def __init__(self, turned: Sequence[Turned], masks: Sequence[Flags]) -> None:
        self.turned = turned
        self.places = [np.flatnonzero(mask) for mask in masks]

    def of(self, name: str) -> Ints:
        """A column of Tokens."""
        return self._all(lambda one, places: getattr(one.done.tokens, name)[places])

    def run(self, name: str) -> Ints:
        """A column of Runs."""
        return self._all(lambda one, places: getattr(one.done.runs, name)[one.done.tokens.at[places]])

    def place(self, part: int) -> Ints:
        """0 workspace, 1 journey, 2 version."""
        return self._all(lambda one, places: np.full(len(places), one.place[part]))

    def wakes(self) -> list[Any]:
        """What is kept to wake them, of tokens that failed for now; and from when on events count for those that wait
        for one, where that is not when they came."""
        rows: list[Any] = []
        for one, places in zip(self.turned, self.places, strict=True):
            tokens, kept = one.done.tokens, {kept.place: kept for kept in one.done.retried}
            listens = np.isin(tokens.state[places], _LISTENING) & (tokens.heard[places] != tokens.since[places])
            if kept or listens.any():
                heard = np.where(listens, tokens.heard[places], 0).tolist()
                rows += [_as_document(kept.get(n), since) for n, since in zip(places.tolist(), heard, strict=True)]
            else:
                rows += [None] * len(places)
        return rows

    def _all(self, column: Callable[[Turned, Ints], Any]) -> Ints:
        found: Ints = np.concatenate(
            [column(one, places) for one, places in zip(self.turned, self.places, strict=True)]
        )
        return found


def _as_document(kept: Kept | None, heard: int) -> dict[str, Any] | None:
    said: dict[str, Any] = {"from": heard} if heard else {}
    if kept is not None and kept.wake is not None:
        wakes = (kept.wake, *kept.later)
        said["kept"] = [{"what": w.what, "name": w.name, "body": dict(w.body), "at": w.at} for w in wakes]
    return said or None


def _write_runs(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    ended = [(one, run, how) for one in turned for run, how in one.done.ended.items()]
    if ended:
        reasons = list({how[1]: None for _, _, how in ended})
        code = {reason: n + 1 for n, reason in enumerate(reasons)}
        ask(
            driver, _END_RUNS, longs(np.array([one.done.runs.run[run] for one, run, _ in ended], np.int64)),
            shorts(np.array([how[0] for _, _, how in ended], np.int64)),
            words(np.array([code[how[1]] for _, _, how in ended], np.int64)),
            documents([one.done.runs.values[run] if run in one.done.changed else None for one, run, _ in ended]),
            texts(reasons), moment(now),
        )  # fmt: skip
        children = [one.done.runs.run[run] for one, run, _ in ended if PARENT in one.done.runs.values[run]]
        if children:
            tell_parents(driver, children, now)
        failed = [one.done.runs.run[run] for one, run, how in ended if how[0] == RunStatus.FAILED]
        if failed:
            ask(driver, _FREEZE, longs(np.array(failed, np.int64)))
    changed = [(one, run) for one in turned for run in one.done.changed if run not in one.done.ended]
    if changed:
        numbers = np.array([one.done.runs.run[run] for one, run in changed], np.int64)
        ask(driver, _PUT_VALUES, longs(numbers), documents([one.done.runs.values[run] for one, run in changed]))


def tell_parents(driver: Driver, runs: Sequence[int], now: int) -> None:
    """Runs that have ended tell the tokens that wait for them."""
    driver.execute(
        _TELL_PARENTS,
        (moment_of(now), [status.name.lower() for status in RunStatus], [*RunStatus], list(map(int, runs))),
    )


def _take_back(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """Who ended early wants nothing any more; who came to an end wants what was asked for on the way, but no branch of it
    waits for an answer now."""
    early: dict[str, list[int]] = {}
    waited: list[tuple[int, str]] = []
    for one in turned:
        for run, (_, reason) in one.done.ended.items():
            if run in one.done.early:
                early.setdefault(reason, []).append(int(one.done.runs.run[run]))
        ends = [run for run, how in one.done.ended.items() if how[0] != RunStatus.FAILED and run not in one.done.early]
        waited += [(one.place.workspace_id, cause) for cause in _waited_for(one, ends)]
    for reason, runs in early.items():
        take_back(driver, of_runs(driver, runs), reason, moment_of(now))
    take_back(driver, of_causes(driver, waited), "the run ended", moment_of(now))


def _waited_for(one: Turned, runs: Sequence[int]) -> Iterator[str]:
    """Causes under which tokens of runs (places) asked for what they wait for."""
    tokens, number = one.done.tokens, one.done.runs.run
    waiting = np.flatnonzero(tokens.state == int(TokenState.OUTCOME))
    for place in waiting[np.isin(tokens.at[waiting], runs)].tolist():
        yield f"run:{number[tokens.at[place]]}:{tokens.step[place]}:{tokens.passed[place]}"


def _write_children(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    """A child enters through the inbox, with a key of its own for each pass of its parent."""
    rows = []
    for one in turned:
        tokens, runs = one.done.tokens, one.done.runs
        for n, child in enumerate(one.done.children):
            token, run = int(tokens.token[child.place]), int(runs.run[tokens.at[child.place]])
            key = f"{run}:{token}:{child.step}:{child.passed}:{n}"  # a token that is gone by now may have no number
            body: dict[str, Any] = {
                "values": {**child.values, PARENT: [child.step, child.passed]} if child.is_awaited else child.values
            }
            if child.start:  # a branch of this version, beginning behind a port of the step
                body |= {"start": one.compiled.steps[child.step].ports[child.start], "version": one.place.version}
            rows.append((one.place, child, token if child.is_awaited else 0, key, body))
    if rows:
        ask(
            driver, _CHILDREN, longs(np.array([r[0].workspace_id for r in rows])),
            longs(np.array([r[0].journey_id for r in rows])), texts([r[1].journey or None for r in rows]),
            longs(np.array([r[1].account for r in rows])), longs(np.array([r[1].contact for r in rows])),
            longs(np.array([r[2] for r in rows])), texts([r[3] for r in rows]), documents([r[4] for r in rows]),
            moment(now),
        )  # fmt: skip


def _write_exposures(driver: Driver, turned: Sequence[Turned], now: int) -> None:
    rows = [(one.place, one.done.runs, e) for one in turned for e in one.done.exposures]
    if rows:
        ask(
            driver, _EXPOSURES, longs(np.array([p.workspace_id for p, _, _ in rows])),
            longs(np.array([p.journey_id for p, _, _ in rows])), texts([e.test for _, _, e in rows]),
            words(np.array([e.bucket_version for _, _, e in rows])), longs(np.array([r.account[e.at] for _, r, e in rows])),
            longs(np.array([r.contact[e.at] for _, r, e in rows])), longs(np.array([r.run[e.at] for _, r, e in rows])),
            texts([e.arm for _, _, e in rows]), documents([dict(e.shares) for _, _, e in rows]), moment(now),
        )  # fmt: skip


def write_counts(driver: Driver, counts: dict[Place, Counter[tuple[int, str]]], now: int) -> None:
    """Add to the day's counts, in one order whoever writes, and to the numbers of runs that there are now."""
    counts = {place: told + Counter() for place, told in counts.items()}
    for told in counts.values():
        told.update({(-1, name): n for name, n in counted_now(told).items()})
    rows = sorted((*place, step, name, n) for place, told in counts.items() for (step, name), n in told.items() if n)
    if rows:
        columns: list[Any] = list(zip(*rows, strict=True))
        packed: list[Packed] = [longs(np.array(columns[0])), longs(np.array(columns[1])), words(np.array(columns[2]))]
        packed += [shorts(np.array(columns[3])), texts(columns[4]), longs(np.array(columns[5]))]
        ask(driver, _COUNTS, *packed, moment(now))
