"""What a business record says, as dated facts.

Reads : records of customers.kinds.FIELDS, with typed values
Gives : Fact, facts_of_record(), difference(), Record
Source: the table of facts in docs/architecture.md.

A record that changes writes the difference between what it said and what it says, so replaying its versions
in any number gives the same facts as its last version alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from math import isnan

from forestay.customers.kinds import ImportKind
from forestay.kit.clock import day_of, moment_of, number_of
from forestay.measures.sentiment import sentiment

FieldValue = str | float | int | bool | date | datetime | None
Record = Mapping[str, FieldValue]
"""Fields of customers.kinds: text, numbers, flags, dates; a moment is an aware datetime or microseconds (int)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """value dated on a day of the workspace; count +1 when said, -1 when taken back (value with its sign turned)."""

    name: str
    day: int
    value: float = 1.0
    count: int = 1


FACT_NAMES = (
    "ticket.opened", "ticket.closed", "ticket.escalated", "ticket.csat", "ticket.response_hours", "ticket.sentiment",
    "invoice.due", "invoice.settled", "invoice.due_amount", "invoice.settled_amount", "invoice.paid_late",
    "invoice.issued", "interaction.any", "interaction.meeting", "interaction.inbound", "survey.nps", "survey.csat",
    "mrr", "seats", "subscription.started", "subscription.ended", "contact.added", "contact.left", "sponsor.left",
    "sponsor.added", "account.churned",
)  # fmt: skip


def facts_of_record(kind: ImportKind, record: Record, zone: str = "UTC") -> list[Fact]:
    """The facts of one record; none for a field that is empty. Days are those of the workspace's zone.

    >>> said = facts_of_record(ImportKind.INVOICES, {"amount": 90.0, "due_on": date(1970, 1, 11), "paid_on": None})
    >>> [(fact.name, fact.day, fact.value) for fact in said]
    [('invoice.due', 11, 1.0), ('invoice.due_amount', 11, 90.0)]
    """
    reader = _READERS.get(kind)
    return [] if reader is None else list(reader(_Fields(record, zone)))


def difference(old: Sequence[Fact], new: Sequence[Fact]) -> list[Fact]:
    """What must be added so that `old` becomes `new`; facts in both cancel out.

    >>> difference([Fact("ticket.csat", 9, 2.0)], [Fact("ticket.csat", 9, 5.0)])[1]
    Fact(name='ticket.csat', day=9, value=-2.0, count=-1)
    """
    left = list(old)
    added: list[Fact] = []
    for fact in new:
        if fact in left:
            left.remove(fact)
        else:
            added.append(fact)
    return added + [replace(fact, value=-fact.value, count=-fact.count) for fact in left]


