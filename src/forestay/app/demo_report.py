"""What `./run` prints at its end: what was just computed, and where to look next.

Reads: the public API
Gives: print_report()
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.app.demo import ADMIN_EMAIL, DemoState
from forestay.app.demo_journeys import show_journeys
from forestay.kit import clock
from forestay.kit.settings import Settings
from forestay.simulator.names import CSMS

PROBE_SECONDS = 20.0
SHOWN = 6


def print_report(console: Console, client: ApiClient, state: DemoState, settings: Settings, seconds: float) -> None:
    """Everything from the API, nothing from the simulator."""
    accounts = list(client.items("/api/accounts", limit=200))
    scored = [account for account in accounts if account["health"]]
    bands = Counter(account["health"]["band"] for account in scored)
    console.rule("[bold]Forestay[/] is running with a made-up company")
    console.print(
        f"{len(accounts)} accounts, {len(scored)} with a health score: [green]{bands['green']} green[/], "
        f"[yellow]{bands['yellow']} yellow[/], [red]{bands['red']} red[/]; loaded in {seconds:.0f} s"
    )
    _riskiest(console, client, scored)
    _signals(console, client)
    _tasks(console, client)
    show_journeys(console, client)
    _messages(console, client)
    _latency(console, client, state, settings)
    _next(console, state, settings)


def _riskiest(console: Console, client: ApiClient, scored: list[dict[str, Any]]) -> None:
    living = [account for account in scored if account["churn"] and not account["churned_on"]]
    if not living:
        return
    worst = max(living, key=lambda account: (account["churn"]["probability"], account["arr"] or 0))
    whole = client.get(f"/api/accounts/{worst['external_id']}")
    churn, health = whole["churn"], whole["health"]
    console.print(
        f"\n[bold]Riskiest account:[/] {whole['name']} ({whole['external_id']}), ARR {whole['arr']:,.0f} "
        f"{whole['currency'] or ''}, owner {whole['owner']}: health {health['score']:.0f} ({health['band']}, "
        f"confidence {health['confidence']:.0%}), churn risk {churn['probability']:.0%} by the {churn['source']} score"
    )
    for reason in churn["reasons"][:3]:
        console.print(f"  · {reason['sentence']}")


def _signals(console: Console, client: ApiClient) -> None:
    signals = list(client.items("/api/signals", limit=200))
    counts = Counter(signal["trigger"] for signal in signals)
    console.print(f"\n[bold]{len(signals)} signals fired[/] by {len(counts)} of the ten shipped triggers:")
    for trigger, count in counts.most_common():
        console.print(f"  {count:>4}  {trigger}")


def _tasks(console: Console, client: ApiClient) -> None:
    tasks = list(client.items("/api/tasks", limit=200, status="open"))
    console.print(f"\n[bold]{len(tasks)} tasks opened[/] for the accounts' CSMs; the first to do:")
    table = Table(box=None, pad_edge=False)
    for heading in ("due", "risk", "account", "task"):
        table.add_column(heading, overflow="fold")
    for task in tasks[:SHOWN]:
        due = datetime.fromisoformat(task["due_at"]).astimezone(UTC)
        table.add_row(f"{due:%a %d %b %H:%M} UTC", task["risk_level"], task["account"], task["title"])
    console.print(table)


def _messages(console: Console, client: ApiClient) -> None:
    messages = list(client.items("/api/messages", limit=200))
    channels = Counter(message["channel"] for message in messages)
    words = ", ".join(f"{count} {channel.replace('_', '-')}" for channel, count in channels.items()) or "none yet"
    console.print(f"\n[bold]Messages in the built-in outbox:[/] {words} (nothing leaves this machine)")


def _latency(console: Console, client: ApiClient, state: DemoState, settings: Settings) -> None:
    """One real event of an escalated ticket's kind, from sending to the account's committed score."""
    account = next(iter(client.items("/api/accounts", limit=1)))["external_id"]
    url = f"http://{settings.host}:{settings.port}/v1/track"
    body = {
        "type": "track", "userId": "demo-probe", "event": "Signed In", "messageId": str(uuid.uuid4()),
        "context": {"groupId": account}, "timestamp": clock.now().isoformat(),
    }  # fmt: skip
    began = time.perf_counter()
    httpx.post(url, json=body, auth=(state.write_key, ""), trust_env=False).raise_for_status()
    taken = time.perf_counter() - began
    position = int(client.get("/api/status")["last_position"])
    while time.perf_counter() - began < PROBE_SECONDS:
        if int(client.get("/api/status")["position"]) >= position:
            committed = time.perf_counter() - began
            console.print(
                f"\n[bold]Event to committed score and signal:[/] {committed * 1000:.0f} ms "
                f"(accepted and on disk after {taken * 1000:.0f} ms)"
            )
            return
        time.sleep(0.005)


def _next(console: Console, state: DemoState, settings: Settings) -> None:
    url = f"http://{settings.host}:{settings.port}"
    console.print("\n[bold]Where to look next[/]")
    if state.password:
        console.print(f"  {url} in a browser: sign in as {ADMIN_EMAIL}, password {state.password}", soft_wrap=True)
        console.print(f"  as one of its CSMs, {CSMS[0].email} for example, with the same password", soft_wrap=True)
    console.print(f"  export FORESTAY_ADMIN_KEY={state.admin_key}", soft_wrap=True)
    console.print(
        f"  curl -s -H \"Authorization: Bearer $FORESTAY_ADMIN_KEY\" '{url}/api/accounts?band=red'", soft_wrap=True
    )
    console.print(
        "  ./run status · ./run journeys list · ./run journeys runs · ./run backtest health-below-60 · docs/start.md"
    )
