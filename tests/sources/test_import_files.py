"""A company's exports come in whole, however untidy; a row that cannot is left out with its reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forestay.customers.kinds import FIELDS, ImportKind
from forestay.events.wire import ARROW_KIND, ARROW_SOURCE
from forestay.kit.errors import Invalid
from forestay.sources.imports.importer import BODY_ROWS, ImportOrder, ImportResult, run_import
from forestay.sources.imports.mapping import ImportMapping, guess_mapping
from forestay.sources.imports.reading import UnreadableFile

Import = Callable[..., tuple[ImportResult, list[dict[str, object]]]]


class Log:
    """Keeps the bodies that an import appends."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def append(self, body: bytes) -> int:
        self.bodies.append(body)
        return len(self.bodies)

    def tables(self) -> list[pa.Table]:
        return [pa.ipc.open_stream(body).read_all() for body in self.bodies]

    def rows(self) -> list[dict[str, object]]:
        return [row for table in self.tables() for row in table.to_pylist()]


@pytest.fixture
def importing(tmp_path: Path) -> Import:
    def run(
        content: str | bytes, kind: ImportKind, name: str = "export.csv", **choices: object
    ) -> tuple[ImportResult, list[dict[str, object]]]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        mapping = ImportMapping.model_validate(choices.pop("mapping", {}))
        log = Log()
        order = ImportOrder(path, kind, name, mapping, rejects_path=tmp_path / "rejects.csv", **choices)  # type: ignore[arg-type]
        return run_import(order, log.append, lambda done, total: None), log.rows()

    return run


def test_other_makers_column_names_are_recognised(importing: Import) -> None:
    result, rows = importing(
        "Account ID;Company Name;CSM;ARR\nA1;Harbour Freight;ana@example.com;€ 12.500,00\n", ImportKind.ACCOUNTS
    )
    assert result.mapping.columns == {
        "account_id": "Account ID",
        "name": "Company Name",
        "owner_email": "CSM",
        "arr": "ARR",
    }
    assert (rows[0]["account_id"], rows[0]["arr"], rows[0]["owner_email"]) == ("A1", 12500.0, "ana@example.com")


def test_columns_without_a_field_of_ours_are_kept_as_traits(importing: Import) -> None:
    result, rows = importing("id,name,favourite_colour\nA1,Quay,teal\n", ImportKind.ACCOUNTS)
    assert result.unmapped == ["favourite_colour"]
    assert json.loads(str(rows[0]["traits"])) == {"favourite_colour": "teal"}


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("$ 99", 99.0),
        ("(12.30)", -12.3),
        ("1234,5", 1234.5),
        ("10 USD", 10.0),
    ],
)
def test_money_is_read_as_people_write_it(importing: Import, cell: str, amount: float) -> None:
    _, rows = importing(f'invoice_id|account_id|amount|issued_on\nI1|A1|"{cell}"|2026-01-31\n', ImportKind.INVOICES)
    assert rows[0]["amount"] == amount


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2026-03-01T10:00:00Z"], "2026-03-01 10:00:00+00:00"),
        (["2026-03-01 10:00:00+02:00"], "2026-03-01 08:00:00+00:00"),
        (["03/01/2026", "12/31/2026"], "2026-03-01 00:00:00+00:00"),
        (["03/01/2026", "31/12/2026"], "2026-01-03 00:00:00+00:00"),
        (["03.01.2026"], "2026-01-03 00:00:00+00:00"),
        (["1767225600"], "2026-01-01 00:00:00+00:00"),
        (["1767225600000"], "2026-01-01 00:00:00+00:00"),
    ],
)
def test_moments_are_read_as_systems_write_them(importing: Import, cells: list[str], first: str) -> None:
    lines = "".join(f"T{n},A1,{cell}\n" for n, cell in enumerate(cells))
    _, rows = importing("ticket_id,account_id,opened_at\n" + lines, ImportKind.TICKETS)
    assert str(rows[0]["opened_at"]) == first


def test_a_date_without_zone_is_midnight_where_the_workspace_is(importing: Import) -> None:
    _, rows = importing(
        "ticket_id,account_id,opened_at\nT1,A1,2026-07-01\n", ImportKind.TICKETS, zone="America/New_York"
    )
    assert str(rows[0]["opened_at"]) == "2026-07-01 04:00:00+00:00"


