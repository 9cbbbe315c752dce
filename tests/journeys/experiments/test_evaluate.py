"""A test from exposure to verdict, in the store."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from forestay.journeys.experiments.evaluate import events_of, report_tests
from forestay.journeys.experiments.report import Verdict
from forestay.journeys.read import body_of, read_journey
from tests.conftest import StoreUnderTest
from tests.journeys.experiments.ground import BEGIN, Ground, alternating, journey, of_arm

LATER = BEGIN + timedelta(days=120)
GOAL = {"outcome": {"kind": "goal", "within_days": 30}}


@pytest.fixture
def ground(store: StoreUnderTest, workspace: int) -> Ground:
    return Ground(store, workspace)


def test_an_arm_that_reaches_the_goal_more_often_wins_and_says_by_how_much(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts, arms = ground.accounts(1600), alternating(1600)
    ground.expose(accounts, arms)
    ground.reach_goal(of_arm(accounts, arms, "a")[::5] + of_arm(accounts, arms, "b")[::2])
    report = ground.look(LATER)[0]
    assert report.verdict is Verdict.BETTER
    assert report.words.startswith("'b' is better than 'a' by 30.")
    assert report.words.endswith("stop and take 'b'")
    assert "95 % [" in report.words


def test_nothing_is_said_before_enough_is_known(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    ground.expose(ground.accounts(40), alternating(40))
    assert ground.look(LATER)[0].verdict is Verdict.TOO_EARLY


def test_a_rate_of_nothing_in_five_hundred_is_not_surely_nothing(ground: Ground) -> None:
    ground.begin(journey({**GOAL, "matters_from": 0.01}))
    ground.expose(ground.accounts(500), alternating(500))
    assert ground.look(LATER)[0].verdict is Verdict.TOO_EARLY


def test_a_subject_counts_only_when_its_horizon_is_over(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(10)
    ground.expose(accounts, alternating(10))
    ground.reach_goal(accounts)
    early, late = ground.look(BEGIN + timedelta(days=29)), ground.look(BEGIN + timedelta(days=31))
    assert (early[0].outcomes[0].waiting, late[0].outcomes[0].waiting) == (10, 0)


def test_a_goal_after_the_horizon_does_not_count(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(10)
    ground.expose(accounts, ["a"] * 10)
    ground.reach_goal(accounts, after=timedelta(days=31))
    assert ground.look(LATER)[0].outcomes[0].arms[0].mean == 0


def test_what_is_settled_outlives_the_run_it_was_read_from(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(10)
    ground.expose(accounts, ["a"] * 10)
    ground.reach_goal(accounts)
    ground.look(LATER)
    ground.run("DELETE FROM journey_runs WHERE workspace_id = :w")
    assert ground.look(LATER + timedelta(days=1))[0].outcomes[0].arms[0].mean == 1


def test_looking_twice_changes_nothing(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    ground.expose(ground.accounts(300), alternating(300))
    assert ground.look(LATER) == ground.look(LATER)
    with ground.store.worker.begin_worker() as connection:
        assert report_tests(connection, ground.workspace, "rescue") == ground.look(LATER)


def test_a_page_reads_what_the_last_look_said_and_looks_itself_where_the_test_is_another(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    ground.expose(ground.accounts(300), alternating(300))
    said = ground.look(LATER)
    ground.run("DELETE FROM journey_exposures WHERE workspace_id = :w")
    with ground.store.worker.begin_worker() as connection:
        assert report_tests(connection, ground.workspace, "rescue") == said
    ground.run('UPDATE test_reports SET body = \'{"journey": "rescue"}\' WHERE workspace_id = :w')
    with ground.store.worker.begin_worker() as connection:
        assert report_tests(connection, ground.workspace, "rescue")[0].mismatch.counts == {"a": 0, "b": 0}
    other = journey({**GOAL, "alpha": 0.01})
    ground.run(
        "UPDATE documents SET body = cast(:body AS jsonb) WHERE workspace_id = :w", body=json.dumps(body_of(other))
    )
    with ground.store.worker.begin_worker() as connection:
        assert report_tests(connection, ground.workspace, "rescue")[0].mismatch.counts == {"a": 0, "b": 0}


def test_a_test_with_nothing_new_is_looked_at_once_a_day(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(4)
    ground.expose(accounts[:3], ["a", "b", "a"])
    moments = []
    for hours in (0, 1, 24):
        ground.look(LATER + timedelta(hours=hours))
        moments += ground.rows("SELECT computed_at FROM test_reports")
    ground.expose(accounts[3:], ["b"], at=LATER)
    ground.look(LATER + timedelta(hours=25))
    moments += ground.rows("SELECT computed_at FROM test_reports")
    assert [(moment[0] - LATER) / timedelta(hours=1) for moment in moments] == [0, 0, 24, 25]


def test_someone_exposed_again_counts_once_in_the_first_arm(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts = ground.accounts(3)
    ground.expose(accounts, ["a", "b", "a"])
    ground.expose(accounts[:1], ["b"], at=BEGIN + timedelta(days=60))
    report = ground.look(LATER + timedelta(days=60))[0]
    assert {arm.arm: arm.n for arm in report.outcomes[0].arms} == {"a": 2, "b": 1}
    assert report.crossed == 1


def test_lost_subjects_discredit_the_test(ground: Ground) -> None:
    ground.begin(journey(GOAL))
    accounts, arms = ground.accounts(2000), alternating(2000)
    kept = [
        (account, arm)
        for place, (account, arm) in enumerate(zip(accounts, arms, strict=True))
        if arm == "a" or place % 4
    ]
    ground.expose([account for account, _ in kept], [arm for _, arm in kept])
    report = ground.look(LATER)[0]
    assert report.verdict is Verdict.MISMATCH
    assert "did not get their shares" in report.words


REFUSALS = {
    "outcome": {"kind": "goal", "within_days": 30},
    "guard_rails": [{"outcome": {"kind": "refusal", "within_days": 7}, "limit": 0.02}],
}


def test_an_arm_that_makes_people_unsubscribe_is_stopped_with_the_reason(ground: Ground) -> None:
    ground.begin(journey(REFUSALS))
    accounts, arms = ground.accounts(400), alternating(400)
    ground.expose(accounts, arms)
    ground.run(
        """WITH c AS (INSERT INTO contacts (workspace_id, external_id) SELECT :w, 'c-' || a FROM unnest(cast(:annoyed AS bigint[])) AS a
                      RETURNING id, external_id),
                m AS (INSERT INTO memberships (workspace_id, contact_id, account_id)
                      SELECT :w, id, cast(substr(external_id, 3) AS bigint) FROM c)
           INSERT INTO consents (workspace_id, contact_id, channel, purpose, is_given, source, at)
           SELECT :w, id, 'email', 'success', false, 'link', :at FROM c""",
        annoyed=of_arm(accounts, arms, "b")[::10],
        at=BEGIN + timedelta(days=2),
    )
    report = ground.look(BEGIN + timedelta(days=10))[0]
    assert list(report.stopped) == ["b"]
    assert report.stopped["b"].startswith("unsubscribed or complained within 7 days: 10.")
    assert "where the limit is 2.0 %" in report.stopped["b"]
    assert ground.rows("SELECT stopped ? 'b', shares FROM journey_arms") == [(True, {"a": 50.0, "b": 50.0})]


def test_a_stopped_arm_stays_stopped(ground: Ground) -> None:
    ground.begin(journey(REFUSALS))
    ground.run(
        """INSERT INTO journey_arms (workspace_id, journey_id, test, shares, stopped)
           VALUES (:w, :j, 'offer', '{"a": 50, "b": 50}', '{"b": "too many left"}')""",
        j=ground.journey_id,
    )
    assert ground.look(LATER)[0].stopped == {"b": "too many left"}


def test_thompson_allocation_leads_subjects_to_the_better_arm(ground: Ground) -> None:
    ground.begin(journey({**GOAL, "allocating": "thompson", "floor": 20}))
    accounts, arms = ground.accounts(600), alternating(600)
    ground.expose(accounts, arms)
    ground.reach_goal(of_arm(accounts, arms, "b")[::2])
    assert ground.look(LATER)[0].shares == {"a": 20.0, "b": 80.0}
    assert ground.rows("SELECT shares FROM journey_arms") == [({"a": 20.0, "b": 80.0},)]


def test_a_holdout_tells_how_much_revenue_a_journey_keeps(ground: Ground) -> None:
    ground.begin(journey(holdout_share=0.5))
    accounts, arms = ground.accounts(600), alternating(600)
    names = {"a": "holdout", "b": "treated"}
    ground.expose(accounts, [names[arm] for arm in arms], test="$holdout", shares={"treated": 0.5, "holdout": 0.5})
    losing = of_arm(accounts, arms, "a")[::3]
    ground.run(
        """INSERT INTO subscriptions (workspace_id, external_id, account_id, mrr, started_on, ended_on)
           SELECT :w, 's-' || a, a, 1000, '2026-01-01', CASE WHEN a = ANY(cast(:losing AS bigint[])) THEN date '2026-07-01' END
           FROM unnest(cast(:all AS bigint[])) AS a""",
        losing=losing, all=accounts,
    )  # fmt: skip
    reports = {report.outcomes[0].name: report for report in ground.look(LATER) if report.test == "$holdout"}
    kept = reports["revenue:kept:90"].outcomes[0].comparisons[0]
    assert (kept.arm, kept.control) == ("treated", "holdout")
    assert kept.interval is not None
    assert kept.interval.estimate == pytest.approx(12_000 / 3, rel=0.02)
    assert kept.interval.low > 0
    assert reports["account:churned:90"].verdict is Verdict.BETTER


def test_growth_and_renewal_are_counted_against_what_was_there(ground: Ground) -> None:
    outcomes = [{"kind": "account", "became": word, "within_days": 30} for word in ("expanded", "renewed", "churned")]
    ground.begin(
        journey(
            {"outcome": outcomes[0], "also": [*outcomes[1:], {"kind": "revenue", "of": "change", "within_days": 30}]}
        )
    )
    grown, gone = ground.accounts(2)
    ground.expose([grown, gone], ["a", "b"])
    ground.subscribe(grown, 100, date(2026, 1, 1))
    ground.subscribe(grown, 50, date(2026, 6, 10))
    ground.subscribe(gone, 100, date(2026, 1, 1))
    ground.run(
        "UPDATE subscriptions SET renews_on = '2026-06-15' WHERE workspace_id = :w AND started_on = '2026-01-01'"
    )
    ground.look(BEGIN + timedelta(hours=1))
    ground.run("UPDATE subscriptions SET ended_on = '2026-06-15' WHERE account_id = :gone", gone=gone)
    seen = {found.name: [arm.mean for arm in found.arms] for found in ground.look(LATER)[0].outcomes}
    assert seen == {
        "account:expanded:30": [1, 0],
        "account:renewed:30": [1, 0],
        "account:churned:30": [0, 1],
        "revenue:change:30": [600, -1200],
    }


def test_health_is_compared_with_what_it_was_at_the_exposure(ground: Ground) -> None:
    ground.begin(journey({"outcome": {"kind": "health", "within_days": 14}}))
    known, unknown = ground.accounts(2)
    ground.expose([known, unknown], ["a", "a"])
    for days, score in ((-3, 60), (5, 70), (20, 10)):
        ground.run(
            "INSERT INTO health_changes (workspace_id, account_id, at, score, cause) VALUES (:w, :a, :at, :score, 'event')",
            a=known, at=BEGIN + timedelta(days=days), score=score,
        )  # fmt: skip
    found = ground.look(LATER)[0].outcomes[0]
    assert found.arms[0].mean == 10
    assert found.without == 1


def test_an_event_within_the_days_counts_once(ground: Ground) -> None:
    ground.begin(journey({"outcome": {"kind": "event", "event": "Report Exported", "within_days": 14}}))
    early, late = ground.accounts(2)
    ground.expose([early, late], ["a", "b"])
    for account, days in ((early, 3), (early, 4), (late, 20), (late, -2)):
        at = BEGIN + timedelta(days=days)
        ground.run(
            """INSERT INTO recent_events (workspace_id, account_id, name, at, day)
               VALUES (:w, :a, 'Report Exported', :at, :day)""",
            a=account, at=at, day=at.date(),
        )  # fmt: skip
    assert [arm.mean for arm in ground.look(LATER)[0].outcomes[0].arms] == [1, 0]
    assert ground.rows("SELECT before FROM journey_outcomes ORDER BY run_id") == [(0.0,), (1.0,)]


def test_a_measure_is_read_at_the_exposure_and_at_the_horizon(ground: Ground) -> None:
    ground.begin(
        journey({"outcome": {"kind": "measure", "measure": "active_users_7d", "change": True, "within_days": 14}})
    )
    (account,) = ground.accounts(1)
    ground.expose([account], ["a"])
    ground.run("INSERT INTO measure_sets (workspace_id, number, keys) VALUES (:w, 1, '{seats,active_users_7d}')")
    ground.run(
        """INSERT INTO account_states (workspace_id, account_id, as_of, measures, measure_set)
           VALUES (:w, :a, :at, '{1,20}', 1)""",
        a=account, at=BEGIN,
    )  # fmt: skip
    ground.look(BEGIN + timedelta(minutes=30))
    ground.run("UPDATE account_states SET measures = '{1,26}' WHERE account_id = :a", a=account)
    assert ground.look(BEGIN + timedelta(days=15))[0].outcomes[0].arms[0].mean == 6


def test_events_that_a_test_counts_are_named_for_watching() -> None:
    counted = {"outcome": {"kind": "event", "event": "Report Exported"}}
    assert events_of(read_journey(journey(counted))) == {"Report Exported"}


def test_the_holdout_of_the_whole_workspace_is_judged_over_all_journeys(ground: Ground) -> None:
    ground.begin(journey())
    ground.run("""UPDATE workspaces SET settings = '{"global_holdout_share": 0.1}' WHERE id = :w""")
    ground.expose(
        ground.accounts(20), ["treated"] * 18 + ["holdout"] * 2, test="$global", shares={"treated": 0.9, "holdout": 0.1}
    )
    reports = [report for report in ground.look(LATER) if report.test == "$global"]
    assert {report.journey for report in reports} == {"*"}
    assert [arm.n for arm in reports[0].outcomes[0].arms] == [18, 2]


def test_a_plan_comes_back_as_it_was_written() -> None:
    test = {
        "outcome": {"kind": "account", "became": "churned", "within_days": 90},
        "also": [{"kind": "goal"}, {"kind": "event", "event": "Report Exported"}],
        "guard_rails": [{"outcome": {"kind": "refusal"}, "limit": 0.02}],
    }
    written = read_journey(journey(test)).written()
    assert written["steps"]["offer"]["test"]["guard_rails"] == test["guard_rails"]
    assert read_journey(written) == read_journey(journey(test))
