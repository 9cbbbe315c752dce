"""What an account is, before anything happens to it: size, place, plan, fit, and how it answers help.

Gives: Profile, Size, profile_of(), account_key().
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forestay.simulator.catalogue import PLANS, Plan
from forestay.simulator.names import CSMS, INDUSTRIES, PLACES, MemberSpec, Place, company_word
from forestay.simulator.shocks import Response
from forestay.simulator.spec import CompanySpec, Purpose, Streams
from forestay.simulator.stories import Story, story_of

_PLACE_SHARES = np.cumsum([place.weight for place in PLACES]) / sum(place.weight for place in PLACES)
LONG_AGO = 400
"""A story's account has been a customer at least so many days."""
NEW_SHARE = 0.18
"""Share of accounts that became customers during the history (of a year)."""


class Size(StrEnum):
    """The segment of account size."""

    SMB = "smb"
    MID = "mid-market"
    ENTERPRISE = "enterprise"


_SEATS = {Size.SMB: (6.0, 0.5, 3, 16), Size.MID: (17.0, 0.4, 8, 60), Size.ENTERPRISE: (55.0, 0.5, 30, 260)}
"""Median, spread of the logarithm, least and most seats bought at the start."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An account's fixed traits. Days are indices: 0 = first day of history. fit: how well the product suits them."""

    account: int
    key: str
    name: str
    domain: str
    size: Size
    industry: str
    place: Place
    owner: MemberSpec
    plan: Plan
    is_annual: bool
    since_day: int
    """Day they became a customer, often negative."""
    seats: int
    seat_share: float
    fit: float
    response: Response
    pays_days_late: float
    """Their habit of payment; negative: before the due date."""
    release_sensitivity: float
    discount: float
    parent: str | None
    merged_into: str | None
    shares_contact: bool
    story: Story | None

    @property
    def first_day(self) -> int:
        """The first simulated day on which they are a customer."""
        return max(0, self.since_day)


def account_key(account: int) -> str:
    """The external id of an account.

    >>> account_key(17)
    'acc-00018'
    """
    return f"acc-{account + 1:05d}"


def profile_of(spec: CompanySpec, account: int) -> Profile:
    """The profile of one account; depends on the seed and the account's number, not on how many there are."""
    u = Streams(spec.seed, account).of(Purpose.PROFILE).random(24)
    story = story_of(account) if spec.stories else None
    size = _size(u[0], story)
    industry, noun = INDUSTRIES[int(u[1] * len(INDUSTRIES))]
    word = company_word(account)
    fit = story.fit + 0.2 * _normal(u[10], u[11]) if story else 0.65 * _normal(u[10], u[11])
    return Profile(
        account=account,
        key=account_key(account),
        name=f"{word} {noun}",
        domain=f"{word.lower()}{account + 1}.example.com",
        size=size,
        industry=industry,
        place=PLACES[int(np.searchsorted(_PLACE_SHARES, u[2], side="right"))],
        owner=CSMS[int(u[3] * len(CSMS))],
        plan=_plan(size, u[4], story),
        is_annual=bool(
            (story is not None and story.renews_in_days is not None)
            or u[5] < {Size.SMB: 0.35, Size.MID: 0.75, Size.ENTERPRISE: 0.97}[size]
        ),
        since_day=_since(spec, u[6], u[7], story),
        seats=_seats(size, u[8], u[9], story),
        seat_share=story.seat_share
        if story
        else float(np.clip(0.78 + 0.12 * fit + 0.16 * _normal(u[12], u[13]), 0.25, 1.25)),
        fit=float(fit),
        response=_response(size, fit, u[14]),
        pays_days_late=float(-7.0 + 7.0 * _normal(u[15], u[16])),
        release_sensitivity=float(0.2 + 1.2 * u[17]),
        discount=float(0.25 * u[18] * (size is not Size.SMB)),
        parent=_parent(spec, account, u[19]),
        merged_into=account_key(account - 2) if spec.untidiness.merges and account % 100 == 8 else None,
        shares_contact=bool(account > 0 and u[20] < spec.untidiness.shared_contact),
        story=story,
    )


def _normal(u: float, v: float) -> float:
    """A standard normal out of two uniforms (Box-Muller)."""
    return float(np.sqrt(-2.0 * np.log(1.0 - u)) * np.cos(2.0 * np.pi * v))


def _size(u: float, story: Story | None) -> Size:
    if story is not None:
        return Size.MID if story.seats[0] < 50 else Size.ENTERPRISE
    return Size.SMB if u < 0.6 else Size.MID if u < 0.9 else Size.ENTERPRISE


def _seats(size: Size, u: float, v: float, story: Story | None) -> int:
    if story is not None:
        return int(story.seats[0] + u * (story.seats[1] - story.seats[0]))
    median, spread, least, most = _SEATS[size]
    return int(np.clip(np.rint(median * np.exp(spread * _normal(u, v))), least, most))


def _plan(size: Size, u: float, story: Story | None) -> Plan:
    starter, growth, enterprise = PLANS
    if story is not None:
        return enterprise if size is Size.ENTERPRISE and not story.is_basic else growth
    if size is Size.SMB:
        return starter if u < 0.7 else growth
    if size is Size.MID:
        return growth if u < 0.75 else enterprise if u < 0.95 else starter
    return enterprise if u < 0.8 else growth


def _since(spec: CompanySpec, u: float, v: float, story: Story | None) -> int:
    new_share = min(0.5, NEW_SHARE * spec.months / 12)
    if story is None and u < new_share:
        return int(v * spec.days * 0.97)
    if story is not None and story.renews_in_days is not None:
        return spec.days - 1 + story.renews_in_days - 365 * (2 + int(3 * v))
    return -int(LONG_AGO * (story is not None) + 20 - 500 * np.log(1.0 - 0.95 * v))


def _response(size: Size, fit: float, u: float) -> Response:
    """The temper with which they meet help: small accounts rather take it ill, those whom nothing suits are lost."""
    sleeping = {Size.SMB: 0.10, Size.MID: 0.05, Size.ENTERPRISE: 0.03}[size]
    lost = 0.25 if fit < -0.4 else 0.08
    if u < sleeping:
        return Response.SLEEPING_DOG
    if u < sleeping + lost:
        return Response.LOST_CAUSE
    return Response.SURE_THING if u < sleeping + lost + 0.10 else Response.PERSUADABLE


def _parent(spec: CompanySpec, account: int, u: float) -> str | None:
    """A subsidiary's parent is one of the ten accounts before it, so it never depends on how many there are."""
    share = spec.untidiness.subsidiary
    if account == 0 or u >= share:
        return None
    back = 1 + int(u / share * min(10, account))
    return account_key(account - back)
