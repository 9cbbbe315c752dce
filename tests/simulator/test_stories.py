"""Each shipped trigger has accounts that live through its cause, at the end of history and in live play."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forestay.customers.words import TriggerKey
from forestay.simulator import CompanySpec, simulate
from forestay.simulator.account import AccountLife
from forestay.simulator.catalogue import EVENT_NUMBER, EVENT_ROLES, FEATURES
from forestay.simulator.spec import LIVE_DAYS
from forestay.simulator.stories import story_of
from forestay.simulator.usage import NEW_DAYS
from tests.simulator.conftest import UNTIL

DAY = 86_400_000_000
END = int(UNTIL.timestamp() * 1e6)
STICKY = [EVENT_NUMBER[name] for feature in FEATURES if feature.is_sticky for name, _ in feature.events]
PREMIUM = [EVENT_NUMBER[name] for feature in FEATURES if feature.is_premium for name, _ in feature.events]
WORKFLOW = [EVENT_NUMBER[name] for name in EVENT_ROLES["workflow"]]
NEW = [
    EVENT_NUMBER[name]
    for f in FEATURES
    if f.deployed_days_ago and 45 <= f.deployed_days_ago <= NEW_DAYS
    for name, _ in f.events
]


@pytest.fixture(scope="module")
def company_lives() -> dict[TriggerKey, list[AccountLife]]:
    """The history stories of three hundred accounts by trigger."""
    company = simulate(CompanySpec(seed=7, accounts=300, months=12, until=UNTIL))
    found: dict[TriggerKey, list[AccountLife]] = {key: [] for key in TriggerKey}
    for number in range(300):
        story = story_of(number)
        if story is not None and not story.is_live:
            found[story.trigger].append(company.account(number))
    return found


def count(life: AccountLife, names: list[int] | None, since: float, until: float = 0) -> int:
    """Events between so many days before the end and so many."""
    ago = (END - life.usage.at) / DAY
    chosen = np.ones(len(ago), bool) if names is None else np.isin(life.usage.name, names)
    return int((chosen & (ago >= until) & (ago < since)).sum())


def users(life: AccountLife, since: float, until: float = 0) -> int:
    ago = (END - life.usage.at) / DAY
    return len(np.unique(life.usage.user[(ago >= until) & (ago < since)]))


def seat_use(life: AccountLife, ago: float = 0) -> float:
    return users(life, 30 + ago, ago) / life.contracts.seats_on(END // DAY)


def escalations(life: AccountLife) -> int:
    return sum(0 <= END - row.escalated_at < 14 * DAY for row in life.conversation.tickets if row.escalated_at)


def satisfaction_fell(life: AccountLife) -> bool:
    path, end = life.latent.effects[1], life.latent.days - LIVE_DAYS - 1
    return bool(path[end] < path[end - 100] - 0.3)


SHOWS: dict[TriggerKey, Callable[[AccountLife], bool]] = {
    TriggerKey.HEALTH_BELOW_60: satisfaction_fell,
    TriggerKey.HEALTH_TREND_DOWN_20: satisfaction_fell,
    TriggerKey.EXPANSION_READINESS_80: lambda life: seat_use(life) > 1.2 and count(life, PREMIUM, 14) >= 5,
    TriggerKey.FEATURE_UNUSED_45_DAYS: lambda life: count(life, NEW, 45) == 0 and count(life, None, 30) > 0,
    TriggerKey.CHURN_80_EXECUTIVE_TURNOVER: lambda life: (
        seat_use(life) < 0.6 and 0.95 <= seat_use(life) / seat_use(life, 60) <= 1.05
        and any(0 <= life.latent.days - LIVE_DAYS - 1 - one.left_day < 90 for one in life.people.sponsors)
    ),
    TriggerKey.STICKY_FEATURE_DROP_AND_ESCALATION: lambda life: (
        count(life, STICKY, 7) <= 0.5 * count(life, STICKY, 35, 7) / 4 and escalations(life) > 0
    ),
    TriggerKey.USAGE_OVER_150_PERCENT: lambda life: seat_use(life) > 1.5,
    TriggerKey.PREMIUM_FEATURE_INTEREST: lambda life: count(life, PREMIUM, 14) >= 3,
    TriggerKey.NEW_USER_INVITATIONS: lambda life: count(life, [EVENT_NUMBER["User Invited"]], 14) >= 3,
    TriggerKey.NEW_WORKFLOW_ADOPTION: lambda life: count(life, WORKFLOW, 30) >= 3 and count(life, WORKFLOW, 400, 30) == 0,
}  # fmt: skip


@pytest.mark.parametrize("trigger", list(TriggerKey))
def test_a_story_shows_in_at_least_one_of_its_accounts(
    company_lives: dict[TriggerKey, list[AccountLife]], trigger: TriggerKey
) -> None:
    assert len(company_lives[trigger]) == 3
    assert any(SHOWS[trigger](life) for life in company_lives[trigger])


def test_a_story_is_lived_by_customers(company_lives: dict[TriggerKey, list[AccountLife]]) -> None:
    assert [
        life.profile.key
        for lives in company_lives.values()
        for life in lives
        if life.latent.end_day <= life.latent.days - LIVE_DAYS - 1
    ] == []


def test_most_accounts_have_no_story() -> None:
    stories = [story_of(number) for number in range(1000)]
    assert sum(story is not None for story in stories) == 200
    assert {story.trigger for story in stories if story is not None and story.is_live} == set(TriggerKey)
