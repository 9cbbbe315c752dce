"""What a business record says, and what is taken back when it changes."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestay.customers.kinds import ImportKind
from forestay.kit.clock import number_of
from forestay.measures.record_facts import FACT_NAMES, Fact, Record, difference, facts_of_record

NEW_YEAR = date(2026, 1, 1)
DAY = number_of(NEW_YEAR)


def said(kind: ImportKind, record: Record, zone: str = "UTC") -> dict[str, tuple[int, float]]:
    return {fact.name: (fact.day - DAY, fact.value) for fact in facts_of_record(kind, record, zone)}


def moment(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def test_an_invoice_paid_late_is_overdue_until_it_is_paid() -> None:
    invoice = {"amount": 50.0, "issued_on": NEW_YEAR, "due_on": date(2026, 1, 11), "paid_on": date(2026, 1, 21)}
    assert said(ImportKind.INVOICES, invoice) == {
        "invoice.issued": (0, 50.0), "invoice.due": (11, 1.0), "invoice.due_amount": (11, 50.0),
        "invoice.settled": (20, 1.0), "invoice.settled_amount": (20, 50.0), "invoice.paid_late": (20, 10.0),
    }  # fmt: skip


def test_an_invoice_paid_in_time_is_never_overdue() -> None:
    facts = said(ImportKind.INVOICES, {"amount": 50.0, "due_on": date(2026, 1, 11), "paid_on": date(2026, 1, 5)})
    assert (facts["invoice.due"], facts["invoice.settled"], facts.get("invoice.paid_late")) == ((11, 1), (11, 1), None)


def test_a_void_invoice_says_nothing() -> None:
    assert said(ImportKind.INVOICES, {"amount": 50.0, "due_on": NEW_YEAR, "is_void": True}) == {}


def test_an_invoice_without_a_due_date_cannot_be_overdue() -> None:
    assert set(said(ImportKind.INVOICES, {"amount": 50.0, "issued_on": NEW_YEAR})) == {"invoice.issued"}


def test_a_ticket_is_rated_on_the_day_it_closes_and_answered_on_the_day_of_the_answer() -> None:
    ticket = {"opened_at": moment(1, 20), "first_response_at": moment(2, 8), "closed_at": moment(4), "csat": 4}
    facts = said(ImportKind.TICKETS, ticket)
    assert (facts["ticket.csat"], facts["ticket.response_hours"], facts["ticket.closed"]) == ((3, 4), (1, 12), (3, 1))


def test_the_tone_of_a_ticket_is_dated_on_the_day_it_was_opened() -> None:
    angry = {"opened_at": moment(3), "subject": "Export broken", "body": "It is useless and nobody answers."}
    day, tone = said(ImportKind.TICKETS, angry)["ticket.sentiment"]
    assert (day, tone < -0.5) == (2, True)


def test_a_ticket_whose_words_are_not_known_has_no_tone() -> None:
    assert "ticket.sentiment" not in said(ImportKind.TICKETS, {"opened_at": moment(3), "subject": None, "body": ""})


def test_a_ticket_that_is_answered_keeps_its_tone_as_it_was_said() -> None:
    asked: Record = {"opened_at": moment(3), "subject": "Export broken"}
    changed = difference(facts_of_record(ImportKind.TICKETS, asked),
                         facts_of_record(ImportKind.TICKETS, {**asked, "closed_at": moment(4)}))  # fmt: skip
    assert [fact.name for fact in changed] == ["ticket.closed"]


def test_an_escalation_without_a_date_happened_on_the_day_of_opening() -> None:
    assert said(ImportKind.TICKETS, {"opened_at": moment(3), "is_escalated": True})["ticket.escalated"] == (2, 1)


def test_a_ticket_opened_late_in_the_evening_belongs_to_the_day_of_the_workspace() -> None:
    assert said(ImportKind.TICKETS, {"opened_at": moment(2, 2)}, "America/New_York")["ticket.opened"] == (0, 1)


def test_a_subscription_pays_from_its_start_to_its_end() -> None:
    record = {"started_on": NEW_YEAR, "ended_on": date(2026, 1, 31), "arr": 1200.0, "seats": 5}
    facts = [(fact.name, fact.day - DAY, fact.value) for fact in facts_of_record(ImportKind.SUBSCRIPTIONS, record)]
    assert facts[2:] == [("mrr", 0, 100.0), ("mrr", 30, -100.0), ("seats", 0, 5.0), ("seats", 30, -5.0)]


def test_a_sponsor_who_leaves_is_a_contact_lost_and_a_sponsor_lost() -> None:
    contact = {"is_sponsor": True, "left_on": date(2026, 1, 3)}
    assert set(said(ImportKind.CONTACTS, contact)) == {"contact.left", "sponsor.left"}


def test_a_survey_of_unknown_kind_is_an_nps_answer() -> None:
    assert said(ImportKind.SURVEYS, {"at": moment(1), "score": 9}) == {"survey.nps": (0, 9.0)}


def test_a_meeting_that_the_customer_asked_for_counts_three_ways() -> None:
    meeting = {"channel": "Meeting", "direction": "inbound", "at": moment(1)}
    assert set(said(ImportKind.INTERACTIONS, meeting)) == {
        "interaction.any", "interaction.meeting", "interaction.inbound",
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(ImportKind))
def test_an_empty_record_says_nothing(kind: ImportKind) -> None:
    assert facts_of_record(kind, {}) == []


facts = st.lists(st.builds(Fact, st.sampled_from(FACT_NAMES), st.integers(0, 2), st.sampled_from([1.0, 2.0])))


@given(facts, facts)
def test_what_was_said_and_its_difference_are_what_is_said_now(old: list[Fact], new: list[Fact]) -> None:
    def net(many: list[Fact]) -> dict[tuple[str, int], tuple[float, int]]:
        sums: dict[tuple[str, int], tuple[float, int]] = {}
        for fact in many:
            value, count = sums.get((fact.name, fact.day), (0.0, 0))
            sums[fact.name, fact.day] = value + fact.value, count + fact.count
        return {key: total for key, total in sums.items() if total != (0.0, 0)}

    assert net(old + difference(old, new)) == net(new)
