"""`forestay import`: shows how a file would be read, asks, sends it, and follows the job to the committed scores.

Gives: ImportCall, import_file() (exit code), send_file() for other callers of this room
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.customers.kinds import ImportKind
from forestay.kit.errors import ForestayError, Invalid
from forestay.sources.imports.importer import ImportOrder, ImportResult, preview_import
from forestay.sources.imports.mapping import ImportMapping

LOOK_SECONDS = 0.2
Progressing = Callable[[float, float, str], None]


class ImportFailed(ForestayError):
    """The server could not carry the import out; the sentence is its own."""

    code = "import_failed"


@dataclass(frozen=True, slots=True)
class ImportCall:
    """What the command line asked for."""

    file: Path
    kind: str
    map: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    lookup: list[str] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    dry_run: bool = False
    ask: bool = True

    def mapping(self) -> ImportMapping:
        """The options as a mapping. Raises Invalid with the form that is wanted."""
        return ImportMapping(
            columns=dict(_pair(text, "--map FIELD=COLUMN") for text in self.map),
            constants=dict(_pair(text, "--set FIELD=TEXT") for text in self.constant),
            only=dict(_pair(text, "--only COLUMN=VALUE") for text in self.only),
            without=dict(_pair(text, "--without COLUMN=VALUE") for text in self.without),
            lookups=dict(_look_up_table(text) for text in self.lookup),
        )


def import_file(call: ImportCall, url: str, key: str | None) -> int:
    """Preview the head of the file, then send all of it; exit code 2 when rows were rejected."""
    console = Console(highlight=False)
    kind = _kind(call.kind)
    mapping = call.mapping()
    preview = _preview(call.file, kind, mapping)
    _show_mapping(console, kind, preview)
    if call.ask and not call.dry_run and sys.stdin.isatty() and not _agreed(console):
        return 1
    with ApiClient(url, key, timeout_seconds=600) as client, _bar(console) as bar:
        task = bar.add_task("sending", total=None)
        result = send_file(
            client, call.file, kind, mapping, dry_run=call.dry_run,
            telling=lambda done, total, what: bar.update(task, completed=done, total=total, description=what),
        )  # fmt: skip
    return _show_result(console, result)


def send_file(
    client: ApiClient, file: Path, kind: ImportKind, mapping: ImportMapping, *, dry_run: bool = False,
    telling: Progressing = lambda done, total, what: None,
) -> dict[str, Any]:  # fmt: skip
    """Upload a file, follow its job, wait until the worker has taken it in; gives the job's result."""
    form = {"dry_run": str(dry_run).lower(), "mapping": mapping.model_dump_json()}
    with file.open("rb") as source:
        sent = client.call("POST", f"/api/import/{kind}", data=form, files={"file": (file.name, source)})
    job = follow(client, int(sent.json()["id"]), telling)
    result: dict[str, Any] = job["result"]
    if result["last_position"]:
        wait_taken_in(client, int(result["last_position"]), telling)
    return result


def follow(client: ApiClient, job_id: int, telling: Progressing) -> dict[str, Any]:
    """Poll a job to its end. Raises ImportFailed with its error."""
    while True:
        job: dict[str, Any] = client.get(f"/api/jobs/{job_id}")
        if job["status"] in ("failed", "cancelled"):
            raise ImportFailed(job["error"] or f"job {job_id} was cancelled")
        if job["status"] == "done":
            return job
        progress = job["progress"]
        if progress:
            telling(progress["done"], progress["total"] or progress["done"], str(progress["what"]))
        time.sleep(LOOK_SECONDS)


def wait_taken_in(client: ApiClient, position: int, telling: Progressing) -> None:
    """Until the worker has committed the log's body at that position."""
    while True:
        reached = int(client.get("/api/status")["position"])
        if reached >= position:
            return
        telling(reached, position, "scoring")
        time.sleep(LOOK_SECONDS)


def _kind(word: str) -> ImportKind:
    try:
        return ImportKind(word)
    except ValueError as error:
        raise Invalid(f"'{word}' is no kind; kinds are {', '.join(ImportKind)}", place="--as") from error


def _pair(text: str, form: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise Invalid(f"'{text}' is not of the form {form}")
    return name, value


def _look_up_table(text: str) -> tuple[str, dict[str, str]]:
    column, rest = _pair(text, "--lookup COLUMN=FILE.csv:KEY:VALUE")
    parts = rest.rsplit(":", 2)
    if len(parts) != 3:
        raise Invalid(f"'{text}' is not of the form --lookup COLUMN=FILE.csv:KEY:VALUE")
    file, key, value = parts
    with Path(file).open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    if rows and not {key, value} <= rows[0].keys():
        raise Invalid(f"{file} has no column '{key}' or '{value}'; it has {', '.join(rows[0])}", place="--lookup")
    return column, {row[key]: row[value] for row in rows}


def _preview(file: Path, kind: ImportKind, mapping: ImportMapping) -> ImportResult:
    """A dry run here over the file's first rows, so that a wrong mapping costs no upload."""
    return preview_import(ImportOrder(file, kind, file.name, mapping, dry_run=True))


def _agreed(console: Console) -> bool:
    return console.input("Send it? [Y/n] ").strip().lower() in ("", "y", "yes")


def _show_mapping(console: Console, kind: ImportKind, preview: ImportResult) -> None:
    table = Table(title=f"How this file is read as {kind}", title_justify="left")
    for heading in ("our field", "from", "first value"):
        table.add_column(heading)
    first = preview.sample[0] if preview.sample else {}
    for name, column in preview.mapping.columns.items():
        table.add_row(name, column, first.get(name) or "")
    for name, text in preview.mapping.constants.items():
        table.add_row(name, f"always '{text}'", text)
    console.print(table)
    if preview.unmapped:
        console.print(f"Kept as traits: {', '.join(preview.unmapped)}")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _show_result(console: Console, result: dict[str, Any]) -> int:
    verb = "would be taken" if result["dry_run"] else "taken"
    console.print(f"{result['accepted']:,} of {result['rows']:,} rows {verb}, {result['rejected']:,} rejected")
    for reason, count in sorted(result["reasons"].items(), key=lambda item: -item[1]):
        console.print(f"  {count:>8,}  {reason}")
    if result["rejects"]:
        console.print(f"Rejects with their reasons: uploads/{result['rejects']} in the data folder")
    return 2 if result["rejected"] else 0
