"""Product events of an account: who worked on which day, and what they did, minute by minute.

Gives: Usage, use(), adoption(), deployed_on(), escalations(), together().

Each user is active on a day with the chance 1 - exp(-rate x weekday x exp(0.9 engagement) x the day's frailty);
an active day is a session: a sign-in (four of five), then a number of events with more than Poisson spread, a few
minutes apart. Which event follows the features adopted by then, sticky and premium shocks, and premium access.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.kit.clock import DAY_MICROS
from forestay.simulator.catalogue import (
    ACCEPTED,
    ESCALATED,
    EVENT_NAMES,
    EVENT_NUMBER,
    FEATURES,
    GENERAL,
    INVITED,
    PROPERTIES,
    SIGNED_IN,
    ProductFeature,
)  # fmt: skip
from forestay.simulator.latent import Latent
from forestay.simulator.people import NEVER, People, pool_width
from forestay.simulator.places import midnights, working_factor
from forestay.simulator.rows import TicketRow
from forestay.simulator.shocks import Channel, Floats, ShockKind
from forestay.simulator.spec import CompanySpec, Purpose, Streams

Moments = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
MINUTE = 60_000_000
EVENTS_A_SESSION = 1.15
"""Mean events of a session beside the sign-in, for engagement 0."""
NEW_DAYS = 100
"""What `ignores_new` stories call a new feature: deployed within so many days of the end of history."""
_WITHOUT_ACCESS = 0.06
STRAY = 0.03
"""Use of a feature that never became a habit, relative to one that did."""
_START_MINUTES = np.interp(np.linspace(0, 1, 101), [0, 0.05, 0.5, 0.6, 0.95, 1], [420, 495, 640, 800, 1010, 1230])
"""Quantiles of the minute of the local day at which a session begins."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Events of one account in order of time within each part (sessions, then invitations).

    at: int64 microseconds UTC; user: int32 number in People.users; name: int16 index into EVENT_NAMES;
    properties: int16 index into PROPERTIES; serial: int32, names the message, the same however long the history.
    """

    at: Moments
    user: Ints
    name: npt.NDArray[np.int16]
    properties: npt.NDArray[np.int16]
    serial: Ints

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Usage:
        """Only the events of the mask, or the rows named."""
        return Usage(self.at[mask], self.user[mask], self.name[mask], self.properties[mask], self.serial[mask])


def deployed_on(spec: CompanySpec, feature: ProductFeature) -> int:
    """The day index of a feature's deployment; long before history for the old ones."""
    return -NEVER if feature.deployed_days_ago is None else spec.days - 1 - feature.deployed_days_ago


def adoption(spec: CompanySpec, latent: Latent) -> Ints:
    """The first day on which each feature is used as a habit; int32 (features,), NEVER if never."""
    profile, story = latent.profile, latent.profile.story
    draws = Streams(spec.seed, profile.account).of(Purpose.ADOPTION).random((len(FEATURES), 2))
    found = np.full(len(FEATURES), NEVER, np.int32)
    for n, feature in enumerate(FEATURES):
        ago = feature.deployed_days_ago
        deployed = deployed_on(spec, feature)
        odds = feature.adoption + 0.7 * profile.fit + (0.5 if profile.plan.premium else 0.0)
        if draws[n, 0] < 1.0 / (1.0 + np.exp(-odds)):
            pace = 60.0 * float(np.exp(-0.5 * profile.fit))
            wait = int(-pace * np.log1p(-float(draws[n, 1])))
            found[n] = max(deployed, profile.since_day) + wait
        if story and story.ignores_new and ago is not None and ago <= NEW_DAYS:
            found[n] = NEVER
        if feature.key == "workflows":
            projects = [one.day for one in latent.shocks if one.kind is ShockKind.PROCESS_PROJECT]
            own = NEVER if story and story.late_workflow else int(found[n])
            found[n] = min([own, *projects])
    return found


