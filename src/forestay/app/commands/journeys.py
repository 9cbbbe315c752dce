"""`forestay journeys ...`: journeys as tables, and what is done to them as a whole.

Reads: the public API
Gives: list_journeys(), show_journey(), publish_journey(), act_on_journey(), migrate_runs(), repair_runs()
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.kit.errors import Invalid

LEDGER = ("pending", "sent", "skipped", "failed", "cancelled", "unknown")
_COLOURS = {"active": "green", "paused": "yellow", "stopped": "red", "retired": "dim", "draft": "dim"}


def list_journeys(url: str, key: str | None, *, status: str | None, as_json: bool) -> None:
    """Every journey with who is in it and how the last 30 days ended."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        items = list(client.items("/api/journeys", status=status))
    if as_json:
        console.print_json(data=[_short(item) for item in items])
        return
    table = _table(
        "journey", "status", "version", "running", "paused", "held", "failed", "entered 30 d", "ended 30 d", ""
    )
    for item in items:
        runs, lately = item["runs"], item["last_30d"]
        table.add_row(
            item["key"], _coloured(item["status"]), str(item["version"] or "-"),
            *(f"{runs[word]:,}" for word in ("running", "paused", "held", "failed")),
            f"{lately['entered']:,}", f"{sum(lately['ended'].values()):,}", "[red]ends changed[/]" if item["alarm"] else "",
        )  # fmt: skip
    console.print(table)


def show_journey(url: str, key: str | None, name: str, *, as_json: bool) -> None:
    """One journey: what it is, what is wrong with it, its steps with their ledger, its versions."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        told = client.get(f"/api/journeys/{name}")
        steps = list(client.items(f"/api/journeys/{name}/steps"))
    if as_json:
        console.print_json(data={**told, "steps": steps})
        return
    version = f"version {told['version']}" if told["version"] else "not published"
    console.print(
        f"[bold]{told['name']}[/] ({name}), {_coloured(told['status'])}, {version}, owner {told['owner'] or '-'}"
    )
    if told["description"]:
        console.print(told["description"])
    for one in told["findings"]:
        console.print(f"[{'red' if one['is_error'] else 'yellow'}]{one['code']}[/] {one['place']}: {one['message']}")
    _show_entries(console, told)
    console.print(_steps(steps))
    pinned = ", ".join(f"{one['version']} ({one['runs']:,})" for one in told["versions"] if one["runs"])
    console.print(f"runs by version: {pinned or 'none'}")


def publish_journey(url: str, key: str | None, name: str, file: Path | None) -> None:
    """Publish the draft, or a file as it stands; runs under way stay with their version."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        if file is not None:
            body = {"source": file.read_text(encoding="utf-8")}
            client.call("PUT", f"/api/journeys/{name}/draft", json=body, headers={"If-Match": "*"})
        made = client.post(f"/api/journeys/{name}/publish")
        told = client.get(f"/api/journeys/{name}")
    console.print(f"[bold]{name}[/] version {made['version']} is live; nobody entered by that")
    for one in told["versions"]:
        if one["runs"] and one["version"] != made["version"]:
            console.print(
                f"{one['runs']:,} runs stay with version {one['version']}; "
                f"`forestay journeys migrate {name} --from {one['version']}` moves them"
            )


def act_on_journey(url: str, key: str | None, name: str, what: str) -> None:
    """Pause, resume or stop."""
    with ApiClient(url, key) as client:
        done = client.post(f"/api/journeys/{name}/{what}")
    words = {"pause": "stand still", "resume": "go on", "stop": "were ended"}[what]
    back = f"; {done['withdrawn']:,} requests, effects and tasks taken back" if done["withdrawn"] else ""
    Console(highlight=False).print(f"[bold]{name}[/]: {done['runs']:,} runs {words}{back}")


