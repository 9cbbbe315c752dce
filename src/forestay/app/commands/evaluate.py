"""`forestay evaluate --csv FILE --label COL`: what a table can foretell, honestly tested, as a report and two drawings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from forestay.kit.errors import Invalid
from forestay.predictions.evaluate.columns import LeftOut
from forestay.predictions.evaluate.plots import gains_svg, reliability_svg
from forestay.predictions.evaluate.report import EvaluationReport, as_document, evaluate_table
from forestay.predictions.evaluate.table import RawTable, read_table
from forestay.predictions.evaluate.verdict import Figures, Interval
from forestay.predictions.evaluate.words import in_words


@dataclass(frozen=True, slots=True)
class EvaluateCall:
    """What was asked on the command line. out: folder for the drawings, beside the file if None."""

    file: Path
    label: str
    time: str | None = None
    id: str | None = None
    out: Path | None = None
    repeats: int = 5
    as_json: bool = False
    keep_suspicious: bool = False
    ceiling: float | None = None


def evaluate_file(call: EvaluateCall) -> None:
    """Run the protocol and print what came out. Raises ForestayError for what the caller can mend."""
    table = read_table(call.file)
    report = _with_progress(call, table)
    drawings = _draw(call, report)
    if call.as_json:
        document = {**as_document(report), "in_words": in_words(report), "drawings": [str(path) for path in drawings]}
        typer.echo(json.dumps(document, indent=1))
        return
    console = Console(highlight=False)
    _show(console, call, report)
    for path in drawings:
        console.print(f"drawn: {path}", soft_wrap=True)


def _with_progress(call: EvaluateCall, table: RawTable) -> EvaluationReport:
    errors = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=errors, transient=True, disable=call.as_json) as bar:
        task: TaskID = bar.add_task("reading", total=None)
        return evaluate_table(
            table,
            call.label,
            time=call.time,
            id_=call.id,
            repeats=call.repeats,
            keep_suspicious=call.keep_suspicious,
            ceiling=call.ceiling,
            progress=lambda done, total, what: bar.update(task, completed=done, total=total, description=what),
        )


def _draw(call: EvaluateCall, report: EvaluationReport) -> list[Path]:
    folder = call.file.parent if call.out is None else call.out
    stem = call.file.stem
    drawings = {
        folder / f"{stem}-reliability.svg": reliability_svg(
            report.figures.bins, f"{stem}: do the percentages come true?"
        ),
        folder / f"{stem}-lift.svg": gains_svg(
            report.figures.gains, report.base_rate, f"{stem}: how many are reached by the first calls?"
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, drawing in drawings.items():
            path.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"cannot write into {folder} ({error.strerror}); name another folder", place="--out") from error
    return list(drawings)


def _show(console: Console, call: EvaluateCall, report: EvaluationReport) -> None:
    console.print(f"[bold]{call.file.name}[/]: can '{report.label}' = '{report.positive}' be foreseen?", soft_wrap=True)
    console.print(f"{report.rows:,} rows of {report.customers:,} customers, {report.events:,} events "
                  f"({report.base_rate:.1%}), {report.features} features", soft_wrap=True)  # fmt: skip
    console.print(f"How: {report.protocol}.", soft_wrap=True)
    _left_out(console, "refused, knows the answer", report.refused, "red")
    _left_out(console, "left out", report.left_out, "yellow")
    _left_out(console, "beware", report.mentioned, "yellow")
    for note in report.notes:
        console.print(f"note: {note}", soft_wrap=True)
    console.print(_figures(report.figures))
    console.print(_candidates(report))
    console.print(_bins(report.figures))
    if report.too_good:
        console.print(f"[bold red]Leakage alarm:[/] {report.too_good}", soft_wrap=True)
    console.print(f"\n{in_words(report)}\n", soft_wrap=True)


def _left_out(console: Console, what: str, columns: tuple[LeftOut, ...], colour: str) -> None:
    for one in columns:
        console.print(f"[{colour}]{what}:[/] '{one.name}' {one.reason}", soft_wrap=True)


def _figures(figures: Figures) -> Table:
    table = _table("On rows that the model had not seen", "figure", "value", "95 % interval", "what it says")
    rows: list[tuple[str, Interval, str]] = [
        ("AUC", figures.auc, "order of customers; .5 is a coin"),
        ("PR-AUC", figures.pr_auc, f"order among the endangered; a coin has {figures.events / figures.rows:.3f}"),
        ("log-loss", figures.log_loss, "chances, in nats; lower is better"),
        ("gain", figures.gain, "log-loss better than the share alone; above 0 is skill"),
        ("Brier", figures.brier, "squared error of the chances"),
        ("lift at 10 %", figures.lift_10, "events among the first tenth, over chance"),
        ("recall at 10 %", figures.recall_10, "share of all events in the first tenth"),
    ]
    for name, one, words in rows:
        table.add_row(name, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", words)
    table.add_row("ECE", f"{figures.ece:.3f}", f"luck: {figures.ece_noise:.3f}", "chances against outcomes")
    table.add_row("slope", f"{figures.slope:.2f}", "", "below 1: too sure; above 1: too timid")
    return table


def _candidates(report: EvaluationReport) -> Table:
    table = _table("Each model by itself (judged above is their blend)", "model", "AUC", "log-loss", "ECE")
    for one in report.candidates:
        table.add_row(one.key, f"{one.auc:.3f}", f"{one.log_loss:.3f}", f"{one.ece:.3f}")
    return table


def _bins(figures: Figures) -> Table:
    table = _table("Do the percentages come true?", "predicted", "happened", "95 % interval", "rows")
    for one in figures.bins:
        table.add_row(
            f"{one.predicted:.1%}", f"{one.happened:.1%}", f"{one.low:.1%} to {one.high:.1%}", f"{one.rows:,}"
        )
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for n, heading in enumerate(headings):
        table.add_column(heading, justify="left" if n == 0 or heading == "what it says" else "right")
    return table
