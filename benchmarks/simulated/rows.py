"""A block of made-up accounts as the rows that the lake would give, so that measures read them without a lake.

Reads : simulator.account (lives), measures.record_facts (what records say)
Gives : rows_of()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from forestay.customers.kinds import FIELDS, FieldType, ImportKind
from forestay.kit.clock import DAY_MICROS, date_of
from forestay.lake.reads import CodedSpans, DatedFacts
from forestay.measures.lake_rows import BlockRows
from forestay.measures.record_facts import Fact, Record, facts_of_record
from forestay.measures.series import ANY, SeriesBook
from forestay.simulator.account import AccountLife, contact_row
from forestay.simulator.catalogue import EVENT_NAMES
from forestay.simulator.rows import KINDS, Row
from forestay.simulator.spec import CompanySpec

_READ = {
    ImportKind.TICKETS: ("opened_at", "closed_at", "escalated_at", "csat", "first_response_at", "subject", "body"),
    ImportKind.INVOICES: ("is_void", "amount", "issued_on", "due_on", "paid_on"),
    ImportKind.INTERACTIONS: ("at", "channel", "direction"),
    ImportKind.SURVEYS: ("at", "score", "survey"),
    ImportKind.SUBSCRIPTIONS: ("started_on", "ended_on", "mrr", "seats"),
    ImportKind.CONTACTS: ("created_on", "left_on", "is_sponsor"),
    ImportKind.ACCOUNTS: ("churned_on",),
}
"""The fields that facts are made of."""
_DAYS = {kind: {field.name for field in FIELDS[kind] if field.type is FieldType.DAY} for kind in _READ}
_MONEY = {kind: {field.name for field in FIELDS[kind] if field.type is FieldType.MONEY} for kind in _READ}


def rows_of(spec: CompanySpec, lives: Sequence[AccountLife], book: SeriesBook, last_day: int) -> BlockRows:
    """Rows of the accounts, place = index in `lives`, up to last_day (day number)."""
    codes = {name: n for n, name in enumerate(EVENT_NAMES, start=1)}
    fed = {name: [codes[event] for event in book.events_of(name)] for name in book.names if name != ANY}
    sizes = [len(life.usage) for life in lives]
    place = np.repeat(np.arange(len(lives)), sizes)
    day = np.concatenate([life.usage.at for life in lives]) // DAY_MICROS
    code = np.concatenate([life.usage.name for life in lives]).astype(np.int16) + np.int16(1)
    user = np.concatenate([life.usage.user for life in lives]).astype(np.int64)
    told = day <= last_day
    place, day, code, user = place[told], day[told], code[told], user[told]
    order = np.argsort(code, kind="stable")
    nothing = CodedSpans(*(np.empty(0, np.int64),) * 2, *(np.empty(0, np.int32),) * 2)
    return BlockRows(
        len(lives), fed, place[order], code[order], day[order], np.ones(len(order)), nothing,
        place, place * 4096 + user, day, _facts(spec, lives),
    )  # fmt: skip


def _facts(spec: CompanySpec, lives: Sequence[AccountLife]) -> dict[str, DatedFacts]:
    said: dict[str, list[tuple[int, int, float, int]]] = defaultdict(list)
    for place, life in enumerate(lives):
        for fact in _said(spec, life):
            said[fact.name].append((place, fact.day, fact.value, fact.count))
    found = {}
    for name, rows in said.items():
        places, days, values, counts = (np.array(column) for column in zip(*sorted(rows), strict=True))
        found[name] = DatedFacts(places, days.astype(np.int32), values.astype(np.float64), counts)
    return found


def _said(spec: CompanySpec, life: AccountLife) -> Iterator[Fact]:
    """What all records of an account say, their futures included: each fact counts from its day on."""
    churn = life.latent.churn
    if churn is not None:
        yield from facts_of_record(ImportKind.ACCOUNTS, {"churned_on": date_of(spec.start_day + churn.last_day)})
    for person in life.people.everybody:
        yield from _facts_of(contact_row(spec, life, person))
    for record in life.records:
        yield from _facts_of(record)


def _facts_of(row: Row) -> list[Fact]:
    kind = KINDS[type(row)]
    return facts_of_record(kind, _typed(kind, row))


def _typed(kind: ImportKind, row: Row) -> Record:
    record: dict[str, object] = {}
    for name in _READ[kind]:
        value = getattr(row, name)
        if value is not None and name in _DAYS[kind]:
            value = date_of(value)
        elif value is not None and name in _MONEY[kind]:
            value = value / 100
        record[name] = value
    return record  # type: ignore[return-value]