def use(spec: CompanySpec, latent: Latent, people: People, adopted: Ints, premium_day: int) -> Usage:
    """All product events of one account over the simulated days. adopted: see adoption()."""
    streams = Streams(spec.seed, latent.profile.account)
    day, user = _active(spec, latent, people, streams)
    engagement = latent.of(Channel.ENGAGEMENT)
    spread = streams.of(Purpose.COUNTS).standard_gamma(1.6, len(day)) / 1.6
    mean = EVENTS_A_SESSION * spec.volume * np.exp(0.25 * np.clip(engagement[day], -3, 3)) * spread
    several = streams.of(Purpose.FRAILTY).poisson(mean)
    begin = streams.of(Purpose.SESSIONS).random((len(day), 2))
    signed = (begin[:, 1] < 0.8) | (several == 0)
    sizes = several + signed
    cell = np.repeat(np.arange(len(day)), sizes)
    heads = np.cumsum(sizes) - sizes
    place = np.arange(len(cell)) - heads[cell]
    each = streams.of(Purpose.EVENTS).random((len(cell), 3))
    minute = _minutes(np.interp(begin[:, 0] * 100, np.arange(101), _START_MINUTES), each[:, 1], place, heads, cell)
    at = _midnights(spec, people, day, user, latent.days)[cell] + (minute * MINUTE).astype(np.int64)
    names = _names(spec, latent, adopted, premium_day, day[cell], each[:, 0])
    names[(place == 0) & signed[cell]] = EVENT_NUMBER[SIGNED_IN]
    kinds = (each[:, 2] * len(PROPERTIES)).astype(np.int16)
    sessions = Usage(at, user[cell], names, kinds, np.arange(len(cell), dtype=np.int32))
    return together(sessions, _invitations(spec, latent, people))


def _active(spec: CompanySpec, latent: Latent, people: People, streams: Streams) -> tuple[Ints, Ints]:
    """Which user is active on which day: two int32 columns, by day and then by user."""
    days, width = latent.days, len(people.joined)
    draws = streams.of(Purpose.ACTIVITY).random((days, pool_width(latent.profile)), dtype=np.float32)[:, :width]
    frailty = streams.of(Purpose.DAYS).standard_gamma(9.0, days) / 9.0
    level = np.exp(0.9 * np.clip(latent.of(Channel.ENGAGEMENT), -4, 1.8)) * frailty
    level *= working_factor(latent.profile.place, spec.start_day, days)
    number = np.arange(days, dtype=np.int32)[:, None]
    here = (number >= people.joined) & (number < people.left)
    here[: latent.profile.first_day] = False
    here[latent.end_day :] = False
    fresh = 1.0 + 1.5 * np.exp(-np.maximum(number - people.joined, 0) / 10.0) * (people.joined >= 0)
    chance = 1.0 - np.exp(-people.rate * level[:, None] * fresh)
    day, user = np.nonzero((draws < chance) & here)
    return day.astype(np.int32), user.astype(np.int32)


def _minutes(
    start: Floats, gap: Floats, place: npt.NDArray[np.int64], heads: npt.NDArray[np.int64], cell: npt.NDArray[np.int64]
) -> Floats:
    """Minute of the local day of every event: the session's start plus exponential gaps of six minutes on average."""
    elapsed = np.cumsum(-np.log1p(-gap) * 6.0 * (place > 0))
    return np.asarray(np.minimum(start[cell] + elapsed - elapsed[heads[cell]], 1438.0))


def _midnights(spec: CompanySpec, people: People, day: Ints, user: Ints, days: int) -> Moments:
    zones = sorted({person.zone for person in people.users})
    table = np.stack([midnights(zone, spec.start_day, days) for zone in zones])
    row = np.array([zones.index(person.zone) for person in people.users], np.int32)
    return np.asarray(table[row[user], day])


