"""The demo's models: one trained as four months ago, watched since, and a second one on all history, compared with it.

Reads: the public API
Gives: learn(), look_ahead(), show_models()

The first is promoted, and drift is looked at week by week since. The second takes its place when it beats the plain rate
beyond chance; its report compares both on the same rows. What is said of them is their own reports', also 'no skill found'.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape

from forestay.app.client import ApiClient
from forestay.app.commands.imports import follow
from forestay.kit import clock

AGO = timedelta(days=120)
"""How old the first model is."""
SHOWN = 3


def learn(client: ApiClient) -> None:
    """Train, promote, look back, train again. Where there is too little to learn from, that is what stands there."""
    then = (clock.now() - AGO).date().isoformat()
    first = _trained(client, {"purpose": "churn", "until": then})
    if first["state"] == "ok":
        client.post(f"/api/models/{first['model_id']}/promote")
        job = client.post(f"/api/models/{first['model_id']}/drift", {"since": then})
        follow(client, int(job["id"]), _quiet)
    second = _trained(client, {"purpose": "churn"})
    if second["state"] == "ok" and (first["state"] != "ok" or _has_skill(client, second)):
        client.post(f"/api/models/{second['model_id']}/promote")


def look_ahead(client: ApiClient) -> None:
    """Where health is heading and what loyal accounts do: each goes into service where there was enough to learn from."""
    for purpose in ("trajectory", "signature"):
        found = _trained(client, {"purpose": purpose})
        if found["state"] == "ok":
            client.post(f"/api/models/{found['model_id']}/promote", {"note": f"The demo's first {purpose}."})


def show_models(console: Console, client: ApiClient) -> None:
    """What was learned, how good it is, what moved since, and the riskiest account with its reasons."""
    items = list(client.items("/api/models", purpose="churn"))
    if not items:
        return
    for one in reversed(items):
        card = client.get(f"/api/models/{one['id']}")
        console.print(
            f"\n[bold]Model {one['purpose']} version {one['version']}[/], {one['status']}, learner {one['candidate']}:"
        )
        console.print(f"  {escape(card['card'].get('words') or card['notes'][0])}")
        if card["card"].get("against_live"):
            console.print(f"  {escape(card['card']['against_live']['words'])}")
        _drift(console, client, one)
    _riskiest(console, client)
    console.print("  ./run models · ./run models show churn · ./run explain ACCOUNT · docs/models.md")


def _trained(client: ApiClient, asked: dict[str, Any]) -> dict[str, Any]:
    job = client.post("/api/models/train", asked)
    result: dict[str, Any] = follow(client, int(job["id"]), _quiet)["result"]
    return result


def _has_skill(client: ApiClient, trained: dict[str, Any]) -> bool:
    """Whether it beats the plain rate by more than twice the noise of that comparison."""
    figures = client.get(f"/api/models/{trained['model_id']}")["comparison"].get(trained["candidate"], {})
    return float(figures.get("better_by", 0.0)) > 2 * float(figures.get("noise", 0.0))


def _drift(console: Console, client: ApiClient, one: dict[str, Any]) -> None:
    looks = list(client.items(f"/api/models/{one['id']}/drift", limit=60))
    if not looks:
        return
    first = next((look for look in reversed(looks) if look["alarms"]), None)
    if first is None:
        console.print(f"  drift, looked at {len(looks)} times since: nothing moved beyond chance")
        return
    alarms = sum(bool(look["alarms"]) for look in looks)
    console.print(f"  drift, looked at {len(looks)} times since: {alarms} with an alarm, the first on {first['day']}: "
                  f"{escape(first['alarms'][0]['sentence'])}")  # fmt: skip


def _riskiest(console: Console, client: ApiClient) -> None:
    page = client.get("/api/accounts", sort="-churn", limit=50)["items"]
    worst = next(
        (one for one in page if one["churn"] and one["churn"]["source"] == "model" and not one["churned_on"]), None
    )
    if worst is None:
        return
    found = client.get(f"/api/accounts/{worst['external_id']}/prediction")
    between = "" if found["low"] is None else f" (interval {found['low']:.0%} to {found['high']:.0%})"
    console.print(f"  riskiest by the live model: {escape(worst['name'] or worst['external_id'])}, "
                  f"{found['probability']:.0%} within 90 days{between}")  # fmt: skip
    for reason in found["reasons"][:SHOWN]:
        console.print(f"    · {escape(reason['sentence'])}")


def _quiet(_done: float, _total: float, _what: str) -> None:
    """Nobody waits for it in front of a bar."""
