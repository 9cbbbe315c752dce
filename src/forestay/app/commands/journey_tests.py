"""`forestay test`: journeys in files are checked, and their scenarios played, without a running Forestay.

Reads : a file or folder of journeys and scenarios
Gives : play_journeys() -> exit code: 0 all well, 1 something differs or is wrong
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from forestay.journeys.kind import Finding
from forestay.journeys.read import BadJourney, from_text
from forestay.journeys.scenarios.document import BadScenario
from forestay.journeys.scenarios.verdict import Verdict, files_of, holds_scenarios, run_file
from forestay.journeys.validation import inspect

_STYLE = {"+": "red", "-": "yellow"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A journey's file and what is wrong with it."""

    file: Path
    errors: tuple[Finding, ...]


def play_journeys(path: Path) -> int:
    """Check and play everything below the path; tell what differs."""
    console = Console(highlight=False, soft_wrap=True)
    checked, verdicts, unreadable = [], [], 0
    for file in files_of(path):
        try:
            checked += list(_checked(file))
            verdicts += list(_played(file))
        except (BadScenario, BadJourney) as refused:
            unreadable += 1
            console.print(f"[red]unreadable[/] {escape(str(file))}: {escape(str(refused))}")
    for one in checked:
        _tell_findings(console, one)
    for verdict in verdicts:
        _tell_verdict(console, verdict)
    bad = sum(not verdict.is_well for verdict in verdicts) + sum(bool(one.errors) for one in checked) + unreadable
    console.print(f"{len(checked)} journeys checked, {len(verdicts)} scenarios played, {bad or 'nothing'} wrong")
    if not checked and not verdicts and not unreadable:
        console.print(f"[yellow]there is neither a journey nor a scenario in {escape(str(path))}[/]")
        return 1
    return 1 if bad else 0


def _checked(file: Path) -> Iterator[Checked]:
    document: Any = from_text(file.read_text("utf-8"))
    if isinstance(document, dict) and "steps" in document and "key" in document:
        _, found = inspect(document)
        yield Checked(file, tuple(one for one in found if one.is_error))


def _played(file: Path) -> Iterator[Verdict]:
    if holds_scenarios(file):
        yield from run_file(file)


def _tell_findings(console: Console, one: Checked) -> None:
    for finding in one.errors:
        console.print(f"[red]wrong[/] {escape(str(one.file))} {escape(finding.place)}: {escape(finding.message)}")


def _tell_verdict(console: Console, verdict: Verdict) -> None:
    if verdict.is_well:
        console.print(f"[green]well[/]  {escape(verdict.name)}")
        return
    console.print(f"[red]differs[/] {escape(verdict.name)}  ({escape(verdict.file)}; - must come, + must not)")
    for line in verdict.difference:
        console.print(f"    {escape(line)}", style=_STYLE.get(line[:1], "dim"))
