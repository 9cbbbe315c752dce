"""What an account buys and how it pays: seats, add-ons, expansion and contraction, invoices and lateness.

Gives: Contracts, buy(), invoices().

Once a quarter the contract is looked at: more people than seats and good engagement lead to more seats (two times
in five), far fewer people and low satisfaction at a renewal to fewer; curiosity about premium features leads to the
forecasting add-on one time in three. A change ends the subscription's row and starts a new one. Unhappy accounts
and those whose budget was cut pay later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forestay.simulator.catalogue import ADD_ONS, PLANS
from forestay.simulator.latent import Latent
from forestay.simulator.leaving import YEAR
from forestay.simulator.people import NEVER, People
from forestay.simulator.places import a_month_later
from forestay.simulator.profile import Profile, Size
from forestay.simulator.rows import InvoiceRow, SubscriptionRow
from forestay.simulator.shocks import Channel, Floats, ShockKind
from forestay.simulator.spec import CompanySpec, Purpose, Streams

QUARTER = 91
_STORY_QUIET = 80
"""Days before `until` in which a story's contract does not change."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """Subscriptions in the order of their start. premium_day: index of the first day with premium access."""

    subscriptions: tuple[SubscriptionRow, ...]
    premium_day: int
    months: int
    """Months that an invoice covers: 1, 3 or 12."""

    def mrr_on(self, day_number: int) -> int:
        """Monthly recurring revenue in cents on a day (day number)."""
        return sum(row.mrr for row in self._on(day_number))

    def seats_on(self, day_number: int) -> int:
        """Seats of the platform on a day (day number)."""
        return sum(row.seats for row in self._on(day_number) if row.product == "Platform")

    def _on(self, day_number: int) -> list[SubscriptionRow]:
        return [row for row in self.subscriptions if row.started_on <= day_number < (row.ended_on or 10**9)]


