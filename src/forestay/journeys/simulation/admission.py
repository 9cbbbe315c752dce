"""The door: arrivals and runs that other runs start become runs, or are turned away by the re-entry rule or held out.

Reads : Arrivals, the journey's re-entry rule and holdout share, today's contacts
Gives : Admission, Started
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forestay.conditions.columns import Flags
from forestay.journeys.compiled import Compiled
from forestay.journeys.experiments.assignment import HOLDOUT, is_held_out
from forestay.journeys.moves import NEVER, Ints, Values
from forestay.journeys.run_columns import of_run
from forestay.journeys.simulation.arrivals import Arrivals, Watching
from forestay.journeys.simulation.crowd import Crowd, Parent
from forestay.journeys.simulation.tally import Tally
from forestay.journeys.words import ReEntry, RunStatus, SubjectKind

_NO_RUN = -1


@dataclass(frozen=True, slots=True)
class Started:
    """A run that another one asks for. contact: 0 for the account; parent: who waits for it; step: where a branch of the
    same document begins, 0 for a journey's first step."""

    account: int
    contact: int
    values: Values
    parent: Parent | None
    step: int = 0


class Admission:
    """Lets arrivals in, in the order of their moments."""

    def __init__(
        self, compiled: Compiled, arrivals: Arrivals, watching: Watching, crowd: Crowd, tally: Tally
    ) -> None:  # fmt: skip
        self._compiled, self._arrivals, self._crowd, self._tally = compiled, arrivals, crowd, tally
        self._rule = compiled.journey.re_entry
        self._account = watching.past.account_ids[arrivals.row]
        pairs = np.stack((self._account, arrivals.contact), axis=1)
        self._subject = self._keyed(np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64))
        self._latest = np.full(int(self._subject.max(initial=-1)) + 1, _NO_RUN)
        self._is_held = is_held_out(self._account, compiled.journey.holdout_share, compiled.key)
        self._next, self._contacts = 0, watching.people.contacts
        self._numbers: dict[tuple[int, int], int] | None = None

    def _keyed(self, subject: Ints) -> Ints:
        """A number for each subject, and by_key for each subject and key; -1 where the key is missing."""
        if self._rule.rule is not ReEntry.BY_KEY:
            return subject
        numbers: dict[tuple[int, str], int] = {}
        found = np.full(len(subject), -1)
        for place, (who, values) in enumerate(zip(subject.tolist(), self._arrivals.values, strict=True)):
            key = of_run(values, str(self._rule.key))
            if key is not None:
                found[place] = numbers.setdefault((who, str(key)), len(numbers))
        return found

    def moments(self, until: int) -> Ints:
        """When the next one comes, if by then; microseconds (0 or 1,)."""
        here = self._arrivals.at[self._next : self._next + 1]
        return here[here <= until]

    def let_in(self, now: int) -> Ints:
        """Everybody who has come by now; gives the tokens of those who were let in."""
        last = int(np.searchsorted(self._arrivals.at, now, side="right"))
        places = np.arange(self._next, last)
        self._next = last
        if not len(places):
            return places
        places = places[self._is_admitted(places, now)]
        if not len(places):
            return places
        tokens = self._enter(places, now)
        held = self._is_held[places]
        self._crowd.end(self._crowd.tokens["at"][tokens[held]], RunStatus.COMPLETED, HOLDOUT, now)
        begun: Ints = tokens[~held]
        return begun

    def _is_admitted(self, places: Ints, now: int) -> Flags:
        subject = self._subject[places]
        first = np.zeros(len(places), bool)
        first[np.unique(subject, return_index=True)[1]] = True
        self._refuse("again", int((~first).sum()))
        has_key = subject >= 0
        self._refuse("no_key", int((first & ~has_key).sum()))
        latest = np.where(has_key, self._latest[subject], _NO_RUN)
        was_here = latest != _NO_RUN
        if self._rule.rule is not ReEntry.AFTER_EXIT:
            self._refuse("again", int((first & was_here).sum()))
            fresh: Flags = first & has_key & ~was_here
            return fresh
        ended = np.where(was_here, self._crowd.runs["ended_at"][np.maximum(latest, 0)] if self._crowd.runs.n else 0, 0)
        is_live = was_here & (ended == NEVER)
        pause = self._rule.after.microseconds if self._rule.after else 0
        is_early = was_here & ~is_live & (ended > now - pause)
        self._refuse("live", int((first & is_live).sum()))
        self._refuse("too_early", int((first & is_early).sum()))
        admitted: Flags = first & ~is_live & ~is_early
        return admitted

    def _refuse(self, reason: str, count: int) -> None:
        if count:
            self._tally.refused[reason] += count

    def _enter(self, places: Ints, now: int) -> Ints:
        values = [self._arrivals.values[place] for place in places.tolist()]
        first_run = self._crowd.runs.n
        tokens = self._crowd.enter(
            self._account[places], self._arrivals.contact[places], values, self._compiled.start, now
        )  # fmt: skip
        self._latest[self._subject[places]] = np.arange(first_run, first_run + len(places))
        ways, counts = np.unique(self._arrivals.way[places], return_counts=True)
        self._tally.entered.update(dict(zip(ways.tolist(), counts.tolist(), strict=True)))
        return tokens

    def start(self, asked: Sequence[Started], now: int) -> Ints:
        """Begin those of the runs that may begin; who waits for one that may not is told. Gives their tokens, which are
        due now."""
        admitted: list[Started] = []
        for one in self._for_subjects(asked, now):
            refused = self._refused(one, self._crowd.runs.n + len(admitted), now)
            if refused:
                self._turn_away(one, refused, now)
            else:
                admitted.append(one)
        return self._begin(admitted, now) if admitted else np.empty(0, np.int64)

    def _for_subjects(self, asked: Sequence[Started], now: int) -> Iterator[Started]:
        """A journey of accounts takes the account; one of contacts that an account is put into, all its contacts."""
        of_contacts = self._compiled.journey.subject is SubjectKind.CONTACT
        for one in asked:
            if one.step or (of_contacts and one.contact):
                yield one
            elif not of_contacts:
                yield replace(one, contact=0)
            else:
                people = self._contacts.contact[self._contacts.of(one.account)].tolist()
                yield from (replace(one, contact=contact) for contact in people)
                if not people:
                    self._turn_away(one, "no_contact", now)

    def _refused(self, one: Started, run: int, now: int) -> str:
        """Why it may not begin, '' where it may and will be this run; runs that are kept apart by keys each have their
        own."""
        if one.step or self._rule.rule is ReEntry.BY_KEY:
            return ""
        subject = self._number(one.account, one.contact)
        latest = int(self._latest[subject])
        if latest != _NO_RUN:
            ended = int(self._crowd.runs["ended_at"][latest]) if latest < self._crowd.runs.n else NEVER
            if self._rule.rule is ReEntry.NEVER:
                return "again"
            if ended == NEVER:
                return "live"
            if ended > now - (self._rule.after.microseconds if self._rule.after else 0):
                return "too_early"
        self._latest[subject] = run
        return ""

    def _number(self, account: int, contact: int) -> int:
        """Place of a subject in `_latest`, which grows."""
        if self._numbers is None:
            pairs = zip(self._account.tolist(), self._arrivals.contact.tolist(), strict=True)
            self._numbers = dict(zip(pairs, self._subject.tolist(), strict=True))
        number = self._numbers.setdefault((account, contact), len(self._numbers))
        if number >= len(self._latest):
            self._latest = np.concatenate((self._latest, np.full(number + 1, _NO_RUN)))
        return number

    def _turn_away(self, one: Started, why: str, now: int) -> None:
        self._refuse(why, 1)
        if one.parent is not None:
            one.parent.tell("refused", now)

    def _begin(self, admitted: list[Started], now: int) -> Ints:
        account, contact, step = (
            np.array([getattr(one, name) for one in admitted]) for name in ("account", "contact", "step")
        )
        values = [one.values for one in admitted]
        first = np.where(step > 0, step, self._compiled.start)
        tokens = self._crowd.enter(account, contact, values, first, now, is_started=True)
        self._crowd.tokens["due"][tokens] = now
        runs = self._crowd.tokens["at"][tokens]
        waited = ((run, one.parent) for run, one in zip(runs.tolist(), admitted, strict=True))
        self._crowd.parents.update({run: parent for run, parent in waited if parent is not None})
        self._tally.started += len(admitted)
        held = (step == 0) & is_held_out(account, self._compiled.journey.holdout_share, self._compiled.key)
        self._crowd.end(runs[held], RunStatus.COMPLETED, HOLDOUT, now)
        begun: Ints = tokens[~held]
        return begun
