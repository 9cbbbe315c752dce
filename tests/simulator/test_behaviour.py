"""Behaviour has causes: weeks have a rhythm, decline comes before the end, the unhappy pay late."""

from __future__ import annotations

from collections import Counter

import numpy as np

from forestay.simulator.account import AccountLife
from forestay.simulator.catalogue import EVENT_NUMBER, FEATURES
from forestay.simulator.shocks import Channel, ShockKind
from tests.simulator.conftest import UNTIL, Made

DAY = 86_400_000_000
START = int(UNTIL.timestamp() // 86_400) - 365


def auc(score: np.ndarray, label: np.ndarray) -> float:
    """Chance that a positive scores above a negative, ties counting half."""
    positive, negative = score[label], score[~label]
    above = (positive[:, None] > negative[None, :]).mean()
    return float(above + 0.5 * (positive[:, None] == negative[None, :]).mean())


def silence(life: AccountLife, day: int) -> float:
    """Days since the last event before a day, at most 60."""
    earlier = life.usage.at[life.usage.at < (START + day) * DAY]
    return min(60.0, (START + day) - earlier[-1] / DAY) if len(earlier) else 60.0


def test_weekdays_are_busy_and_weekends_are_not(made: Made) -> None:
    days = np.concatenate([life.usage.at for life in made.lives]) // DAY
    by_weekday = np.bincount((days + 3) % 7, minlength=7)
    assert by_weekday[:5].min() > 4 * by_weekday[5:].max()


def test_nobody_works_on_new_years_day(made: Made) -> None:
    days = np.concatenate([life.usage.at for life in made.lives]) // DAY
    new_year = int(np.datetime64("2026-01-01").astype(int))
    assert (days == new_year).sum() < 0.4 * (days == new_year + 14).sum()


def test_churn_can_be_foreseen_but_not_easily(many: list[AccountLife]) -> None:
    scores, labels = [], []
    for day in range(120, 275, 30):
        customers = [life for life in many if life.latent.end_day > day and life.profile.since_day < day - 60]
        scores += [silence(life, day) for life in customers]
        labels += [life.latent.churn is not None and life.latent.churn.last_day < day + 90 for life in customers]
    assert 0.6 < auc(np.array(scores), np.array(labels)) < 0.95


def test_those_who_leave_were_less_satisfied_two_months_before(many: list[AccountLife]) -> None:
    left = [life for life in many if life.latent.churn is not None and life.latent.churn.decided_day > 120]
    before = [
        life.latent.of(Channel.SATISFACTION)[life.latent.churn.decided_day - 60] for life in left if life.latent.churn
    ]
    everybody = np.mean([life.latent.of(Channel.SATISFACTION)[200] for life in many])
    assert np.mean(before) < everybody - 0.4


def test_some_leave_for_reasons_that_nothing_foretells(many: list[AccountLife]) -> None:
    causes = Counter(life.latent.churn.cause.value for life in many if life.latent.churn is not None)
    assert 0 < causes["random"] < causes["state"]


def test_eight_to_sixteen_of_a_hundred_leave_in_a_year(many: list[AccountLife]) -> None:
    years = sum((life.latent.end_day - life.profile.first_day) / 365 for life in many)
    gone = sum(life.latent.churn is not None and life.latent.churn.last_day < 365 for life in many)
    assert 0.08 < gone / years < 0.16


def test_nothing_happens_after_the_end(many: list[AccountLife]) -> None:
    gone = [life for life in many if life.latent.churn is not None and life.latent.end_day < life.latent.days]
    assert gone
    assert [life.profile.key for life in gone if life.usage.at[-1] // DAY > START + life.latent.end_day + 1] == []


def test_the_unhappy_pay_later(many: list[AccountLife]) -> None:
    paid = [
        (row.paid_on - (row.due_on or 0), life.latent.of(Channel.SATISFACTION)[row.issued_on - START])
        for life in many for row in life.invoices if row.paid_on is not None and row.issued_on - START < life.latent.days
    ]  # fmt: skip
    late, mood = np.array(paid).T
    assert late[mood < -1].mean() > late[mood > 0.5].mean() + 5


def test_the_unhappy_ask_more_and_rate_worse(many: list[AccountLife]) -> None:
    asked = [(row.csat, life.latent.of(Channel.SATISFACTION)[row.opened_at // DAY - START - 3])
             for life in many for row in life.conversation.tickets if row.csat is not None]  # fmt: skip
    csat, mood = np.array(asked, float).T
    assert csat[mood < -0.7].mean() < csat[mood > 0.7].mean() - 0.8


def test_a_broken_integration_stops_sticky_features_and_brings_tickets(many: list[AccountLife]) -> None:
    sticky = [EVENT_NUMBER[name] for feature in FEATURES if feature.is_sticky for name, _ in feature.events]
    shares = {"before": 0, "after": 0}
    tickets = {"before": 0, "after": 0}
    for life in many:
        for shock in (
            one for one in life.latent.shocks if one.kind is ShockKind.INTEGRATION_BROKEN and 40 < one.day < 340
        ):
            day = life.usage.at // DAY - START
            is_sticky = np.isin(life.usage.name, sticky)
            shares["before"] += int((is_sticky & (day >= shock.day - 14) & (day < shock.day)).sum())
            shares["after"] += int((is_sticky & (day > shock.day) & (day <= shock.day + 14)).sum())
            opened = [row.opened_at // DAY - START for row in life.conversation.tickets]
            tickets["before"] += sum(shock.day - 14 <= one < shock.day for one in opened)
            tickets["after"] += sum(shock.day < one <= shock.day + 14 for one in opened)
    assert shares["after"] < 0.6 * shares["before"]
    assert tickets["after"] > 1.5 * tickets["before"]


def test_features_are_not_used_before_they_are_deployed(made: Made) -> None:
    mobile = next(feature for feature in FEATURES if feature.key == "mobile")
    names = [EVENT_NUMBER[name] for name, _ in mobile.events]
    deployed = made.spec.until_day - (mobile.deployed_days_ago or 0)
    used = np.concatenate([life.usage.at[np.isin(life.usage.name, names)] for life in made.lives]) // DAY
    assert used.min() >= deployed - 1


def test_sponsors_leave_and_are_followed_by_others(many: list[AccountLife]) -> None:
    left = sum(one.left_day < 365 for life in many for one in life.people.sponsors)
    assert 0.1 < left / len(many) < 0.4
    assert any(len(life.people.sponsors) > 1 for life in many)


def test_contracts_grow_and_shrink(many: list[AccountLife]) -> None:
    begin = {life.profile.key: life.contracts.seats_on(START + life.profile.first_day) for life in many}
    end = {life.profile.key: life.contracts.seats_on(START + life.latent.end_day - 2) for life in many}
    assert sum(end[key] > begin[key] for key in begin) > 0.05 * len(many)
    assert sum(end[key] < begin[key] for key in begin) > 0.02 * len(many)
