"""What accounts and the company say to each other: tickets, e-mails, meetings and surveys.

Gives: Conversation, Said, talk().

Tickets come more often from big and from unhappy accounts and after broken integrations and bad releases; their
tone, priority, escalation and CSAT follow satisfaction and the time to the first answer. CSMs write and meet on a
rhythm set by the size of the account; customers answer, and write by themselves, the more they are engaged. Surveys
go out every quarter and once after a customer's first two months.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p

import numpy as np
import numpy.typing as npt

from forestay.simulator.latent import Latent
from forestay.simulator.leaving import WEEK
from forestay.simulator.people import People, Person
from forestay.simulator.places import midnights, working_factor
from forestay.simulator.profile import Profile, Size
from forestay.simulator.rows import InteractionRow, SurveyRow, TicketRow
from forestay.simulator.shocks import Channel, Floats, Shock, ShockKind
from forestay.simulator.spec import CompanySpec, Purpose, Streams
from forestay.simulator.stories import NEGLECT_DAYS
from forestay.simulator.texts import MEETINGS, Text, comment, email_text, intervention_text, ticket_text

HOUR = 3_600_000_000
_RHYTHM = {Size.SMB: (0.12, 0.02), Size.MID: (0.22, 0.07), Size.ENTERPRISE: (0.35, 0.22)}
"""Chance a week of an e-mail by the CSM, and of a meeting."""
_INTEGRATION = (ShockKind.INTEGRATION_BROKEN, ShockKind.SYNC_STALLED)


@dataclass(frozen=True, slots=True)
class Said:
    """Truth about one text: its key in the import files and its sentiment, -1 to 1."""

    key: str
    sentiment: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything said over the simulated days, futures of tickets included."""

    tickets: tuple[TicketRow, ...]
    interactions: tuple[InteractionRow, ...]
    surveys: tuple[SurveyRow, ...]
    said: tuple[Said, ...]


@dataclass(slots=True)
class _Talk:
    """One account's talk while it is being simulated."""

    spec: CompanySpec
    latent: Latent
    people: People
    mood: Floats
    """Satisfaction by the day."""
    starts: npt.NDArray[np.int64]
    """Local midnights, a week beyond the simulated days."""
    said: list[Said]

    @property
    def profile(self) -> Profile:
        """The account's traits."""
        return self.latent.profile

    def moment(self, day: int, draw: float) -> int:
        """A moment in the local working hours of a day, moved to Monday from a weekend; microseconds UTC."""
        weekday = (self.spec.start_day + day + 3) % WEEK
        day = day + (7 - weekday if weekday >= 5 else 0)
        return int(self.starts[day]) + int((8.5 + 9.0 * draw) * HOUR)

    def person(self, day: int, draw: float) -> Person | None:
        """One of the users present that day."""
        present = self.people.present_on(day)
        return self.people.users[present[int(draw * len(present))]] if present else None

    def remember(self, key: str, text: Text) -> None:
        """Keep the truth of a text."""
        self.said.append(Said(key, text.sentiment))


def talk(spec: CompanySpec, latent: Latent, people: People) -> Conversation:
    """All tickets, interactions and surveys of one account over the simulated days."""
    streams = Streams(spec.seed, latent.profile.account)
    starts = midnights(latent.profile.place.zone, spec.start_day, latent.days + WEEK)
    desk = _Talk(spec, latent, people, latent.of(Channel.SATISFACTION), starts, [])
    return Conversation(
        tickets=_tickets(desk, streams.of(Purpose.TICKETS)),
        interactions=_interactions(desk, streams.of(Purpose.INTERACTIONS)),
        surveys=_surveys(desk, streams.of(Purpose.SURVEYS)),
        said=tuple(desk.said),
    )


def _tickets(desk: _Talk, rng: np.random.Generator) -> tuple[TicketRow, ...]:
    latent, profile = desk.latent, desk.profile
    factor = working_factor(profile.place, desk.spec.start_day, latent.days)
    rate = (
        0.0085
        * profile.seats**0.55
        * factor
        * np.exp(latent.of(Channel.SUPPORT) - 0.45 * np.clip(desk.mood, -2.5, 2.5))
    )
    draws = rng.random((latent.days, 12))
    days = np.flatnonzero(draws[:, 0] < 1.0 - np.exp(-rate))
    days = days[(days >= profile.first_day) & (days < latent.end_day)]
    return tuple(_ticket(desk, int(day), draws[day].tolist()) for day in days)