def test_a_bad_row_is_left_out_with_its_number_and_reason_and_the_others_come_in(
    importing: Import, tmp_path: Path
) -> None:
    text = "ticket_id,account_id,opened_at,closed_at\nT1,A1,2026-01-02,2026-01-01\nT2,,2026-01-02,\nT3,A1,soon,\nT4,A1,2026-01-02,\n"
    result, rows = importing(text, ImportKind.TICKETS)
    assert [row["ticket_id"] for row in rows] == ["T4"]
    with (tmp_path / "rejects.csv").open() as file:
        told = [(row["row"], row["reason"]) for row in csv.DictReader(file)]
    assert told == [
        ("1", "closed_at is before opened_at"),
        ("2", "account_id is missing"),
        ("3", "opened_at: the value of column 'opened_at' is no moment"),
    ]
    assert result.reasons.total() == 3


def test_a_line_with_too_many_cells_does_not_end_the_import(importing: Import) -> None:
    result, rows = importing("id,name\nA1,One\nA2,Two,extra\nA3,Three\n", ImportKind.ACCOUNTS)
    assert [row["account_id"] for row in rows] == ["A1", "A3"]
    assert dict(result.reasons) == {"expected 2 cells, found 3": 1}


def test_a_windows_export_keeps_its_umlauts(importing: Import) -> None:
    _, rows = importing("id,name\nA1,Müller & Söhne\n".encode("cp1252"), ImportKind.ACCOUNTS)
    assert rows[0]["name"] == "Müller & Söhne"


def test_a_quoted_cell_may_hold_a_line_break(importing: Import) -> None:
    _, rows = importing('ticket_id,account_id,opened_at,body\nT1,A1,2026-01-01,"first\nsecond"\n', ImportKind.TICKETS)
    assert rows[0]["body"] == "first\nsecond"


def test_json_lines_come_in_and_a_broken_line_is_named(importing: Import) -> None:
    text = '{"event":"Signed In","user_id":7,"at":"2026-01-01T00:00:00Z","properties":{"a":1}}\nnot json\n'
    result, rows = importing(text, ImportKind.EVENTS, name="events.jsonl")
    assert (rows[0]["user_id"], json.loads(str(rows[0]["properties"]))) == ("7", {"a": 1})
    assert dict(result.reasons) == {"the line is not a JSON object": 1}


def test_parquet_ids_that_travel_as_floats_lose_their_point(importing: Import, tmp_path: Path) -> None:
    table = pa.table(
        {"account_id": [12.0, None], "event": ["a", "b"], "time": pa.array([0, 86_400_000_000], pa.timestamp("us"))}
    )
    pq.write_table(table, tmp_path / "made.parquet")
    result, rows = importing((tmp_path / "made.parquet").read_bytes(), ImportKind.EVENTS, name="events.parquet")
    assert [row["account_id"] for row in rows] == ["12"]
    assert dict(result.reasons) == {"an event needs a user_id or an account_id": 1}


def test_the_same_file_gives_the_same_row_keys_so_that_a_second_import_counts_nothing(importing: Import) -> None:
    text = "event,at,account_id\nOpened,2026-01-01,A1\nOpened,2026-01-01,A1\n"
    first = [row["row_key"] for row in importing(text, ImportKind.EVENTS)[1]]
    second = [row["row_key"] for row in importing(text, ImportKind.EVENTS, name="again.csv")[1]]
    assert first == second
    assert len(set(first)) == 2


def test_an_export_without_ids_is_named_by_what_cannot_repeat(importing: Import) -> None:
    _, rows = importing("customer,product,plan,start_date\nA1,Core,pro,2026-01-01\n", ImportKind.SUBSCRIPTIONS)
    assert rows[0]["subscription_id"] == "A1|Core|pro|2026-01-01"


def test_codes_are_looked_up_and_an_unknown_code_is_told(importing: Import) -> None:
    mapping = {"columns": {"event": "type"}, "lookups": {"type": {"1": "Signed In"}}}
    result, rows = importing(
        "type,at,account_id\n1,2026-01-01,A1\n2,2026-01-01,A1\n", ImportKind.EVENTS, mapping=mapping
    )
    assert [row["event"] for row in rows] == ["Signed In"]
    assert dict(result.reasons) == {"event: the value of column 'type' is not in its lookup table": 1}