def _names(
    spec: CompanySpec, latent: Latent, adopted: Ints, premium_day: int, day: Ints, draws: Floats
) -> npt.NDArray[np.int16]:
    """Which event each is: inverse of the cumulative weights of its day; int16 indices into EVENT_NAMES."""
    weights = np.zeros((latent.days, len(EVENT_NAMES)))
    for name, weight in GENERAL:
        weights[:, EVENT_NUMBER[name]] = weight
    number = np.arange(latent.days)
    sticky, premium = np.exp(latent.of(Channel.STICKY)), latent.of(Channel.PREMIUM)
    for n, feature in enumerate(FEATURES):
        used = feature.weight * (number >= adopted[n])
        if adopted[n] == NEVER and _may_stray(feature, latent):
            used = STRAY * feature.weight * (number >= deployed_on(spec, feature))
        elif feature.key == "workflows":
            used = used * (1.0 + 3.0 * np.exp(-np.abs(number - adopted[n]) / 20.0))
        if feature.is_sticky:
            used = used * sticky
        if feature.is_premium:
            is_out = number >= deployed_on(spec, feature)
            tried = np.maximum(used, feature.weight * (premium > 0.5) * is_out)
            used = tried * np.where(number >= premium_day, 1.0, _WITHOUT_ACCESS) * np.exp(premium)
        for name, share in feature.events:
            weights[:, EVENT_NUMBER[name]] = used * share
    cumulative = np.cumsum(weights, axis=1)
    cumulative /= cumulative[:, -1:]
    return np.asarray((draws[:, None] > cumulative[day]).sum(axis=1), np.int16)


def _may_stray(feature: ProductFeature, latent: Latent) -> bool:
    """Whether people come upon a feature by accident: not upon premium ones or workflows, and not in a story that avoids it."""
    story = latent.profile.story
    new = feature.deployed_days_ago is not None and feature.deployed_days_ago <= NEW_DAYS
    return (
        not feature.is_premium and feature.key != "workflows" and not (new and story is not None and story.ignores_new)
    )


def escalations(spec: CompanySpec, people: People, tickets: tuple[TicketRow, ...]) -> Usage:
    """'Support Escalated' at the moment of each escalation, by the contact who asked."""
    number = {person.key: n for n, person in enumerate(people.users)}
    felt = [
        (t.escalated_at, number[t.contact_id], t.opened_at // DAY_MICROS)
        for t in tickets
        if t.escalated_at and t.contact_id in number
    ]
    rows = np.array(felt, np.int64).reshape(-1, 3)
    name = np.full(len(rows), EVENT_NUMBER[ESCALATED], np.int16)
    serial = (-1_000_000 - rows[:, 2]).astype(np.int32)
    return Usage(rows[:, 0], rows[:, 1].astype(np.int32), name, np.zeros(len(rows), np.int16), serial)


def _invitations(spec: CompanySpec, latent: Latent, people: People) -> Usage:
    """'User Invited' by those who invite, 'Invitation Accepted' by those who join during the simulated days."""
    new = np.flatnonzero(
        (people.joined >= 0) & (people.joined < latent.end_day) & (people.joined != latent.profile.since_day)
    )
    sent = people.invited[people.invited[:, 0] < latent.end_day]
    day = np.concatenate((sent[:, 0], people.joined[new])).astype(np.int32)
    user = np.concatenate((sent[:, 1], new)).astype(np.int32)
    serial = np.concatenate((np.arange(len(sent)) * 2 + 1, new * 2 + 2)).astype(np.int32)
    name = np.repeat([EVENT_NUMBER[INVITED], EVENT_NUMBER[ACCEPTED]], [len(sent), len(new)]).astype(np.int16)
    minute = 540 + (serial.astype(np.int64) * 7919) % 420
    at = _midnights(spec, people, day, user, latent.days) + minute * MINUTE
    return Usage(at, user, name, np.zeros(len(at), np.int16), -serial)


def together(first: Usage, second: Usage) -> Usage:
    """Two parts as one, in the order of time."""
    at = np.concatenate((first.at, second.at))
    order = np.argsort(at, kind="stable")
    return Usage(
        at[order],
        np.concatenate((first.user, second.user))[order],
        np.concatenate((first.name, second.name))[order],
        np.concatenate((first.properties, second.properties))[order],
        np.concatenate((first.serial, second.serial))[order],
    )