def _ticket(desk: _Talk, day: int, u: Sequence[float]) -> TicketRow:
    """One ticket; u: twelve uniforms, the first of which was spent on whether it comes."""
    mood, troubled = float(desk.mood[day]), _troubled(desk.latent.shocks, day)
    anger = -0.8 * mood + 1.6 * u[1] - 0.6 + (0.7 if troubled else 0.0)
    tone = "angry" if anger > 1.25 else "annoyed" if anger > 0.3 else "calm"
    text = ticket_text(tone, u[2], u[3], integration=troubled and bool(u[4] < 0.7))
    heat = {"calm": 0.0, "annoyed": 0.35, "angry": 0.7}[tone] + 0.5 * u[5]
    priority = "urgent" if heat > 1.0 else "high" if heat > 0.7 else "normal" if heat > 0.12 else "low"
    opened = desk.moment(day, u[6])
    wait = {"urgent": 1.0, "high": 3.0, "normal": 8.0, "low": 16.0}[priority] * float(
        np.exp(0.9 * (u[7] + u[8] - 1.0) * 2)
    )
    answered = opened + int(wait * HOUR)
    closed = answered + int((4.0 + 30.0 * exp(2.6 * u[9]) * (1.8 if troubled else 1.0)) * HOUR)
    odds = {"calm": 0.0, "annoyed": 0.04, "angry": 0.22}[tone] + (0.25 if troubled and tone != "calm" else 0.0)
    escalated = answered + int((1.0 + 8.0 * u[10]) * HOUR) if u[10] < odds else None
    person = desk.person(day, u[8])
    row = TicketRow(
        ticket_id=f"tic-{desk.profile.account + 1:05d}-{desk.spec.start_day + day}",
        account_id=desk.profile.key,
        contact_id=person.key if person else None,
        subject=text.subject,
        body=text.body,
        priority=priority,
        opened_at=opened,
        first_response_at=answered,
        closed_at=max(closed, (escalated or 0) + 2 * HOUR),
        escalated_at=escalated,
        csat=_csat(mood, wait, escalated is not None, u),
    )
    desk.remember(row.ticket_id, text)
    return row


def _troubled(shocks: tuple[Shock, ...], day: int) -> bool:
    return any(0 <= day - shock.day <= 21 and shock.kind in (*_INTEGRATION, ShockKind.BAD_RELEASE) for shock in shocks)


def _csat(mood: float, wait_hours: float, escalated: bool, u: Sequence[float]) -> int | None:
    if u[11] > 0.45:
        return None
    score = 4.1 + 0.7 * mood - 0.35 * log1p(wait_hours / 8) - 0.9 * escalated + 2.2 * (u[11] / 0.45 - 0.5)
    return max(1, min(5, round(score)))


