"""`forestay evaluate`: a table goes in, a report, two drawings and a paragraph come out; wrong input is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forestay.app.cli import app
from tests.predictions.evaluate.made_tables import customers, write_csv


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "customers.csv", customers(300))


def test_a_report_is_printed_and_two_drawings_lie_beside_it(table: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "--csv", str(table), "--label", "churned", "--repeats", "1"])
    assert result.exit_code == 0, result.output
    assert "left out: 'customer'" in result.output
    assert "accurate and worth nothing" in result.output
    assert {path.name for path in table.parent.glob("*.svg")} == {"customers-reliability.svg", "customers-lift.svg"}


def test_json_is_json_and_nothing_else(table: Path, tmp_path: Path) -> None:
    asked = [
        "evaluate",
        "--csv",
        str(table),
        "--label",
        "churned",
        "--repeats",
        "1",
        "--json",
        "--out",
        str(tmp_path / "o"),
    ]
    document = json.loads(CliRunner().invoke(app, asked).stdout)
    assert document["events"] > 25
    assert document["has_skill"] is True
    assert all(Path(path).exists() for path in document["drawings"])


def test_wrong_input_is_one_sentence_and_no_traceback(table: Path) -> None:
    """Through the installed entry point, since that is what turns refusals into sentences."""
    asked = ["evaluate", "--csv", str(table), "--label", "chruned"]
    run = subprocess.run(
        [sys.executable, "-c", "from forestay.app.cli import main; main()", *asked], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "did you mean churned" in run.stderr
    assert "Traceback" not in run.stderr