def migrate_runs(
    url: str, key: str | None, name: str, *, version: int, to: int | None, plan: list[str], yes: bool
) -> int:  # fmt: skip
    """Show what becomes of whom, ask, and move them; exit code 2 when the plan leaves something open."""
    console = Console(highlight=False)
    asked: dict[str, Any] = {"version": version, "plan": dict(_pair(one) for one in plan)}
    if to is not None:
        asked["to"] = to
    with ApiClient(url, key, timeout_seconds=600) as client:
        looked = client.post(f"/api/journeys/{name}/migrate?preview=true", asked)
        table = _table("step", "runs waiting", "what becomes of them", "to")
        for fate in looked["fates"]:
            table.add_row(fate["step"], f"{fate['waiting']:,}", fate["what"].replace("_", " "), fate["to"] or "")
        console.print(table)
        if any(fate["what"] == "unclear" for fate in looked["fates"]):
            console.print("say with --plan STEP=STEP (or STEP=$exit) what becomes of those at the unclear steps")
            return 2
        if not yes and not _agreed(console, f"Move them to version {looked['to']}?"):
            return 1
        done = client.post(f"/api/journeys/{name}/migrate", asked)
    console.print(f"{done['runs']:,} runs moved to version {done['to']}")
    return 0


def repair_runs(url: str, key: str | None, *, dry_run: bool) -> int:
    """Find runs without exactly one way to go on, and mend them; take up again what was put aside. Exit code 1 when a dry
    run finds any of either."""
    console = Console(highlight=False)
    with ApiClient(url, key, timeout_seconds=600) as client:
        found = client.get("/api/runs/sweep") if dry_run else client.post("/api/runs/repair")
        aside = client.get("/api/runs/aside")
        taken = client.call("POST", "/api/runs/aside", json={}, params={"preview": dry_run}).json()["rows"]
    for kind in ("lost", "left_over", "asleep", "still", "joins", "unanswered"):
        if found[kind]:
            console.print(f"{kind.replace('_', ' ')}: {', '.join(map(str, found[kind]))}")
    console.print(f"{found['total']:,} runs {'mended' if found['repaired'] else 'to mend'}")
    for row in aside["items"]:
        console.print(
            f"put aside {row['id']} {row['kind']} {row['name'] or ''}, account {row['account_id']}: {row['reason']}"
        )
    console.print(f"{taken:,} rows that were put aside {'to take up' if dry_run else 'taken up'} again")
    return int(dry_run and found["total"] + taken > 0)


def _show_entries(console: Console, told: dict[str, Any]) -> None:
    runs, lately = told["runs"], told["last_30d"]
    console.print(
        "now: " + ", ".join(f"{runs[word]:,} {word}" for word in ("running", "paused", "held", "failed"))
        + f"; since {lately['since']}: {lately['entered']:,} entered {_counted(lately['entered_by'])}"
    )  # fmt: skip
    for title, counts in (("turned away", lately["refused"]), ("ended", lately["ended"])):
        if counts:
            console.print(f"{title}: {_counted(counts)}")


def _counted(counts: dict[str, int]) -> str:
    said = ", ".join(f"{word} {count:,}" for word, count in sorted(counts.items(), key=lambda one: -one[1]))
    return f"({said})" if said else ""


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = _table("step", "kind", "standing", "arrived", "left by", "asked", *LEDGER)
    for step in steps:
        ports = ", ".join(f"{port} {count:,}" for port, count in step["ports"].items())
        gone = " (gone)" if step["is_gone"] else ""
        table.add_row(
            step["step"] + gone, step["kind"] or "", f"{sum(step['standing'].values()):,}", f"{step['arrived']:,}", ports,
            f"{step['asked']:,}", *(f"{step['effects'][word]:,}" if step["effects"]["total"] else "" for word in LEDGER),
        )  # fmt: skip
    return table


def _short(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("live", "draft")}


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in _TEXTS else "right", overflow="fold")
    return table


_TEXTS = {"journey", "status", "", "step", "kind", "left by", "what becomes of them", "to"}


def _coloured(status: str) -> str:
    return f"[{_COLOURS[status]}]{status}[/]"


def _pair(text: str) -> tuple[str, str]:
    step, sign, target = text.partition("=")
    if not sign or not step or not target:
        raise Invalid(f"'{text}' is not of the form STEP=STEP", place="--plan")
    return step, target


def _agreed(console: Console, question: str) -> bool:
    return sys.stdin.isatty() and console.input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
