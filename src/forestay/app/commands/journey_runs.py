"""`forestay journeys runs` and `simulate`: runs as a list or one with its history; a journey over the last days.

Reads: the public API
Gives: list_runs(), show_run(), simulate_journey(), walk_account()
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.app.commands.imports import follow


def list_runs(url: str, key: str | None, *, limit: int, as_json: bool, **filters: Any) -> None:
    """The newest runs that fit."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        items = client.get("/api/runs", limit=limit, **filters)["items"]
    if as_json:
        console.print_json(data=items)
        return
    table = _table("run", "journey", "account", "status", "stands at", "goes on", "entered", "reason")
    for run in items:
        table.add_row(
            str(run["id"]), f"{run['journey']} v{run['version']}", run["account"] or "-", run["status"],
            ", ".join(run["steps"]), _moment(run["due_at"]), _moment(run["entered_at"]), run["reason"] or "",
        )  # fmt: skip
    console.print(table)


def show_run(url: str, key: str | None, number: int, *, as_json: bool) -> None:
    """One run: where it stands, what happened, what it caused."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        run = client.get(f"/api/runs/{number}")
    if as_json:
        console.print_json(data=run)
        return
    console.print(
        f"run {number} of [bold]{run['journey']}[/] version {run['version']}, {run['account'] or 'an erased account'}: "
        f"{run['status']}{' (' + run['reason'] + ')' if run['reason'] else ''}"
    )
    for standing in run["standing"]:
        until = f", goes on {_moment(standing['due_at'])}" if standing["due_at"] else ""
        console.print(f"stands at {standing['label']} ({standing['state']}){until}")
    table = _table("when", "what", "step", "by")
    for line in run["history"]:
        table.add_row(_moment(line["at"]), line["what"].replace("_", " "), line["step"] or "", line["port"] or "")
    console.print(table)
    for effect in run["effects"]:
        why = f": {effect['reason']}" if effect["reason"] else ""
        console.print(f"effect {effect['id']} {effect['channel']} to {effect['recipient']}: {effect['status']}{why}")


def simulate_journey(url: str, key: str | None, name: str, *, days: int, file: Path | None, as_json: bool) -> None:
    """What it would have done over the last days; nothing is sent and nothing written."""
    console = Console(highlight=False)
    told = _answer(console, url, key, f"/api/journeys/{name}/simulate", _asked(days, file))
    if as_json:
        console.print_json(data=told)
        return
    ended = ", ".join(f"{how} {count:,}" for how, count in told["ended"].items())
    console.print(
        f"[bold]{name}[/] from {told['since']} to {told['until']}: {told['entered']:,} of {told['accounts']:,} accounts' "
        f"runs entered, {told['running']:,} still running; ended: {ended or 'none'}"
    )
    table = _table("step", "kind", "arrived", "left by", "standing", "median wait")
    for step in told["steps"]:
        ports = ", ".join(f"{port} {count:,}" for port, count in step["ports"].items() if count)
        wait = f"{step['wait_hours']['p50']:.0f} h" if step["wait_hours"] else ""
        table.add_row(step["step"], step["kind"], f"{step['arrived']:,}", ports, f"{step['standing']:,}", wait)
    console.print(table)
    _show_loads(console, told)


def walk_account(
    url: str, key: str | None, name: str, account: str, *, days: int, file: Path | None, as_json: bool
) -> None:  # fmt: skip
    """One account's way through it, step by step."""
    console = Console(highlight=False)
    body = {**_asked(days, file), "account": account}
    told = _answer(console, url, key, f"/api/journeys/{name}/walk", body)
    if as_json:
        console.print_json(data=told)
        return
    console.print(f"{account} would have entered [bold]{name}[/] {told['entered']} times")
    table = _table("when", "step", "what", "which")
    for stage in told["stages"]:
        detail = ", ".join(f"{word} {value}" for word, value in stage["detail"].items() if value)
        table.add_row(_moment(stage["at"]), stage["step"], stage["what"], f"{stage['word']} {detail}".strip())
    console.print(table)


def _show_loads(console: Console, told: dict[str, Any]) -> None:
    messages, work = told["messages"], told["work"]
    most = f", at most {messages['busiest_week']} a week to one contact" if messages["total"] else ""
    console.print(f"{messages['total']:,} messages to {messages['contacts']:,} contacts{most}")
    over = sum(person["weeks_over"] for person in work["by_person"])
    console.print(
        f"{work['tasks']:,} tasks, {work['hours']:,.0f} hours of work; {over} weeks of a person over capacity"
    )
    for one in told["collisions"]:
        console.print(
            f"collides with {one['journey']}: {one['messages']:,} messages, {one['accounts']:,} accounts in both"
        )
    for one in told["compared"]:
        console.print(f"{one['what']}: {one['published']:,.0f} published, {one['draft']:,.0f} here")
    for sentence in told["notes"]:
        console.print(f"[dim]{sentence}[/]")
    for lost in told["not_reconstructible"]:
        console.print(f"[yellow]not reconstructed:[/] {lost['column']}: {lost['reason']}")


def _asked(days: int, file: Path | None) -> dict[str, Any]:
    source = {"source": file.read_text(encoding="utf-8")} if file is not None else {}
    return {"days": days, **source}


def _answer(console: Console, url: str, key: str | None, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """At once, or when its job is done."""
    with ApiClient(url, key, timeout_seconds=600) as client:
        answer = client.call("POST", path, json=body)
        told: dict[str, Any] = answer.json()
        if answer.status_code == 202:
            with console.status("replaying history"):
                told = follow(client, int(told["id"]), lambda done, total, what: None)["result"]
    return told


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _moment(text: str | None) -> str:
    return "" if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
