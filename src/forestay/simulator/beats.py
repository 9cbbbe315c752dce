"""The beats of live play: the first visible acts of the shocks that live stories meet at the end of history.

Gives: Act, beats_of().
Source: simulator.stories.LIVE; the shock itself goes on in the account's latent state and shows in the days after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from forestay.customers.words import TriggerKey
from forestay.kit.clock import DAY_MICROS
from forestay.simulator.account import AccountLife, contact_row
from forestay.simulator.catalogue import ACCEPTED, ESCALATED, INVITED, SIGNED_IN
from forestay.simulator.company import Company
from forestay.simulator.names import FIRST, LAST, TITLES
from forestay.simulator.people import NEVER, Person
from forestay.simulator.rows import InteractionRow, Row, SurveyRow, TicketRow
from forestay.simulator.spec import CompanySpec
from forestay.simulator.stories import PERIOD
from forestay.simulator.telemetry import identify, page, track
from forestay.simulator.texts import ticket_text

MINUTE = 60_000_000
SECONDS_BETWEEN = 18.0
FIRST_SECONDS = 5.0
_WEB = '{"surface":"web","release":"26.4"}'


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens at an account at a wall second: messages of the protocol, rows of the other systems."""

    due_seconds: float
    trigger: TriggerKey
    account: str
    size: int
    messages: Callable[[int, int], list[bytes]]
    """(seed, wall moment in microseconds) -> messages."""
    rows: Callable[[int], list[Row]]
    """wall moment -> rows, complete."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """One account while its act is written; `wall` in microseconds UTC."""

    spec: CompanySpec
    life: AccountLife
    seed: int
    wall: int

    def users(self) -> list[Person]:
        """Users present at the end of history, the champion first where there is one."""
        present = [self.life.people.users[n] for n in self.life.people.present_on(self.spec.days - 1)]
        return present or list(self.life.people.users[:1])

    def track(self, name: str, event: str, person: Person, seconds_ago: float = 0.0) -> bytes:
        """One event of the act; name: makes the message's name unique within the account."""
        key = f"b{self.seed}-{self.life.profile.account + 1:05d}-{name}"
        return track(key, person, self.life.profile.key, event, self.wall - int(seconds_ago * 1e6), _WEB)

    def newcomers(self, count: int) -> list[bytes]:
        """People who accept an invitation: a page before anybody knows who they are, identify, their first events."""
        found = []
        for n in range(count):
            person, key = _newcomer(self.life, n), f"b{self.seed}-{self.life.profile.account + 1:05d}-new{n}"
            unknown, at = f"anon-{key}", self.wall - (count - n) * 200_000
            found += [
                page(f"{key}-pg", unknown, 0, at - 3000),
                identify(f"{key}-id", person, unknown, self.life.profile.key, at - 2000),
                track(f"{key}-ac", person, self.life.profile.key, ACCEPTED, at - 1000, _WEB),
                track(f"{key}-si", person, self.life.profile.key, SIGNED_IN, at, _WEB),
            ]
        return found


def _newcomer(life: AccountLife, n: int) -> Person:
    first, last = (
        FIRST[(life.profile.account * 7 + n * 11) % len(FIRST)],
        LAST[(life.profile.account * 13 + n * 17) % len(LAST)],
    )
    return Person(
        key=f"u-{life.profile.account + 1:05d}-{900 + n}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{900 + n}@{life.profile.domain}".lower(),
        title=TITLES[n % len(TITLES)],
        zone=life.profile.place.zone,
        joined_day=0,
        left_day=NEVER,
    )


def _invitations(stage: _Stage) -> list[bytes]:
    """A department roll-out: the champion invites a dozen colleagues within minutes, half of them come at once."""
    champion = stage.users()[0]
    return [stage.track(f"inv{n}", INVITED, champion, 40 - 3 * n) for n in range(12)] + stage.newcomers(6)


def _overflow(stage: _Stage) -> list[bytes]:
    """More people than seats: newcomers sign in until six in ten more than were bought have."""
    seats = stage.life.contracts.seats_on(stage.spec.until_day)
    month_ago = stage.spec.until_micros - 30 * DAY_MICROS
    usage = stage.life.usage
    active = len(set(usage.user[(usage.at > month_ago) & (usage.at <= stage.spec.until_micros)].tolist()))
    return stage.newcomers(min(60, max(2, int(1.6 * seats) + 1 - active)))


def _several(stage: _Stage, events: tuple[str, ...], times: int) -> list[bytes]:
    users = stage.users()
    return [
        stage.track(f"{event[:3].lower()}{n}{i}", event, users[(n + i) % len(users)], 2.0 * (times - n))
        for n in range(times)
        for i, event in enumerate(events)
    ]  # fmt: skip


def _escalated(stage: _Stage) -> list[bytes]:
    return [stage.track("esc", ESCALATED, stage.users()[0])]


