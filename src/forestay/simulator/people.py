"""The people of an account: users who are invited, join and leave, and sponsors who come and go.

Gives: People, Person, meet().

Shapes: users are numbered in the order of joining; the pool is as wide as the profile allows (three times the
seats), so that draws for user 5 never depend on how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, tanh

import numpy as np
import numpy.typing as npt

from forestay.simulator.latent import Latent
from forestay.simulator.leaving import WEEK
from forestay.simulator.names import FIRST, LAST, PLACES, SPONSOR_TITLES, TITLES
from forestay.simulator.profile import Profile
from forestay.simulator.shocks import Channel, Floats, ShockKind
from forestay.simulator.spec import CompanySpec, Purpose, Streams

Days = npt.NDArray[np.int32]
NEVER = 1_000_000
FROZEN_DAYS = 130
_LEAVE_A_WEEK = 0.0025
TYPICAL_SEATS = 17
"""In smaller teams each user works more with the product, in bigger ones less."""
_CLASSES = ((0.13, 0.45), (0.50, 0.15), (1.0, 0.04))
"""Cumulative share of users, and the rate of active sessions on a normal working day: daily, weekly, now and then."""


@dataclass(frozen=True, slots=True)
class Person:
    """One contact. Days are indices; left_day is NEVER for who stays. A sponsor is no user."""

    key: str
    name: str
    email: str
    title: str
    zone: str
    joined_day: int
    left_day: int
    is_sponsor: bool = False
    is_champion: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Users as columns and as persons, sponsors, and invitations.

    joined, left: int32 (users,) days; rate: float64 (users,) sessions a working day; invited: int32 (n, 2) rows of
    (day, inviting user), in the order of time, those that nobody accepted included.
    """

    users: tuple[Person, ...]
    sponsors: tuple[Person, ...]
    joined: Days
    left: Days
    rate: Floats
    invited: Days

    @property
    def everybody(self) -> tuple[Person, ...]:
        """Users and sponsors."""
        return (*self.users, *self.sponsors)

    def sponsor_on(self, day: int) -> Person | None:
        """The sponsor in office on a day."""
        return next((one for one in self.sponsors if one.joined_day <= day < one.left_day), None)

    def present_on(self, day: int) -> list[int]:
        """Numbers of the users present on a day."""
        return [int(n) for n in np.flatnonzero((self.joined <= day) & (self.left > day))]


def pool_width(profile: Profile) -> int:
    """The most users an account may ever have."""
    return 6 + 3 * profile.seats


def meet(spec: CompanySpec, latent: Latent) -> People:
    """Everybody of one account, from the first day of history to the last that was lived."""
    profile, streams = latent.profile, Streams(spec.seed, latent.profile.account)
    joined, left, invited = _come_and_go(spec, latent, streams.of(Purpose.JOINING))
    width = pool_width(profile)
    traits = streams.of(Purpose.PEOPLE).random((width + 60, 6))
    rate = _rates(profile, traits[: len(joined)])
    users = tuple(_user(profile, n, int(joined[n]), int(left[n]), traits[n]) for n in range(len(joined)))
    return People(users, _sponsors(latent, traits[width:]), joined, left, rate, invited)


def _rates(profile: Profile, traits: Floats) -> Floats:
    edges, rates = np.array([edge for edge, _ in _CLASSES]), np.array([rate for _, rate in _CLASSES])
    found = rates[np.minimum(np.searchsorted(edges, traits[:, 0], side="right"), len(rates) - 1)] * (
        0.7 + 0.6 * traits[:, 1]
    )
    found = found * (profile.seats / TYPICAL_SEATS) ** -0.55
    if profile.story is not None and profile.story.is_frozen:
        found = np.maximum(found, 0.9)
    return np.asarray(found)


