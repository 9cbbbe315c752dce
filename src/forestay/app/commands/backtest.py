"""`forestay backtest`: a trigger replayed over history, as a report in words and a small table."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.app.commands.imports import follow


def run_backtest(
    url: str, key: str | None, trigger: str, *, since: str | None, until: str | None, outcome: str, within_days: int
) -> None:
    """Ask for the backtest, follow its job where it is a long one, and print the report."""
    console = Console(highlight=False)
    asked = {"since": since, "until": until, "outcome": outcome, "within_days": within_days}
    body = {name: value for name, value in asked.items() if value is not None}
    with ApiClient(url, key, timeout_seconds=600) as client:
        answer = client.call("POST", f"/api/triggers/{trigger}/backtest", json=body)
        report = answer.json()
        if answer.status_code == 202:
            with console.status("replaying history"):
                report = follow(client, int(report["id"]), lambda done, total, what: None)["result"]
    _show(console, trigger, outcome, within_days, report)


def _show(console: Console, trigger: str, outcome: str, within_days: int, report: dict[str, Any]) -> None:
    console.print(
        f"[bold]{trigger}[/] would have fired {report['firings']:,} times for {report['accounts']:,} accounts"
    )
    console.print(f"{outcome} within {within_days} days: {_share(report['precision'], 'of the firings were right')}, "
                  f"{_share(report['recall'], 'of the outcomes were foreseen')}")  # fmt: skip
    lead = report["lead_time_days"]
    if lead and lead["p50"] is not None:
        console.print(f"lead time: {lead['p50']:.0f} days in the median ({lead['p25']:.0f} to {lead['p75']:.0f})")
    _show_load(console, report["load_per_csm"])
    for what in report["not_reconstructible"]:
        console.print(f"[yellow]not reconstructed:[/] {what}")


def _share(value: float | None, words: str) -> str:
    return f"{value:.0%} {words}" if value is not None else f"it cannot be said which {words}"


def _show_load(console: Console, loads: list[dict[str, Any]]) -> None:
    if not loads:
        return
    table = Table(title="Load on each CSM", title_justify="left")
    for heading in loads[0]:
        table.add_column(str(heading).replace("_", " "))
    for load in loads:
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in load.values()))
    console.print(table)
