"""From an event in the log to a committed score, signal and request."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from forestay.customers.kinds import ImportKind
from forestay.events.log import Codec
from tests.app.worker_house import NOON, WorkerHouse
from tests.sources.messages import arrow, control, group, identify, track

OPEN_SIGNALS = """SELECT a.external_id, s.trigger_key FROM signals s JOIN accounts a ON a.id = s.account_id
WHERE s.status = 'open' ORDER BY 1, 2"""
EVENTS_7D = """SELECT a.external_id, s.measures[array_position(m.keys, 'events_7d')]::int FROM account_states s
JOIN accounts a ON a.id = s.account_id JOIN measure_sets m ON m.workspace_id = s.workspace_id AND m.number = s.measure_set
ORDER BY 1"""


def test_one_event_gives_its_account_a_score(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("m1", userId="ann", account="globex"))
    ticked = house.run()
    assert ticked is not None
    assert ticked.counts["events.accepted"] == 1
    states = house.rows(
        "SELECT a.external_id, s.score IS NOT NULL FROM account_states s JOIN accounts a ON a.id = s.account_id"
    )
    assert states == [("globex", True)]
    assert house.rows("SELECT position FROM positions") == [(1,)]


def test_an_account_in_trouble_gets_a_signal_and_a_request_with_evidence(house: WorkerHouse, acme: int) -> None:
    house.say(acme, group("m0", "globex", userId="ann", traits={"seats": 50}), track("m1", userId="ann"))
    house.run_dry()
    assert ("globex", "health-below-60") in house.rows(OPEN_SIGNALS)
    signal = house.rows("SELECT evidence, cause, event_at FROM signals WHERE trigger_key = 'health-below-60'")[0]
    assert signal[0][0]["column"] == "health.score"
    sure = {one["column"]: one["value"] for one in signal[0]}["health.confidence"]
    assert sure < 0.4  # one feed tells a quarter of what there is to know, and the signal says so
    assert (signal[1]["event"], signal[1]["position"]) == ("Report Run", 1)
    assert signal[2] == NOON
    assert house.rows("SELECT slot, cause LIKE 'signal:%' FROM requests") == [("task", True)]


def test_the_same_message_again_counts_once(house: WorkerHouse, acme: int) -> None:
    for _ in range(2):
        house.say(acme, track("m1", userId="ann", account="globex"))
        house.run()
    assert house.rows(EVENTS_7D) == [("globex", 1)]
    counts = dict(house.rows("SELECT name, sum(count)::int FROM daily_counts GROUP BY name"))
    assert (counts["events.accepted"], counts["events.duplicate"]) == (1, 1)


def test_a_visitors_events_find_their_account_when_the_visitor_signs_in(house: WorkerHouse, acme: int) -> None:
    house.say(acme, *(track(f"m{n}", anonymousId="x") for n in range(3)))
    house.run()
    assert house.rows(EVENTS_7D) == []
    house.say(acme, identify("i", "ann", "x"), group("g", "globex", userId="ann"))
    house.run()
    assert house.rows(EVENTS_7D) == [("globex", 3)]
    assert house.rows("SELECT key FROM identities ORDER BY key") == [("a:x",), ("u:ann",)]


def test_a_user_who_moves_takes_nothing_along(house: WorkerHouse, acme: int) -> None:
    house.say(acme, group("g1", "globex", userId="ann"), track("m1", userId="ann"))
    house.run()
    house.say(acme, group("g2", "initech", userId="ann"), track("m2", userId="ann"))
    house.run()
    assert house.rows(EVENTS_7D) == [("globex", 1), ("initech", 1)]
    members = "SELECT a.external_id, m.is_primary FROM memberships m JOIN accounts a ON a.id = m.account_id ORDER BY 1"
    assert house.rows(members) == [("globex", False), ("initech", True)]


def test_a_merge_gives_counts_signals_and_contacts_to_the_one_that_stays(house: WorkerHouse, acme: int) -> None:
    house.say(
        acme, group("g1", "old", userId="ann"), track("m1", userId="ann"), track("m2", userId="bob", account="new")
    )
    house.run()
    house.put(control(0, "account.merged", "old", "new", workspace=acme))
    house.run()
    house.say(acme, track("m3", userId="ann"))
    house.run_dry()
    house.refresh()
    assert house.rows(EVENTS_7D) == [("new", 3)]
    assert {name for name, _ in house.rows(OPEN_SIGNALS)} == {"new"}
    merged = "SELECT g.external_id FROM accounts a JOIN accounts g ON g.id = a.merged_into WHERE a.external_id = 'old'"
    assert house.rows(merged) == [("new",)]
    assert house.rows(
        "SELECT count(*)::int FROM memberships m JOIN accounts a ON a.id = m.account_id AND a.external_id = 'new'"
    ) == [(2,)]


def test_traits_become_fields_and_the_rest_stays(house: WorkerHouse, acme: int) -> None:
    house.say(
        acme,
        group("g", "globex", userId="ann", traits={"name": "Globex", "plan": "pro", "seats": 40, "tint": "blue"}),
        identify(
            "i", "ann", None, traits={"email": "ann@example.com", "firstName": "Ann", "lastName": "Lee", "vip": True}
        ),
    )
    house.run()
    assert house.rows("SELECT name, plan, seats, traits FROM accounts") == [("Globex", "pro", 40.0, {"tint": "blue"})]
    contact = house.rows("SELECT email, name, traits ->> 'vip' FROM contacts")
    assert contact == [("ann@example.com", "Ann Lee", "true")]


def test_a_trait_that_a_journey_sets_joins_what_is_known_and_makes_nobody_a_member(
    house: WorkerHouse, acme: int
) -> None:
    house.say(acme, group("g0", "globex", userId="ann", traits={"name": "Globex", "seats": 50, "motto": "north"}))
    house.run()
    house.say(acme, group("eff_1", "globex", traits={"rescue": "started"}))
    house.say(acme, group("eff_1", "globex", traits={"rescue": "twice"}))
    house.run()
    traits = house.rows("SELECT name, seats, traits->>'motto', traits->>'rescue' FROM accounts")
    assert traits == [("Globex", 50, "north", "started")]
    assert house.rows("SELECT key FROM identities") == [("u:ann",)]


def test_a_late_call_does_not_undo_newer_words(house: WorkerHouse, acme: int) -> None:
    house.say(acme, group("g2", "globex", userId="ann", timestamp="2026-11-21T00:00:00Z", traits={"plan": "pro"}))
    house.say(
        acme,
        group(
            "g1", "globex", userId="ann", timestamp="2026-11-01T00:00:00Z", traits={"plan": "free", "industry": "steel"}
        ),
    )
    house.run()
    assert house.rows("SELECT plan, industry FROM accounts") == [("pro", "steel")]


def test_subscriptions_tell_arr_seats_and_renewal(house: WorkerHouse, acme: int) -> None:
    rows = [
        {"subscription_id": "s1", "account_id": "globex", "mrr": 100.0, "seats": 10.0, "started_on": date(2026, 1, 1),
         "renews_on": date(2027, 1, 1)},
        {"subscription_id": "s2", "account_id": "globex", "arr": 600.0, "seats": 5.0, "started_on": date(2026, 6, 1),
         "renews_on": date(2026, 12, 1)},
    ]  # fmt: skip
    house.put(arrow(0, ImportKind.SUBSCRIPTIONS, rows, workspace=acme))
    house.run()
    expected = [(1800, 15.0, date(2026, 12, 1))]
    assert house.rows("SELECT arr::int, seats, renews_on FROM accounts") == expected
    house.put(arrow(0, ImportKind.SUBSCRIPTIONS, [{**rows[1], "ended_on": date(2026, 11, 1)}], workspace=acme))
    house.run()
    assert house.rows("SELECT arr::int, seats, renews_on FROM accounts") == [(1200, 10.0, date(2027, 1, 1))]


def test_an_arr_that_was_told_is_not_replaced_by_subscriptions(house: WorkerHouse, acme: int) -> None:
    house.put(arrow(0, ImportKind.ACCOUNTS, [{"account_id": "globex", "arr": 999.0}], workspace=acme))
    sub = {"subscription_id": "s1", "account_id": "globex", "mrr": 100.0, "started_on": date(2026, 1, 1)}
    house.put(arrow(0, ImportKind.SUBSCRIPTIONS, [sub], workspace=acme))
    house.run()
    assert house.rows("SELECT arr::int FROM accounts") == [(999,)]


def test_a_record_told_twice_in_parts_keeps_what_was_known(house: WorkerHouse, acme: int) -> None:
    opened = datetime(2026, 11, 20, 9, tzinfo=UTC)
    whole = {"ticket_id": "t1", "account_id": "globex", "subject": "Help", "opened_at": opened, "priority": "high"}
    house.put(arrow(0, ImportKind.TICKETS, [whole], workspace=acme))
    house.run()
    part = {"ticket_id": "t1", "account_id": "globex", "closed_at": NOON, "csat": 2.0}
    for _ in range(2):
        house.put(arrow(0, ImportKind.TICKETS, [part], workspace=acme))
        house.run()
    assert house.rows("SELECT subject, priority, opened_at, closed_at, csat FROM tickets") == [
        ("Help", "high", opened, NOON, 2.0)
    ]
    facts = house.space(acme).memory.facts
    assert [facts.entries(name)[2].tolist() for name in ("ticket.opened", "ticket.closed", "ticket.csat")] == [
        [1],
        [1],
        [2],
    ]


def test_the_new_day_touches_silent_accounts(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run_dry()
    score = (
        "SELECT as_of, score FROM account_states s JOIN accounts a ON a.id = s.account_id AND a.external_id = 'globex'"
    )
    before = house.rows(score)[0]
    house.clock.advance(timedelta(days=9))
    house.say(acme, track("m2", userId="bob", account="initech"))  # the feed lives
    house.run_dry()
    after = house.rows(score)[0]
    assert after[0] - before[0] > timedelta(days=8)
    assert after[1] < before[1]
    assert house.rows("SELECT DISTINCT cause FROM health_changes ORDER BY cause") == [("day",), ("event",)]


def test_an_event_older_than_the_ring_goes_to_the_lake_and_is_counted_as_late(house: WorkerHouse, acme: int) -> None:
    house.say(acme, track("m1", userId="ann", account="globex", timestamp="2026-01-01T00:00:00Z"))
    house.run()
    assert dict(house.rows("SELECT name, count::int FROM daily_counts"))["events.late"] == 1
    assert house.lake.events() == 1


def test_a_bad_body_waits_in_the_quarantine_and_the_next_one_counts(house: WorkerHouse, acme: int) -> None:
    house.append(acme, Codec.SEGMENT, b'{"batch": 7}')
    house.append(acme, Codec.ARROW, b"no arrow")
    house.append(acme, Codec.REJECTED, b'{"reason_code":"no_user","reason":"no user","source":"track","item":"{}"}')
    house.say(acme, track("m1", userId="ann", account="globex"))
    house.run()
    assert house.rows("SELECT position, reason_code FROM quarantine ORDER BY position") == [
        (1, "undecodable"), (2, "undecodable"), (3, "no_user"),
    ]  # fmt: skip
    assert house.rows(EVENTS_7D) == [("globex", 1)]


def test_nothing_to_do_is_no_tick(house: WorkerHouse, acme: int) -> None:
    house.run_dry()
    assert house.run() is None