def _come_and_go(spec: CompanySpec, latent: Latent, rng: np.random.Generator) -> tuple[Days, Days, Days]:
    """Walk the weeks: the wanted number of users follows seats, engagement and headcount; people join and leave towards it."""
    profile = latent.profile
    width, first = pool_width(profile), profile.first_day
    headcount, engagement = latent.of(Channel.HEADCOUNT), latent.of(Channel.ENGAGEMENT)
    base = max(2.0, profile.seats * profile.seat_share)
    at_start = max(2, round(base * (1.0 if profile.since_day <= 0 else 0.35)))
    joined: list[int] = [min(profile.since_day, 0) - 1 if profile.since_day <= 0 else first] * min(at_start, width)
    left, invited = [NEVER] * len(joined), []
    frozen_from = spec.days - FROZEN_DAYS if profile.story and profile.story.is_frozen else NEVER
    for week in range(-(-latent.days // WEEK)):
        day = week * WEEK
        u_join, u_leave, u_who = rng.random(), rng.random(), rng.random((8, 2))
        if day < first or day >= latent.end_day or day >= frozen_from:
            continue
        present = [n for n, gone in enumerate(left) if gone > day]
        middle = min(day + 3, latent.days - 1)
        wanted = base * exp(headcount[middle] + 0.12 * tanh(engagement[middle]))
        coming = _poisson(u_join, 0.003 * len(present) + 0.45 * max(0.0, wanted - len(present)))
        leaving = _poisson(u_leave, _LEAVE_A_WEEK * len(present) + 0.25 * max(0.0, len(present) - 1.1 * wanted))
        for n in range(min(coming, width - len(joined))):
            at = day + int(u_who[n % 8, 0] * WEEK)
            invited.append((max(first, at - 1), present[int(u_who[n % 8, 1] * len(present))] if present else 0))
            joined.append(at)
            left.append(NEVER)
        if coming and u_who[0, 1] < 0.5:
            invited.append((day + 2, present[0] if present else 0))
        for n in range(min(leaving, max(0, len(present) - 2))):
            left[present[int(u_who[(n + 3) % 8, 0] * len(present))]] = day + 1 + int(u_who[(n + 3) % 8, 1] * 5)
    return np.array(joined, np.int32), np.array(left, np.int32), np.array(sorted(invited), np.int32).reshape(-1, 2)


def _poisson(u: float, mean: float) -> int:
    """A Poisson number by inversion, so that one uniform is spent whatever the mean (means stay below about 60)."""
    count, chance = 0, exp(-mean)
    total = chance
    while u > total and count < 200:
        count += 1
        chance *= mean / count
        total += chance
    return count


def _user(profile: Profile, n: int, joined: int, left: int, traits: Floats) -> Person:
    name = f"{FIRST[int(traits[2] * len(FIRST))]} {LAST[int(traits[3] * len(LAST))]}"
    place = profile.place if traits[5] < 0.86 else PLACES[int((traits[5] - 0.86) / 0.14 * len(PLACES))]
    return Person(
        key=f"u-{profile.account + 1:05d}-{n + 1:03d}",
        name=name,
        email=f"{name.lower().replace(' ', '.')}.{n + 1}@{profile.domain}",
        title=TITLES[int(traits[4] * len(TITLES))],
        zone=place.zone,
        joined_day=joined,
        left_day=left,
        is_champion=n == 0,
    )


def _sponsors(latent: Latent, traits: Floats) -> tuple[Person, ...]:
    """One sponsor at a time; a 'sponsor left' shock ends an office, and mostly a new one begins weeks later."""
    profile, found, begin = latent.profile, [], min(latent.profile.since_day, 0)
    if profile.since_day > 0:
        begin = profile.since_day
    exits = [shock.day for shock in latent.shocks if shock.kind is ShockKind.SPONSOR_LEFT]
    for n, left in enumerate((*exits, NEVER)):
        if left <= begin:
            continue
        found.append(_sponsor(profile, n, begin, left, traits[n]))
        begin = left + 20 + int(traits[n, 0] * 60) + (200 if traits[n, 1] < 0.2 else 0)
    return tuple(found)


def _sponsor(profile: Profile, n: int, begin: int, left: int, traits: Floats) -> Person:
    name = f"{FIRST[int(traits[2] * len(FIRST))]} {LAST[int(traits[3] * len(LAST))]}"
    return Person(
        key=f"s-{profile.account + 1:05d}-{n + 1:02d}",
        name=name,
        email=f"{name.lower().replace(' ', '.')}@{profile.domain}",
        title=SPONSOR_TITLES[int(traits[4] * len(SPONSOR_TITLES))],
        zone=profile.place.zone,
        joined_day=begin,
        left_day=left,
        is_sponsor=True,
    )