def _ticket(stage: _Stage, n: int, topic: float) -> TicketRow:
    text = ticket_text("angry", topic, 0.1 + 0.3 * n, integration=n == 0)
    person, opened = stage.users()[n % len(stage.users())], stage.wall - (50 + 7 * n) * MINUTE
    return TicketRow(
        ticket_id=f"tic-{stage.life.profile.account + 1:05d}-live{stage.wall // 1_000_000 % 1_000_000}-{n}",
        account_id=stage.life.profile.key,
        contact_id=person.key,
        subject=text.subject,
        body=text.body,
        priority="urgent",
        opened_at=opened,
        first_response_at=opened + 25 * MINUTE,
        escalated_at=stage.wall - 30_000_000 * (n + 1),
    )


def _bad_news(stage: _Stage) -> list[Row]:
    """Three escalated tickets and two detractors."""
    found: list[Row] = [_ticket(stage, n, 0.2 + 0.25 * n) for n in range(3)]
    for n, person in enumerate(stage.users()[:2]):
        found.append(SurveyRow(
            response_id=f"srv-{stage.life.profile.account + 1:05d}-live-{n}", account_id=stage.life.profile.key,
            contact_id=person.key, survey="nps", score=n + 1, at=stage.wall - n * MINUTE,
            comment="We do not see the value any more.",
        ))  # fmt: skip
    return found


def _sponsor_leaves(stage: _Stage) -> list[Row]:
    """The sponsor's record ends today, and a colleague says so."""
    spec, life = stage.spec, stage.life
    sponsors = [one for one in life.people.sponsors if one.joined_day < spec.days]
    today, found = stage.wall // DAY_MICROS, list[Row]()
    if sponsors:
        found.append(replace(contact_row(spec, life, sponsors[-1]), left_on=today))
    found.append(InteractionRow(
        interaction_id=f"int-{life.profile.account + 1:05d}-live", account_id=life.profile.key,
        contact_id=stage.users()[0].key, channel="email", direction="inbound", at=stage.wall,
        subject="A change on our side",
        body="Our sponsor has left the company. I do not know yet who will decide about the contract.",
    ))  # fmt: skip
    return found


_MESSAGES: dict[TriggerKey, Callable[[_Stage], list[bytes]]] = {
    TriggerKey.STICKY_FEATURE_DROP_AND_ESCALATION: _escalated,
    TriggerKey.NEW_USER_INVITATIONS: _invitations,
    TriggerKey.NEW_WORKFLOW_ADOPTION: lambda stage: _several(stage, ("Workflow Created", "Workflow Completed"), 4),
    TriggerKey.PREMIUM_FEATURE_INTEREST: lambda stage: _several(stage, ("Forecast Opened", "Forecast Shared"), 6),
    TriggerKey.USAGE_OVER_150_PERCENT: _overflow,
    TriggerKey.EXPANSION_READINESS_80: _invitations,
}
_ROWS: dict[TriggerKey, Callable[[_Stage], list[Row]]] = {
    TriggerKey.STICKY_FEATURE_DROP_AND_ESCALATION: lambda stage: [_ticket(stage, 0, 0.1)],
    TriggerKey.CHURN_80_EXECUTIVE_TURNOVER: _sponsor_leaves,
    TriggerKey.HEALTH_TREND_DOWN_20: _bad_news,
    TriggerKey.HEALTH_BELOW_60: _bad_news,
}
_ORDER = (
    TriggerKey.STICKY_FEATURE_DROP_AND_ESCALATION, TriggerKey.NEW_USER_INVITATIONS, TriggerKey.CHURN_80_EXECUTIVE_TURNOVER,
    TriggerKey.NEW_WORKFLOW_ADOPTION, TriggerKey.HEALTH_BELOW_60, TriggerKey.USAGE_OVER_150_PERCENT,
    TriggerKey.PREMIUM_FEATURE_INTEREST, TriggerKey.HEALTH_TREND_DOWN_20, TriggerKey.EXPANSION_READINESS_80,
)  # fmt: skip


def beats_of(company: Company, lives: list[AccountLife]) -> Iterator[Act]:
    """The acts of all live stories, SECONDS_BETWEEN apart, each trigger once before any comes again."""
    stories = {
        (life.profile.account // PERIOD, life.profile.story.trigger): life
        for life in lives
        if life.profile.story is not None and life.profile.story.is_live
    }
    due = FIRST_SECONDS
    for hundred in sorted({number for number, _ in stories}):
        for trigger in _ORDER:
            if (life := stories.get((hundred, trigger))) is not None:
                yield _act(company.spec, life, trigger, due)
                due += SECONDS_BETWEEN


def _act(spec: CompanySpec, life: AccountLife, trigger: TriggerKey, due: float) -> Act:
    def messages(seed: int, wall: int) -> list[bytes]:
        write = _MESSAGES.get(trigger)
        return write(_Stage(spec, life, seed, wall)) if write else []

    def rows(wall: int) -> list[Row]:
        write = _ROWS.get(trigger)
        return write(_Stage(spec, life, 0, wall)) if write else []

    return Act(due, trigger, life.profile.key, 1, messages, rows)