def test_ids_that_count_anew_in_every_account_are_joined_with_the_account(importing: Import) -> None:
    mapping = {"columns": {"user_id": "account_id+user_id"}}
    _, rows = importing(
        "event,at,account_id,user_id\nSeen,2026-01-01,A1,0\nSeen,2026-01-01,A2,0\n", ImportKind.EVENTS, mapping=mapping
    )
    assert [row["user_id"] for row in rows] == ["A1/0", "A2/0"]


def test_rows_that_a_filter_leaves_out_are_no_rejects(importing: Import) -> None:
    text = "account_id,plan,start_date,quantity,units\nA1,core,2026-01-01,25,users\nA1,calls,2026-01-01,5000,minutes\n"
    result, rows = importing(text, ImportKind.SUBSCRIPTIONS, mapping={"only": {"units": "users"}})
    assert ([row["seats"] for row in rows], result.rejected, result.rows) == ([25.0], 0, 2)
    _, others = importing(
        text, ImportKind.SUBSCRIPTIONS, mapping={"without": {"units": "users"}, "columns": {"seats": ""}}
    )
    assert [row["plan"] for row in others] == ["calls"]


def test_a_constant_serves_every_row(importing: Import) -> None:
    mapping = {"constants": {"survey": "nps"}}
    _, rows = importing("id,account_id,score,date\nR1,A1,9,2026-01-01\n", ImportKind.SURVEYS, mapping=mapping)
    assert rows[0]["survey"] == "nps"


def test_an_import_goes_on_where_it_stopped(importing: Import) -> None:
    text = "id,name\n" + "".join(f"A{n},Name\n" for n in range(10))
    result, rows = importing(text, ImportKind.ACCOUNTS, start_row=7)
    assert [row["account_id"] for row in rows] == ["A7", "A8", "A9"]
    assert result.rows == 10


def test_a_dry_run_counts_and_shows_but_sends_nothing(importing: Import) -> None:
    result, rows = importing("id,name\nA1,One\n", ImportKind.ACCOUNTS, dry_run=True)
    assert (rows, result.accepted, result.sample[0]["account_id"]) == ([], 1, "A1")


def test_a_large_file_travels_in_bodies_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("event,at,account_id\n" + "Opened,2026-01-01,A1\n" * (BODY_ROWS + 1))
    log = Log()
    run_import(ImportOrder(path, ImportKind.EVENTS, "events.csv"), log.append, lambda done, total: None)
    assert [table.num_rows for table in log.tables()] == [BODY_ROWS, 1]
    assert log.tables()[0].schema.metadata == {ARROW_KIND: b"events", ARROW_SOURCE: b"events.csv"}


def test_progress_is_told_only_of_rows_that_the_log_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forestay.sources.imports.reading.BATCH_ROWS", 10)
    path = tmp_path / "accounts.jsonl"
    path.write_text("".join(f'{{"account_id": "A{n}"}}\n' for n in range(35)))
    appended: list[bytes] = []
    told: list[int] = []

    def append(body: bytes) -> int:
        if len(appended) == 2:
            raise OSError("the disk is full")
        appended.append(body)
        return len(appended)

    with pytest.raises(OSError, match="full"):
        run_import(ImportOrder(path, ImportKind.ACCOUNTS, path.name), append, lambda done, total: told.append(done))
    assert told == [10, 20]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"PAR1 but not really", "cannot be read"),
        (b"id,id\n1,2\n", "appear twice: id"),
    ],
)
def test_a_file_that_is_none_says_so(importing: Import, content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        importing(content, ImportKind.ACCOUNTS)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"columns": {"nmae": "name"}}, "'nmae' is no field of accounts"),
        ({"columns": {"name": "nmae"}}, "the file has no column 'nmae'"),
        ({"columns": {"account_id": ""}}, "no column was found for account_id: name it with --map"),
    ],
)
def test_a_wrong_mapping_says_what_to_write_instead(importing: Import, mapping: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        importing("id,name\nA1,One\n", ImportKind.ACCOUNTS, mapping=mapping)


def test_every_kind_recognises_its_own_field_names() -> None:
    for kind in ImportKind:
        names = [field.name for field in FIELDS[kind]]
        assert guess_mapping(kind, names).columns == {name: name for name in names}
