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
        names = {member["id"]: member["name"] for member in client.items("/api/members", limit=200)}
    _show(console, trigger, outcome, within_days, report)
    _show_load(console, report["load_per_csm"], names)
    for lost in report["not_reconstructible"]:
        console.print(f"[yellow]not reconstructed:[/] {lost['column']}: {lost['reason']}")


def _show(console: Console, trigger: str, outcome: str, within_days: int, report: dict[str, Any]) -> None:
    console.print(
        f"[bold]{trigger}[/] would have fired {report['firings']:,} times for {report['accounts']:,} accounts"
    )
    console.print(f"{outcome} within {within_days} days: {_share(report['precision'], 'of the firings were right')}, "
                  f"{_share(report['recall'], 'of the outcomes were foreseen')}")  # fmt: skip
    lead = report["lead_time_days"]
    if lead and lead["p50"] is not None:
        console.print(f"lead time: {lead['p50']:.0f} days in the median ({lead['p25']:.0f} to {lead['p75']:.0f})")


def _share(value: float | None, words: str) -> str:
    return f"{value:.0%} {words}" if value is not None else f"it cannot be said which {words}"


def _show_load(console: Console, loads: list[dict[str, Any]], names: dict[int, str]) -> None:
    if not loads:
        return
    table = Table(title="Load on each CSM", title_justify="left", box=None, pad_edge=False)
    table.add_column("CSM")
    for heading in ("firings", "per week", "busiest week"):
        table.add_column(heading, justify="right")
    for load in loads:
        who = load.get("owner_name") or names.get(load["owner_id"], "nobody")
        table.add_row(who, str(load["firings"]), f"{load['per_week']:.1f}", str(load["busiest_week"]))
    console.print(table)
