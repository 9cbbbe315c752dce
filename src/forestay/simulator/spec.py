"""What made-up company to make: its seed, size, length and how untidy its data are.

Gives: CompanySpec, Leaving, MEASURED, Untidiness, Streams, Purpose, LIVE_DAYS.

Every account draws from its own streams, spawned from (seed, account number, purpose), so account 17
is the same in a company of 20 and in one of 100,000, and a longer history is only longer at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache

import numpy as np

from forestay.kit.clock import day_of, micros_of, now
from forestay.kit.errors import Invalid

LIVE_DAYS = 42
"""Days that are lived beyond `until`, so that live play has a story to tell."""
DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Untidiness:
    """How dirty the data are; shares 0-1 of events or rows. All of it is recorded in the truth."""

    late: float = 0.02
    """Events that arrive hours to three days after they happened, and so out of order."""
    duplicate: float = 0.008
    """Events sent a second time with the same messageId."""
    without_account: float = 0.03
    """Events that do not name their account."""
    anonymous: float = 0.02
    """Sessions that begin before identify (Segment part only); every new user's first session does as well."""
    missing_field: float = 0.03
    """Optional fields left empty in the import files."""
    shared_contact: float = 0.04
    """Accounts with a contact who also works for the account before."""
    unsynced_contact: float = 0.03
    """Users who are known from telemetry only, not from the contacts file."""
    subsidiary: float = 0.08
    """Accounts with a parent account."""
    outage_days: float = 2.5
    """Length of one outage of the telemetry feed, whose events are lost; 0 for none."""
    merges: bool = True
    """One account in a hundred (number 8, 108, ...) was merged into the last but one before it."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """How customers come to leave. Chances are those of one week."""

    random_hazard: float = 0.0005
    """Chance to leave for a reason that leaves no trace beforehand (bought up, closed down)."""
    state_hazard: float = 0.00085
    """Chance that the hidden state brings, at a mood of 0."""
    state_slope: float = 2.3
    """The chance grows by e^slope for each unit that the mood falls."""
    quiet: float = 0.2
    """Share of those whom their state drives away who go on using the product as before until they leave."""


MEASURED = Leaving(random_hazard=0.00084, state_hazard=0.0005, state_slope=2.7, quiet=0.2)
"""Harder to foresee than the demo, for measuring predictions with (docs/simulator.md, 'For measuring'): chosen by the
oracle alone, before any model was measured on it, and not to be changed because of one."""


@dataclass(frozen=True, slots=True)
class CompanySpec:
    """One made-up company. Same spec, same company, to the byte (for one version of numpy)."""

    seed: int = 7
    accounts: int = 300
    months: int = 12
    until: datetime = field(default_factory=now)
    """End of the history, aware; live play goes on from here."""
    volume: float = 1.0
    """Multiplies product events; 1.0 is about 900 events an account and year."""
    segment_days: int = 14
    """The last days of telemetry are written as Segment calls, everything before as Parquet."""
    stories: bool = True
    """Whether some accounts live through what the ten shipped triggers look for (simulator.stories)."""
    untidiness: Untidiness = field(default_factory=Untidiness)
    leaving: Leaving = field(default_factory=Leaving)
    holdout: float = 0.0
    """Share of accounts, by lot, for which the CSMs do nothing: what would have become of customers anyway."""
    name: str = "Ridgeline Planning"
    zone: str = "UTC"
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not 1 <= self.accounts <= 1_000_000:
            raise Invalid("give between 1 and 1,000,000 accounts", place="accounts")
        if not 1 <= self.months <= 120:
            raise Invalid("give between 1 and 120 months", place="months")
        if not 0.0 <= self.holdout <= 1.0:
            raise Invalid("give a holdout between 0 and 1, such as 0.2 for a fifth of the accounts", place="holdout")
        if self.until.tzinfo is None:
            raise Invalid("give the end of history with a time zone, such as 2026-11-22T00:00:00Z", place="until")
        if self.seed < 0 or self.volume <= 0 or self.segment_days < 0:
            raise Invalid("seed and segment_days must not be negative, volume must be above 0", place="spec")

    @property
    def until_micros(self) -> int:
        """The end of history in microseconds since the epoch."""
        return micros_of(self.until.astimezone(UTC))

    @property
    def until_day(self) -> int:
        """The calendar day (UTC) in which history ends."""
        return _day_of(self.until)

    @property
    def start_day(self) -> int:
        """The first calendar day of history."""
        return self.until_day - round(self.months * DAYS_A_MONTH)

    @property
    def days(self) -> int:
        """Days of history, the last one (usually partial) included."""
        return self.until_day - self.start_day + 1


@lru_cache(maxsize=64)
def _day_of(moment: datetime) -> int:
    """kit.clock.day_of, which is asked a million times for the same moment here."""
    return day_of(moment)


class Purpose(IntEnum):
    """What a stream of random numbers is for; adding one leaves the others as they are."""

    PROFILE = 0
    LATENT = 1
    SHOCKS = 2
    DECISIONS = 3
    PEOPLE = 4
    JOINING = 5
    ACTIVITY = 6
    COUNTS = 7
    EVENTS = 8
    COMMERCE = 9
    INVOICES = 10
    TICKETS = 11
    INTERACTIONS = 12
    SURVEYS = 13
    UNTIDY = 14
    BLANKS = 15
    FRAILTY = 16
    RELEASES = 17
    OUTAGE = 18
    LIVE = 19
    SESSIONS = 20
    DAYS = 21
    ADOPTION = 22
    HOLDOUT = 23


@dataclass(frozen=True, slots=True)
class Streams:
    """The random streams of one account, or of the company (account -1)."""

    seed: int
    account: int

    def of(self, purpose: Purpose) -> np.random.Generator:
        """A fresh generator, always at its beginning."""
        key = (self.account + 1, int(purpose))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))
