"""`forestay status`: how a running Forestay is, in a few lines."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient


def show_status(url: str, key: str | None) -> int:
    """Print lag, accounts by band, open work and feeds; exit code 1 when something needs a person."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        now = client.get("/api/status")
    lake = f", lake at {now['lake_position']:,}" if now["lake_position"] is not None else ""
    behind = " and scoring the past" if now["is_catching_up"] else ""
    console.print(
        f"{url}: log at {now['last_position']:,}, worker at {now['position']:,} "
        f"({now['lag']:,} bodies behind){lake}{behind}"
    )
    bands = now["bands"]
    console.print(f"{now['accounts']:,} accounts: " + ", ".join(f"{bands[name]:,} {name}" for name in bands))
    console.print(
        f"{now['open_signals']:,} open signals, {now['open_tasks']:,} open tasks, {now['overdue_tasks']:,} overdue"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("feed", "state", "last heard"):
        table.add_column(heading)
    for feed in now["feeds"]:
        table.add_row(feed["feed"], feed["state"], feed["last_at"] or "")
    console.print(table)
    for what in now["attention"]:
        console.print(f"[yellow]![/] {what}")
    return int(bool(now["attention"]))
