"""Numbers with what is behind them, and insights, in small companies whose answer can be worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from forestay.customers.words import Role
from forestay.store.tables import actions, customers, learning, predictions, scores
from tests.api.conftest import START, House
from tests.api.seeding import Seed, moment, whole_company

TODAY = START.date()


@pytest.fixture
def seed(house: House) -> Seed:
    return Seed(house.store.api, house.workspace_id)


def get(house: House, headers: dict[str, str], path: str, **query: Any) -> Any:
    answer = house.client.get(f"/api/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def change(seed: Seed, account: int, days_ago: float, score: float, band: str) -> None:
    seed.put(scores.health_changes, account_id=account, at=moment(days_ago), score=score, band=band, confidence=0.9,
             dimensions=[90.0, 85.0, float("nan"), 40.0, 20.0], scorecard_key="default", cause="day")  # fmt: skip


def test_behind_a_share_are_those_that_count_and_page_by_page_those_that_do_not(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    account = seed.account("acme", arr=5000, currency="USD")
    touched = seed.signal(account, "t-1", first_touch_at=START - timedelta(hours=1))
    left = [seed.signal(account, f"u-{at}", fired_at=moment(at + 1), event_at=moment(at + 1)) for at in range(3)]
    task = seed.task(account, signal_id=touched)
    (row,) = get(house, admin, "kpis/time_to_intervention/rows")["items"]
    assert (row["signal"], row["task"], row["hours"], row["account"], row["arr"]) == (touched, task, 1.0, "acme", 5000)
    first = get(house, admin, "kpis/time_to_intervention/rows", side="others", limit=2)
    rest = get(house, admin, "kpis/time_to_intervention/rows", side="others", limit=2, cursor=first["next"])
    assert [one["signal"] for one in first["items"] + rest["items"]] == left
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("key", "side", "triggers"),
    [
        ("automation_coverage", "counted", {"alone"}),
        ("automation_coverage", "others", {"worked", "won", "lost"}),
        ("intervention_conversion", "counted", {"won"}),
        ("intervention_conversion", "others", {"lost"}),
        ("intervention_effectiveness", "counted", {"won"}),
        ("intervention_effectiveness", "others", {"lost"}),
    ],
)
def test_rows_of_a_number_are_exactly_its_numerator_and_the_rest(
    house: House, admin: dict[str, str], seed: Seed, key: str, side: str, triggers: set[str]
) -> None:
    account = seed.account("acme")
    seed.signal(account, "alone", tier="automated")
    seed.task(account, signal_id=seed.signal(account, "worked", tier="automated"))
    for trigger, outcome in (("won", "renewed"), ("lost", "churned")):
        signal = seed.signal(account, trigger, outcome=outcome, outcome_at=moment(1))
        seed.put(learning.interventions, trigger_key=trigger, trigger_version=1, signal_id=signal, account_id=account,
                 arm="treated", aim="churned", at=moment(30), due_at=moment(1), settled_at=moment(0.5), ending=outcome,
                 churned=trigger == "lost", renewed=trigger == "won")  # fmt: skip
    assert {one["trigger"] for one in get(house, admin, f"kpis/{key}/rows", side=side)["items"]} == triggers
    told = get(house, admin, f"kpis/{key}")
    size = len(triggers) if side == "counted" else told["denominator"] - told["numerator"]
    assert size == len(triggers)


def test_behind_revenue_are_accounts_by_the_size_of_their_change(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    for name, before, after in (("grew", 100.0, 150.0), ("left", 400.0, 0.0), ("same", 70.0, 70.0)):
        account = seed.account(name)
        seed.subscription(account, f"{name}-1", before, date(2026, 1, 1), date(2026, 10, 15))
        seed.subscription(account, f"{name}-2", after, date(2026, 10, 15))
    rows = get(house, admin, "kpis/nrr/rows")["items"]
    assert [(one["account"], one["mrr_before"], one["mrr_after"]) for one in rows] == [
        ("left", 400.0, 0.0), ("grew", 100.0, 150.0),
    ]  # fmt: skip
    assert [one["account"] for one in get(house, admin, "kpis/grr/rows", side="others")["items"]] == ["same"]


def test_the_course_of_a_number_has_equal_parts_and_adds_up(house: House, admin: dict[str, str], seed: Seed) -> None:
    account = seed.account("acme")
    for at in range(5):
        seed.signal(account, f"t-{at}", fired_at=moment(at * 10 + 1), event_at=moment(at * 10 + 1))
    course = get(house, admin, "kpis/automation_coverage/course", parts=6)
    assert len(course["points"]) == 6
    assert sum(one["denominator"] for one in course["points"]) == 5
    assert all(one["until"] == two["since"] for one, two in zip(course["points"], course["points"][1:], strict=False))


def test_what_is_only_known_of_the_last_look_has_no_course(house: House, admin: dict[str, str]) -> None:
    course = get(house, admin, "kpis/intervention_roi/course")
    assert (course["has_course"], course["points"]) == (False, [])


def test_renewals_stand_in_their_month_and_band_with_what_is_at_risk(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    red = seed.account("red", arr=1000, renews_on=date(2026, 12, 24))
    seed.state(red, 40.0, "red", churn_score=0.5, readiness=90.0)
    seed.account("new", arr=50, renews_on=date(2026, 12, 2))
    seed.account("undated", arr=7)
    seed.account("yen", arr=9, renews_on=date(2026, 12, 2), currency="JPY")
    seed.account("gone", arr=500, renews_on=date(2026, 12, 2), churned_on=date(2026, 11, 1))
    found = get(house, admin, "insights/pipeline", months=2)
    assert [month["first"] for month in found["months"]] == ["2026-11-01", "2026-12-01"]
    cells = {cell["band"]: cell for cell in found["months"][1]["cells"]}
    assert cells["red"] == {
        "band": "red", "accounts": 1, "arr": 1000, "at_risk": 500, "ready": 1, "ready_arr": 1000,
    }  # fmt: skip
    assert (cells["none"]["accounts"], cells["none"]["arr"], found["left_out"]) == (1, 50, 1)
    assert sum(cell["arr"] for cell in found["undated"]) == 7


def test_a_load_is_what_is_late_and_due_this_week_against_what_the_member_can_do(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    member = house.member(Role.CSM)
    account = seed.account("acme", arr=100, owner_id=member)
    seed.state(account, 30.0, "red")
    for due in (-1, 3, 30):
        seed.task(account, owner_id=member, due_at=START + timedelta(days=due))
    seed.task(account, owner_id=member, status="done", created_at=moment(2), done_at=moment(1))
    seed.task(account)
    mine, nobody = get(house, admin, "insights/capacity")["items"]
    assert {name: mine[name] for name in ("accounts", "red", "open", "overdue", "due_soon", "done")} == {
        "accounts": 1, "red": 1, "open": 3, "overdue": 1, "due_soon": 1, "done": 1,
    }  # fmt: skip
    assert (mine["median_hours"], mine["load"]) == (24.0, 2 / 60)
    assert (nobody["member"], nobody["open"], nobody["load"]) == (None, 1, None)


def test_the_change_of_an_account_is_shared_out_among_its_interventions(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    account = seed.account("acme")
    for trigger in ("one", "two"):
        seed.put(learning.interventions, trigger_key=trigger, trigger_version=1, account_id=account, arm="treated",
                 aim="expanded", at=moment(40), due_at=moment(3), settled_at=moment(2), arr_before=1000.0,
                 arr_after=1600.0, ending="expanded", touched_at=moment(39) if trigger == "one" else None)  # fmt: skip
    one, two = get(house, admin, "insights/attribution")["items"]
    assert (one["change"], two["won"], one["touched"], two["touched"]) == (300, 300, 1, 0)
    assert one["endings"]["expanded"] == 1


def test_who_left_while_green_is_named_with_what_health_saw_and_missed(
    house: House, admin: dict[str, str], seed: Seed
) -> None:
    missed = seed.account("missed", churned_on=TODAY - timedelta(days=10))
    seen = seed.account("seen", churned_on=TODAY - timedelta(days=5))
    seed.account("unscored", churned_on=TODAY - timedelta(days=7))
    for account, score, band in ((missed, 84.0, "green"), (seen, 30.0, "red")):
        change(seed, account, 110, score, band)
    change(seed, missed, 30, 50.0, "red")
    seed.subscription(missed, "s-1", 900, date(2026, 1, 1), TODAY - timedelta(days=10))
    seed.put(customers.tickets, external_id="t-1", account_id=missed, subject="No", opened_at=moment(31),
             escalated_at=moment(30))  # fmt: skip
    seed.put(predictions.prediction_changes, account_id=missed, at=moment(80), probability=0.07)
    found = get(house, admin, "insights/health-audit")
    assert (found["total"], found["scored"], found["missed"]) == (3, 2, 1)
    (one,) = get(house, admin, "insights/health-audit", missed=True)["items"]
    assert [(then["days"], then["band"]) for then in one["before"]] == [(90, "green"), (60, "green"), (30, "green")]
    assert (one["account"], one["mrr"], one["facts"]) == ("missed", 900, ["1 ticket escalated"])
    assert one["foreseen"] == pytest.approx(0.07)
    assert one["looked_well"] == ["Product usage", "Engagement"]


def test_of_each_band_it_is_told_how_many_left_since(house: House, admin: dict[str, str], seed: Seed) -> None:
    for at in range(4):
        gone = {"churned_on": TODAY - timedelta(days=3)} if at == 0 else {}
        change(seed, seed.account(f"red-{at}", **gone), 100, 40.0, "red")
    red, _, green = get(house, admin, "insights/health-audit")["became"]
    assert (red["band"], red["accounts"], red["left"], red["share"]) == ("red", 4, 1, 0.25)
    assert red["low"] < 0.25 < red["high"]
    assert (green["accounts"], green["share"]) == (0, None)


def test_the_book_shows_how_the_accounts_are_spread_behind_a_curve(house: House, admin: dict[str, str]) -> None:
    whole_company(house.store.api, house.workspace_id)
    found = get(house, admin, "health/book")
    spread = found["spreads"]["seat_use_30d"]
    assert (found["accounts"], spread["known"], spread["middle"]) == (2, 2, pytest.approx(0.35))
    assert (sum(found["scores"]), found["judged"]) == (2, {"default": 2})
    assert get(house, admin, "health/book", measure="open_tickets")["spreads"].keys() == {"open_tickets"}


def test_the_shelf_holds_what_ships_and_measures_of_ones_own(house: House, admin: dict[str, str]) -> None:
    own = {"kind": "count", "key": "exports_7d", "label": "Exports, 7 days", "days": 7, "series": "event:Export"}
    saved = house.client.put("/api/measures/exports_7d/draft", json=own, headers=admin)
    assert saved.status_code == 200, saved.text
    house.client.post("/api/measures/exports_7d/publish", headers=admin)
    shelf = get(house, admin, "health/shelf")
    assert [one["weight"] for one in shelf["dimensions"]] == [0.35, 0.25, 0.2, 0.1, 0.1]
    assert "Exports, 7 days" in {one["label"] for one in shelf["measures"]}


def test_the_trail_of_done_work_is_of_the_period_alone(house: House, admin: dict[str, str], seed: Seed) -> None:
    member = house.member(Role.CSM)
    account = seed.account("acme", owner_id=member)
    seed.put(actions.tasks, account_id=account, owner_id=member, title="Old", risk_level="low", status="done",
             due_at=moment(300), created_at=moment(310), done_at=moment(300))  # fmt: skip
    (mine,) = get(house, admin, "insights/capacity")["items"]
    assert mine["done"] == 0
