"""One account, lived from the first day of history to the last of the simulated days.

Gives: AccountLife, live_account(), releases(), outage(), account_row(), contact_row().
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from forestay.simulator.commerce import Contracts, buy, invoices
from forestay.simulator.conversation import Conversation, talk
from forestay.simulator.latent import Latent, live
from forestay.simulator.leaving import WEEK
from forestay.simulator.people import NEVER, People, Person, meet
from forestay.simulator.profile import Profile, profile_of
from forestay.simulator.rows import AccountRow, ContactRow, InvoiceRow, Row
from forestay.simulator.shocks import Intervention, Shock, ShockKind
from forestay.simulator.spec import LIVE_DAYS, CompanySpec, Purpose, Streams
from forestay.simulator.usage import Ints, Usage, adoption, use

_RELEASE_A_WEEK = 2.0 / 52


@dataclass(frozen=True, slots=True)
class AccountLife:
    """Everything about one account, its hidden side and its future included."""

    profile: Profile
    latent: Latent
    people: People
    contracts: Contracts
    adopted: Ints
    usage: Usage
    invoices: tuple[InvoiceRow, ...]
    conversation: Conversation

    @property
    def records(self) -> tuple[Row, ...]:
        """Business records with their futures; see rows.known_at()."""
        said = self.conversation
        return (*self.contracts.subscriptions, *self.invoices, *said.tickets, *said.interactions, *said.surveys)


def live_account(
    spec: CompanySpec, account: int, extra: tuple[Intervention, ...] = (), days: int | None = None
) -> AccountLife:
    """Live one account: the same for a spec, a number and its interventions, whatever else the company does."""
    days = spec.days + LIVE_DAYS if days is None else days
    profile = profile_of(spec, account)
    latent = live(spec, profile, releases(spec, days), days, extra)
    people = meet(spec, latent)
    contracts = buy(spec, latent, people)
    adopted = adoption(spec, latent)
    usage = use(spec, latent, people, adopted, contracts.premium_day)
    return AccountLife(
        profile,
        latent,
        people,
        contracts,
        adopted,
        usage,
        invoices(spec, latent, contracts),
        talk(spec, latent, people),
    )


@lru_cache(maxsize=8)
def releases(spec: CompanySpec, days: int) -> tuple[Shock, ...]:
    """The bad releases, about two a year, that every account meets on the same day."""
    draws = Streams(spec.seed, -1).of(Purpose.RELEASES).random((-(-days // WEEK), 3))
    return tuple(
        Shock(ShockKind.BAD_RELEASE, week * WEEK + int(u[1] * WEEK), 0.6 + 0.8 * float(u[2]))
        for week, u in enumerate(draws)
        if u[0] < _RELEASE_A_WEEK
    )


def outage(spec: CompanySpec) -> tuple[int, int] | None:
    """Begin and end (microseconds UTC) of the telemetry outage, 50 to 150 days before the end of history."""
    length = int(spec.untidiness.outage_days * 86_400_000_000)
    if length == 0 or spec.days < 200:
        return None
    draw = float(Streams(spec.seed, -1).of(Purpose.OUTAGE).random())
    begin = spec.until_micros - int((50 + 100 * draw) * 86_400_000_000)
    return begin, begin + length


def account_row(spec: CompanySpec, life: AccountLife, day: int) -> AccountRow:
    """The CRM's line about an account as it stands on a day (index)."""
    profile, number = life.profile, spec.start_day + day
    churn = life.latent.churn
    gone = churn is not None and churn.last_day <= day
    age = day - profile.since_day
    stage = "churned" if gone else "onboarding" if age < 60 else "renewal" if _renews_soon(profile, day) else "active"
    name = profile.name + (" EMEA" if profile.merged_into else "")
    return AccountRow(
        account_id=profile.key,
        name=name,
        parent_id=profile.parent,
        merged_into=profile.merged_into,
        owner_email=profile.owner.email,
        lifecycle_stage=stage,
        plan=profile.plan.name,
        industry=profile.industry,
        country=profile.place.country,
        zone=profile.place.zone,
        seats=0 if gone else life.contracts.seats_on(number),
        arr=0 if gone else 12 * life.contracts.mrr_on(number),
        currency=spec.currency,
        customer_since=spec.start_day + profile.since_day,
        churned_on=spec.start_day + churn.last_day if gone and churn else None,
    )


def _renews_soon(profile: Profile, day: int) -> bool:
    return profile.is_annual and (profile.since_day - day) % 365 <= 90


def contact_row(spec: CompanySpec, life: AccountLife, person: Person, *, consents: bool = True) -> ContactRow:
    """The CRM's line about a contact, with the day they left even where that is still to come."""
    return ContactRow(
        contact_id=person.key,
        account_id=life.profile.key,
        email=person.email,
        name=person.name,
        title=person.title,
        is_sponsor=person.is_sponsor,
        is_champion=person.is_champion,
        zone=person.zone,
        created_on=spec.start_day + max(person.joined_day, life.profile.since_day),
        left_on=None if person.left_day == NEVER else spec.start_day + person.left_day,
        email_consent=consents,
    )