class _Fields:
    """Typed reading of one record; None where a field is missing or of another type."""

    def __init__(self, record: Record, zone: str) -> None:
        self._record, self._zone = record, zone

    def day(self, name: str) -> int | None:
        value = self._record.get(name)
        if isinstance(value, datetime):
            return day_of(value, self._zone)
        return number_of(value) if isinstance(value, date) else None

    def moment(self, name: str) -> datetime | None:
        value = self._record.get(name)
        if isinstance(value, datetime):
            return value
        return moment_of(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def moment_day(self, name: str) -> int | None:
        moment = self.moment(name)
        return self.day(name) if moment is None else day_of(moment, self._zone)

    def number(self, name: str) -> float | None:
        value = self._record.get(name)
        return float(value) if isinstance(value, int | float) and value == value else None

    def flag(self, name: str) -> bool:
        return self._record.get(name) is True

    def text(self, name: str) -> str:
        value = self._record.get(name)
        return value if isinstance(value, str) else ""

    def word(self, name: str) -> str:
        value = self._record.get(name)
        return value.strip().lower() if isinstance(value, str) else ""


def _ticket(ticket: _Fields) -> Iterator[Fact]:
    opened, closed = ticket.moment_day("opened_at"), ticket.moment_day("closed_at")
    if opened is None:
        return
    yield Fact("ticket.opened", opened)
    if closed is not None:
        yield Fact("ticket.closed", closed)
    escalated = ticket.moment_day("escalated_at")
    if escalated is not None or ticket.flag("is_escalated"):
        yield Fact("ticket.escalated", opened if escalated is None else escalated)
    if (score := ticket.number("csat")) is not None:
        yield Fact("ticket.csat", opened if closed is None else closed, score)
    yield from _first_response(ticket, opened)
    tone = _tone(ticket.text("subject"), ticket.text("body"))
    if not isnan(tone):
        yield Fact("ticket.sentiment", opened, tone)


@lru_cache(maxsize=10_000)
def _tone(subject: str, body: str) -> float:
    """To thousandths. Remembered, since a change is told as the version before and the one after, mostly of one text."""
    return round(sentiment(subject, body), 3)


def _first_response(ticket: _Fields, opened: int) -> Iterator[Fact]:
    asked, answered = ticket.moment("opened_at"), ticket.moment("first_response_at")
    minutes = ticket.number("first_response_minutes")
    if asked is not None and answered is not None:
        hours = max(0.0, (answered - asked).total_seconds() / 3600)
        yield Fact("ticket.response_hours", ticket.moment_day("first_response_at") or opened, hours)
    elif minutes is not None:
        yield Fact("ticket.response_hours", opened + int(minutes // 1440), minutes / 60)


def _invoice(invoice: _Fields) -> Iterator[Fact]:
    if invoice.flag("is_void"):
        return
    amount = invoice.number("amount") or 0.0
    issued, due, paid = invoice.day("issued_on"), invoice.day("due_on"), invoice.day("paid_on")
    if issued is not None:
        yield Fact("invoice.issued", issued, amount)
    if due is None:
        return
    yield Fact("invoice.due", due + 1)
    yield Fact("invoice.due_amount", due + 1, amount)
    if paid is not None:
        yield Fact("invoice.settled", max(paid, due + 1))
        yield Fact("invoice.settled_amount", max(paid, due + 1), amount)
        if paid > due:
            yield Fact("invoice.paid_late", paid, float(paid - due))


def _interaction(interaction: _Fields) -> Iterator[Fact]:
    day = interaction.moment_day("at")
    if day is None:
        return
    yield Fact("interaction.any", day)
    if interaction.word("channel") == "meeting":
        yield Fact("interaction.meeting", day)
    if interaction.word("direction") == "inbound":
        yield Fact("interaction.inbound", day)


def _survey(survey: _Fields) -> Iterator[Fact]:
    day, score, kind = survey.moment_day("at"), survey.number("score"), survey.word("survey") or "nps"
    if day is not None and score is not None and kind in ("nps", "csat"):
        yield Fact(f"survey.{kind}", day, score)


def _subscription(subscription: _Fields) -> Iterator[Fact]:
    started, ended = subscription.day("started_on"), subscription.day("ended_on")
    if started is None:
        return
    yield Fact("subscription.started", started)
    if ended is not None:
        yield Fact("subscription.ended", ended)
    monthly, yearly = subscription.number("mrr"), subscription.number("arr")
    revenue = yearly / 12 if monthly is None and yearly is not None else monthly
    for name, value in (("mrr", revenue), ("seats", subscription.number("seats"))):
        if value is not None:
            yield Fact(name, started, value)
            if ended is not None:
                yield Fact(name, ended, -value)


def _contact(contact: _Fields) -> Iterator[Fact]:
    added, left = contact.day("created_on"), contact.day("left_on")
    for name, day in (("added", added), ("left", left)):
        if day is not None:
            yield Fact(f"contact.{name}", day)
            if contact.flag("is_sponsor"):
                yield Fact(f"sponsor.{name}", day)


def _account(account: _Fields) -> Iterator[Fact]:
    churned = account.day("churned_on")
    if churned is not None:
        yield Fact("account.churned", churned)


_READERS: Mapping[ImportKind, Callable[[_Fields], Iterator[Fact]]] = {
    ImportKind.TICKETS: _ticket,
    ImportKind.INVOICES: _invoice,
    ImportKind.INTERACTIONS: _interaction,
    ImportKind.SURVEYS: _survey,
    ImportKind.SUBSCRIPTIONS: _subscription,
    ImportKind.CONTACTS: _contact,
    ImportKind.ACCOUNTS: _account,
}