def _interactions(desk: _Talk, rng: np.random.Generator) -> tuple[InteractionRow, ...]:
    latent, profile = desk.latent, desk.profile
    draws, found = rng.random((-(-latent.days // WEEK), 12)), list[InteractionRow]()
    emails, meetings = _RHYTHM[profile.size]
    neglected = profile.story is not None and profile.story.is_neglected
    warmths = np.exp(0.5 * np.clip(latent.of(Channel.ENGAGEMENT) + 0.5 * desk.mood, -3, 2)).tolist()
    for week, u in enumerate(draws.tolist()):
        day = week * WEEK + int(u[0] * 5)
        if not (profile.first_day <= day < min(latent.end_day, latent.days - WEEK)):
            continue
        warmth, is_new = warmths[day], 0 <= day - profile.since_day < 60
        care = 0.0 if neglected and day >= desk.spec.days - NEGLECT_DAYS else min(1.3, 0.45 + 0.55 * warmth)
        if u[1] < emails * care:
            found.append(_email(desk, day, "outbound", u[2], u[3], len(found)))
            if u[4] < min(0.9, 0.4 * warmth):
                found.append(
                    _email(desk, min(day + 1 + int(u[4] * 3), latent.days - 1), "inbound", u[5], u[6], len(found))
                )
        if u[7] < meetings * care * (3.0 if is_new else 1.0):
            found.append(_meeting(desk, day, u[8], is_new, len(found)))
        if u[9] < 0.035 * warmth * (1.0 + 2.0 * (desk.mood[day] < -0.8)):
            found.append(_email(desk, day, "inbound", u[10], u[11], len(found)))
    return tuple(sorted((*found, *_given(desk)), key=lambda row: row.at))


def _email(desk: _Talk, day: int, direction: str, draw: float, when: float, n: int) -> InteractionRow:
    person = desk.people.sponsor_on(day) if when < 0.35 else desk.person(day, when)
    text = email_text(direction, float(desk.mood[day]), draw, person.name.split()[0] if person else "there")
    row = InteractionRow(
        interaction_id=f"int-{desk.profile.account + 1:05d}-{n + 1:04d}",
        account_id=desk.profile.key,
        contact_id=person.key if person else None,
        channel="email",
        direction=direction,
        at=desk.moment(day, when),
        subject=text.subject,
        body=text.body,
    )
    desk.remember(row.interaction_id, text)
    return row


def _meeting(desk: _Talk, day: int, draw: float, is_new: bool, n: int) -> InteractionRow:
    person = desk.people.sponsor_on(day) or desk.person(day, draw)
    subject = MEETINGS["onboarding"] if is_new else MEETINGS[("review", "training", "planning")[int(draw * 3)]]
    return InteractionRow(
        interaction_id=f"int-{desk.profile.account + 1:05d}-{n + 1:04d}",
        account_id=desk.profile.key,
        contact_id=person.key if person else None,
        channel="meeting",
        direction="outbound",
        at=desk.moment(day, draw),
        subject=subject,
        body=None,
        minutes=30 if draw < 0.6 else 60,
    )


def _given(desk: _Talk) -> list[InteractionRow]:
    """The interventions, as the communication log shows them: what was done, and nothing of its effect."""
    found = []
    for n, given in enumerate(desk.latent.interventions):
        text = intervention_text(given.kind)
        person = desk.people.sponsor_on(given.day) or desk.person(given.day, 0.0)
        found.append(InteractionRow(
            interaction_id=f"act-{desk.profile.account + 1:05d}-{n + 1:03d}",
            account_id=desk.profile.key,
            contact_id=person.key if person else None,
            channel="email" if given.kind == "discount" else "meeting" if given.kind == "training" else "call",
            direction="outbound",
            at=desk.moment(given.day, 0.4),
            subject=text.subject,
            body=text.body,
            minutes=None if given.kind == "discount" else 45,
        ))  # fmt: skip
        desk.remember(found[-1].interaction_id, text)
    return found


def _surveys(desk: _Talk, rng: np.random.Generator) -> tuple[SurveyRow, ...]:
    """Quarterly NPS to up to four contacts, about a third of whom answer, and one CSAT after two months."""
    latent, profile, found = desk.latent, desk.profile, list[SurveyRow]()
    for quarter in range(-(-latent.days // 91)):
        u = rng.random((5, 5)).tolist()
        day = quarter * 91 + profile.account * 13 % 91
        for n in range(min(4, 1 + profile.seats // 8)):
            at = day + int(u[n][0] * 8)
            if profile.first_day + 20 <= at < latent.end_day and u[n][1] < 0.36:
                found.append(_survey(desk, at, "nps", u[n], len(found)))
        at = profile.since_day + 60
        if quarter * 91 <= at < min(quarter * 91 + 91, latent.end_day) and u[4][1] < 0.5:
            found.append(_survey(desk, at, "csat", u[4], len(found)))
    return tuple(sorted(found, key=lambda row: row.at))


def _survey(desk: _Talk, day: int, survey: str, u: Sequence[float], n: int) -> SurveyRow:
    person = desk.people.sponsor_on(day) if u[2] < 0.2 else desk.person(day, u[2])
    spread = 3.2 * (u[3] + u[4] - 1.0)
    ten = max(0, min(10, round(7.3 + 1.9 * float(desk.mood[day]) + spread)))
    text = comment(ten, u[4])
    key = f"srv-{desk.profile.account + 1:05d}-{desk.spec.start_day + day}-{n + 1}"
    if u[3] < 0.5:
        desk.remember(key, text)
    return SurveyRow(
        response_id=key,
        account_id=desk.profile.key,
        contact_id=person.key if person else None,
        survey=survey,
        score=ten if survey == "nps" else 1 + round(ten / 10 * 4),
        at=desk.moment(day, u[2]),
        comment=text.body if u[3] < 0.5 else None,
    )
