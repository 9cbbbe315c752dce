"""The demo's four journeys: published once its history is scored, so that nothing happens for the past, then entered.

Reads: the public API
Gives: PLAYBOOKS, start_journeys(), show_journeys()
"""

from __future__ import annotations

import re
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from forestay.app.client import ApiClient

RENEWING = "renewal-in-half-a-year"
_RENEWING = {
    "key": RENEWING, "name": "Renewal in five to six months",
    "condition": "account.days_to_renewal >= 150 and account.days_to_renewal <= 180 and account.is_churned < 1",
}  # fmt: skip
PLAYBOOKS: dict[str, dict[str, str]] = {
    "low-usage-rescue": {},
    "feature-adoption": {},
    "failed-payment": {},
    "renewal-180-90-30": {"segment": RENEWING},
}
"""Key -> whom to take in now: those whom an entry of the journey fits, or a segment."""
SETTLE_SECONDS, _LOOK_SECONDS = 20.0, 0.25


def start_journeys(client: ApiClient) -> None:
    """Publish the four playbooks under a member's name; then let in who matches now, as a person would decide to."""
    owner = next(one["email"] for one in client.items("/api/members", limit=200) if one["role"] == "ops")
    client.call("PUT", f"/api/segments/{RENEWING}/draft", json=_RENEWING, headers={"If-Match": "*"})
    client.post(f"/api/segments/{RENEWING}/publish")
    for key, whom in PLAYBOOKS.items():
        source = re.sub(r"(?m)^owner: .*$", f"owner: {owner}", client.get(f"/api/journeys/{key}")["source"])
        client.call("PUT", f"/api/journeys/{key}/draft", json={"source": source}, headers={"If-Match": "*"})
        client.post(f"/api/journeys/{key}/publish")
        client.post(f"/api/journeys/{key}/enter-matching", whom)


def show_journeys(console: Console, client: ApiClient) -> None:
    """Runs by journey and what their steps asked for, once the worker has taken the entries in."""
    _settle(client)
    items = [one for one in client.items("/api/journeys") if one["status"] == "active"]
    if not items:
        return
    total = sum(one["last_30d"]["entered"] for one in items)
    console.print(
        f"\n[bold]{total} runs entered {len(items)} journeys[/] (of twelve shipped playbooks), and what they did so far:"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("journey", "under way", "held out", "stand at", "asked for"):
        table.add_column(heading, overflow="fold")
    for one in items:
        steps = list(client.items(f"/api/journeys/{one['key']}/steps"))
        table.add_row(one["key"], str(one["runs"]["running"]), str(_held_out(one)), _places(steps), _work(steps))
    console.print(table)


def _settle(client: ApiClient) -> None:
    """Until nobody comes in any more and every request is in the ledger, or a while."""
    deadline, before = time.monotonic() + SETTLE_SECONDS, -1
    while time.monotonic() < deadline:
        entered = sum(client.get(f"/api/journeys/{key}")["last_30d"]["entered"] for key in PLAYBOOKS)
        waiting = sum(step["waiting"] for key in PLAYBOOKS for step in client.items(f"/api/journeys/{key}/steps"))
        if entered == before and entered and not waiting:
            return
        before = entered
        time.sleep(_LOOK_SECONDS)


def _held_out(journey: dict[str, Any]) -> int:
    return int(journey["last_30d"]["ended"].get("completed:holdout", 0))


def _places(steps: list[dict[str, Any]]) -> str:
    standing = [(step["step"], sum(step["standing"].values())) for step in steps]
    return ", ".join(f"{step} {count}" for step, count in standing if count)


def _work(steps: list[dict[str, Any]]) -> str:
    """'guide (message): 37 sent, 4 skipped'."""
    said = []
    for step in steps:
        told = ", ".join(
            f"{count} {word}" for word, count in step["effects"].items() if count and word != "total"
        )  # fmt: skip
        if told:
            said.append(f"{step['step']} ({step['kind']}): {told}")
    return "; ".join(said)
