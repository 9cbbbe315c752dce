"""Everything the product may see, written as files that go in by the front door.

Gives: Summary, Progress, write_files().

In the folder: accounts.csv contacts.csv subscriptions.csv invoices.csv tickets.csv interactions.csv surveys.csv
(columns of customers.kinds.FIELDS), events.parquet (telemetry up to the last `segment_days`, in the order of
arrival within each chunk of accounts), segment-history.jsonl (the rest; each line is a body for /v1/import) and
config/. The truth goes to truth_folder(folder).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from forestay.customers.kinds import KEY, ImportKind
from forestay.kit.clock import DAY_MICROS
from forestay.simulator.account import AccountLife, account_row, contact_row
from forestay.simulator.company import Company
from forestay.simulator.configuration import write_configuration
from forestay.simulator.profile import account_key
from forestay.simulator.rows import KINDS, ContactRow, Row, cells, column_names, known_at
from forestay.simulator.spec import CompanySpec
from forestay.simulator.telemetry import SCHEMA, Sent, event_table, pack, segment_messages, sent
from forestay.simulator.truth import TruthWriter, truth_folder
from forestay.simulator.untidy import arrive, blanked, share_of

CHUNK = 400
"""Accounts that are held in memory at a time."""
Progress = Callable[[int, int, str], None]
"""Called with accounts done, accounts in all, and what is being done."""


@dataclass(slots=True)
class Summary:
    """What was written. rows: by kind of record; events: rows of events.parquet, second copies included."""

    folder: Path
    truth: Path
    rows: dict[str, int] = field(default_factory=dict)
    events: int = 0
    segment_messages: int = 0
    segment_bodies: int = 0

    def text(self) -> str:
        """What was written, in lines for a terminal."""
        lines = [f"{count:>10,} {kind}" for kind, count in self.rows.items()]
        lines.append(f"{self.events:>10,} events in events.parquet")
        lines.append(f"{self.segment_messages:>10,} Segment calls in {self.segment_bodies} bodies")
        return "\n".join((*lines, f"files in {self.folder}", f"truth in {self.truth} (the product never reads it)"))


def nobody_watches(_done: int, _total: int, _what: str) -> None:
    """The progress of a run that nobody watches."""


def write_files(
    company: Company, folder: Path, progress: Progress = nobody_watches, truth: Path | None = None
) -> Summary:
    """Write all files of a company, CHUNK accounts in memory at a time. truth: another folder for the truth."""
    spec = company.spec
    folder.mkdir(parents=True, exist_ok=True)
    truth = truth_folder(folder) if truth is None else truth
    summary = Summary(folder, truth)
    write_configuration(spec, folder / "config")
    with ExitStack() as stack:
        books = stack.enter_context(_Books(folder))
        secrets = stack.enter_context(TruthWriter(spec, truth))
        events = stack.enter_context(pq.ParquetWriter(folder / "events.parquet", SCHEMA, compression="zstd"))
        bodies = stack.enter_context((folder / "segment-history.jsonl").open("wb"))
        for begin in range(0, spec.accounts, CHUNK):
            lives = list(company.accounts(begin, begin + CHUNK))
            for life in lives:
                _records(spec, life, books, secrets)
            _telemetry(spec, lives, events, bodies, secrets, summary)
            secrets.write(lives)
            progress(begin + len(lives), spec.accounts, "accounts written")
    summary.rows = dict(books.counts)
    return summary


def records_known(spec: CompanySpec, life: AccountLife, micros: int) -> Iterable[Row]:
    """All rows about an account as its systems showed them at a moment, complete and without blanks."""
    day = micros // DAY_MICROS - spec.start_day
    yield account_row(spec, life, day)
    for person in life.people.everybody:
        if share_of(spec.seed, f"{person.key}|unsynced") < spec.untidiness.unsynced_contact and not person.is_sponsor:
            continue
        row = contact_row(spec, life, person, consents=share_of(spec.seed, f"{person.key}|consent") >= 0.06)
        if (shown := known_at(row, micros)) is not None:
            if life.profile.shares_contact and person is life.people.users[min(1, len(life.people.users) - 1)]:
                yield replace(shown, account_id=account_key(life.profile.account - 1))
            yield shown
    for record in life.records:
        if (known := known_at(record, micros)) is not None:
            yield known


def _records(spec: CompanySpec, life: AccountLife, books: _Books, secrets: TruthWriter) -> None:
    """One account's rows as known at the end of history, some fields blank."""
    for row in records_known(spec, life, spec.until_micros):
        key = str(getattr(row, KEY[KINDS[type(row)]]))
        shown, empty = blanked(spec, row, key)
        books.write(shown)
        for name in empty:
            secrets.anomaly(f"missing_{name}", life.profile.key, key)
        if isinstance(row, ContactRow) and row.account_id != life.profile.key:
            secrets.anomaly("contact_in_two_accounts", row.account_id, key)


def _telemetry(
    spec: CompanySpec,
    lives: list[AccountLife],
    events: pq.ParquetWriter,
    bodies: BinaryIO,
    secrets: TruthWriter,
    summary: Summary,
) -> None:
    """One chunk's events: the older part to Parquet, the younger to Segment bodies."""
    now, split = spec.until_micros, spec.until_micros - spec.segment_days * DAY_MICROS
    older, messages = list[Sent](), list[tuple[int, bytes]]()
    for life in lives:
        ways = arrive(spec, life)
        begin = (spec.start_day - 1) * DAY_MICROS
        older.append(sent(life, ways, begin, split, now))
        younger = sent(life, ways, split, now, now)
        messages.extend(segment_messages(spec.seed, younger))
        for part in (older[-1], younger):
            _confess(spec, part, secrets)
        if lost := int((ways.is_lost & (life.usage.at < now)).sum()):
            secrets.anomaly("lost_in_outage", life.profile.key, f"{lost} events", 0.0)
    table = event_table(spec, older)
    events.write_table(table)
    messages.sort(key=lambda one: one[0])
    for body in pack(message for _, message in messages):
        bodies.write(body + b"\n")
        summary.segment_bodies += 1
    summary.events += table.num_rows
    summary.segment_messages += len(messages)


def _confess(spec: CompanySpec, part: Sent, secrets: TruthWriter) -> None:
    """Tell the truth which events came late, twice or without their account."""
    delays = (part.arrived - part.usage.at) / 1e6
    odd = (delays > 60.0) | part.is_second | ~part.names_account
    ids = part.where(odd).message_ids(spec.seed)
    rows = zip(ids, delays[odd].tolist(), part.is_second[odd].tolist(), part.names_account[odd].tolist(), strict=True)
    for key, delay, second, named in rows:
        if second:
            secrets.anomaly("duplicate", part.life.profile.key, key, delay)
        elif delay > 60.0:
            secrets.anomaly("late", part.life.profile.key, key, delay)
        if not named and not second:
            secrets.anomaly("without_account", part.life.profile.key, key)


class _Books:
    """One CSV file for each kind of record; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.counts: dict[str, int] = {}
        self._stack = ExitStack()
        self._writers: dict[ImportKind, csv.DictWriter[str]] = {}
        for row, kind in KINDS.items():
            file = self._stack.enter_context((folder / f"{kind}.csv").open("w", newline="", encoding="utf-8"))
            self._writers[kind] = csv.DictWriter(file, column_names(row), lineterminator="\n")
            self._writers[kind].writeheader()
            self.counts[kind.value] = 0

    def __enter__(self) -> _Books:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, row: Row) -> None:
        """Add one row to its file."""
        kind = KINDS[type(row)]
        self._writers[kind].writerow(cells(row))
        self.counts[kind.value] += 1