def buy(spec: CompanySpec, latent: Latent, people: People) -> Contracts:
    """All subscriptions of one account over the simulated days."""
    profile = latent.profile
    rng = Streams(spec.seed, profile.account).of(Purpose.COMMERCE)
    first = rng.random(3)
    months = (12 if first[0] < 0.4 else 3) if profile.is_annual else 1
    ledger = _Ledger(spec, profile, months)
    ledger.start("Platform", profile.since_day, profile.seats)
    if profile.plan is not PLANS[0] and first[1] < 0.3:
        ledger.start(ADD_ONS[0][0], profile.since_day, profile.seats)
    if not profile.plan.premium and first[2] < 0.12 and not (profile.story and profile.story.is_basic):
        ledger.start(ADD_ONS[1][0], profile.since_day, profile.seats)
    for quarter in range(1, -(-latent.days // QUARTER) + 1):
        draws, day = rng.random(3), profile.first_day + quarter * QUARTER - (max(0, -profile.since_day) % QUARTER)
        if 0 < day < latent.end_day and not _is_quiet(spec, profile, day):
            _review(ledger, latent, people, day, draws)
    if latent.churn is not None:
        ledger.end_all(latent.churn.last_day)
    premium_day = -NEVER if profile.plan.premium else ledger.first_day_of(ADD_ONS[1][0])
    return Contracts(tuple(sorted(ledger.rows, key=lambda row: row.started_on)), premium_day, months)


def _is_quiet(spec: CompanySpec, profile: Profile, day: int) -> bool:
    """Whether a story keeps its contract as it is that day."""
    story = profile.story
    return story is not None and (story.is_frozen or spec.days - _STORY_QUIET < day <= spec.days)


def _review(ledger: _Ledger, latent: Latent, people: People, day: int, draws: Floats) -> None:
    """One quarterly look at the contract; draws: three uniforms."""
    present, seats = len(people.present_on(day)), ledger.seats
    recent = slice(max(0, day - 30), day)
    engagement = float(latent.of(Channel.ENGAGEMENT)[recent].mean())
    satisfaction = float(latent.of(Channel.SATISFACTION)[recent].mean())
    is_renewal = not latent.profile.is_annual or (latent.profile.since_day - day) % YEAR > YEAR - QUARTER
    if present > 1.05 * seats and engagement > -0.3 and draws[0] < 0.4:
        ledger.resize(day, int(np.ceil(present * 1.1)))
    elif is_renewal and present < 0.75 * seats and satisfaction < 0.0 and draws[0] < 0.35:
        ledger.resize(day, max(2, int(np.ceil(present * 1.15))))
    curious = any(s.kind is ShockKind.CURIOSITY and 10 < day - s.day <= 110 for s in latent.shocks)
    if curious and engagement > 0 and not latent.profile.plan.premium and draws[1] < 0.35:
        ledger.start(ADD_ONS[1][0], day, ledger.seats)


class _Ledger:
    """The subscription rows while they are being written."""

    def __init__(self, spec: CompanySpec, profile: Profile, months: int) -> None:
        self.spec, self.profile, self.rows = spec, profile, list[SubscriptionRow]()
        self.seats, self.period = profile.seats, {1: "monthly", 3: "quarterly", 12: "annual"}[months]

    def start(self, product: str, day: int, seats: int) -> None:
        """A new row from a day on, unless the product is bought already."""
        if any(row.product == product and row.ended_on is None for row in self.rows):
            return
        price = self.profile.plan.cents if product == "Platform" else dict(ADD_ONS)[product]
        begin = self.spec.start_day + day
        self.rows.append(SubscriptionRow(
            subscription_id=f"sub-{self.profile.account + 1:05d}-{len(self.rows) + 1:02d}",
            account_id=self.profile.key,
            product=product,
            plan=self.profile.plan.name,
            seats=seats,
            mrr=round(seats * price * (1.0 - self.profile.discount)),
            currency=self.spec.currency,
            started_on=begin,
            renews_on=self._renewal(),
            billing_period=self.period,
        ))  # fmt: skip

    def resize(self, day: int, seats: int) -> None:
        """End every open row on a day and go on with another number of seats."""
        self.seats = seats
        open_rows = [row.product for row in self.rows if row.ended_on is None]
        self.end_all(day)
        for product in open_rows:
            self.start(product, day, seats)

    def end_all(self, day: int) -> None:
        """End what is open."""
        end = self.spec.start_day + day
        self.rows = [
            replace(row, ended_on=max(end, row.started_on)) if row.ended_on is None else row for row in self.rows
        ]

    def first_day_of(self, product: str) -> int:
        """Index of the first day of a product, NEVER when it was never bought."""
        return min((row.started_on - self.spec.start_day for row in self.rows if row.product == product), default=NEVER)

    def _renewal(self) -> int:
        """The next renewal after the end of history, as the billing system shows it then."""
        step, renewal = (12 if self.profile.is_annual else 1), self.spec.start_day + self.profile.since_day
        begin, count = renewal, 0
        while begin + 31 * (count + step) <= self.spec.until_day:
            count += step
        while renewal <= self.spec.until_day:
            count += step
            renewal = a_month_later(begin, count)
        return renewal


def invoices(spec: CompanySpec, latent: Latent, contracts: Contracts) -> tuple[InvoiceRow, ...]:
    """All invoices issued in the simulated days, their payments included."""
    profile = latent.profile
    rng = Streams(spec.seed, profile.account).of(Purpose.INVOICES)
    begin, found, months = spec.start_day + profile.since_day, list[InvoiceRow](), 0
    while begin + 31 * (months + contracts.months) < spec.start_day:
        months += contracts.months
    issued = a_month_later(begin, months)
    while issued < spec.start_day + latent.end_day:
        if issued >= spec.start_day:
            found.append(_invoice(spec, latent, contracts, issued, len(found), rng.random(3), rng.standard_normal()))
        months += contracts.months
        issued = a_month_later(begin, months)
    return tuple(row for row in found if row.amount > 0)


def _invoice(
    spec: CompanySpec, latent: Latent, contracts: Contracts, issued: int, n: int, draws: Floats, noise: float
) -> InvoiceRow:
    """One invoice; draws: void, never paid, spare."""
    profile, day = latent.profile, issued - spec.start_day
    due = issued + (14 if profile.size is Size.SMB else 30)
    mood = float(latent.of(Channel.SATISFACTION)[min(day + 10, latent.days - 1)])
    cut = sum(
        shock.size for shock in latent.shocks if shock.kind is ShockKind.BUDGET_CUT and 0 <= day - shock.day < 120
    )
    late = profile.pays_days_late + 5.0 * noise + 13.0 * max(0.0, -mood - 0.2) + 10.0 * cut
    leaving = latent.churn is not None and latent.churn.last_day - day < 60
    is_void = bool(draws[0] < 0.01)
    unpaid = is_void or (leaving and draws[1] < 0.3)
    return InvoiceRow(
        invoice_id=f"inv-{profile.account + 1:05d}-{n + 1:03d}",
        account_id=profile.key,
        amount=contracts.mrr_on(issued) * contracts.months,
        currency=spec.currency,
        issued_on=issued,
        due_on=due,
        paid_on=None if unpaid else max(issued, due + round(late)),
        is_void=is_void,
    )
