"""Files as people have them: other delimiters, other encodings, Parquet, and what is no table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forestay.predictions.evaluate.table import Unreadable, read_table
from tests.predictions.evaluate.made_tables import customers, write_csv


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    table = read_table(write_csv(tmp_path / "t.csv", customers(30), delimiter=delimiter))
    assert table.names == ("customer", "use", "plan", "noise", "churned")
    assert table.rows == 30


def test_a_file_of_an_old_spreadsheet_is_read_and_said_so(tmp_path: Path) -> None:
    table = read_table(write_csv(tmp_path / "t.csv", {"größe": ["ä", "b"], "b": ["1", "2"]}, encoding="cp1252"))
    assert table.names[0] == "größe"
    assert "Windows-1252" in table.notes[0]


def test_a_spreadsheets_mark_of_utf8_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert read_table(write_csv(tmp_path / "t.csv", {"a": ["1"], "b": ["2"]}, encoding="utf-8-sig")).names == ("a", "b")


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.5, None], "b": ["x", "y"], "c": [[1], [2]]}), tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert table.columns == (["1.5", ""], ["x", "y"])
    assert "lists" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a\n1\n2\n", "single column"),
        (b"a,b\n", "no rows"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"a,b\n1,2\n1,2,3\n1\n", "row 3 has 3"),
        (b"PK\x03\x04\0\0\0\0", "no text"),
        (b"PAR1 broken", "cannot be read as Parquet"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(Unreadable, match=says):
        read_table(tmp_path / "t.csv")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no file"):
        read_table(tmp_path / "gone.csv")
