"""`forestay train`, `models`, `promote`, `roll-back`, `explain`: the life of a model from the command line.

Gives: train_model(), list_models(), show_model(), promote_model(), look_at_drift(), roll_back_model(),
       explain_account(), export_model()
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from forestay.app.client import ApiClient
from forestay.app.commands.imports import follow
from forestay.app.commands.model_card import show_card, show_drift
from forestay.kit.errors import Invalid, NotFound

_STATUS = {"live": "green", "shadow": "cyan", "retired": "dim", "draft": "yellow"}


def train_model(
    url: str, key: str | None, purpose: str, *, until: str | None = None, promote: bool, wait: bool, as_json: bool
) -> int:
    """Train, follow the job, say how good the model is; promote it when asked for and when it learned something."""
    console = Console(highlight=False, stderr=as_json)
    with ApiClient(url, key, timeout_seconds=600) as client:
        job = client.post("/api/models/train", {"purpose": purpose, "until": until})
        if not wait:
            console.print(
                f"training {purpose} as job {job['id']}: forestay models --url {client.url} shows it when it is done"
            )
            return 0
        result = _followed(client, console, int(job["id"]))
        if as_json:
            print(json.dumps(result))  # noqa: T201
        else:
            _tell_training(console, result)
        if promote and result["state"] == "ok":
            _tell_promotion(console, client.post(f"/api/models/{result['model_id']}/promote"))
    return 0 if result["state"] == "ok" else 2


def list_models(url: str, key: str | None, *, purpose: str | None, as_json: bool) -> None:
    """Every version, the newest first."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        items = list(client.items("/api/models", purpose=purpose))
    if as_json:
        print(json.dumps(items))  # noqa: T201
        return
    if not items:
        console.print("no model was trained yet, so the rule score answers: `forestay train`")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("purpose", "version", "status", "learner", "history", "AUC", "log-loss", "drift"):
        table.add_column(heading, no_wrap=True)
    for one in items:
        table.add_row(*_line(one))
    console.print(table)
    for one in items:
        if said := _note(one):
            console.print(f"  {one['purpose']}:{one['version']} {said}", soft_wrap=True)


def show_model(url: str, key: str | None, name: str, *, as_json: bool) -> None:
    """One version's card."""
    with ApiClient(url, key) as client:
        found = client.get(f"/api/models/{_named(client, name)['id']}")
    if as_json:
        print(json.dumps(found))  # noqa: T201
        return
    show_card(Console(highlight=False), found)


def export_model(url: str, key: str | None, name: str, folder: Path) -> None:
    """The model as a folder that MLflow reads."""
    from forestay.predictions.mlflow_folder import write_mlflow_folder
    from forestay.predictions.model_document import ModelDocument

    with ApiClient(url, key) as client:
        one = _named(client, name)
        document = ModelDocument.model_validate(client.get(f"/api/models/{one['id']}/document"))
    files = write_mlflow_folder(document, folder)
    console = Console(highlight=False)
    console.print(f"{one['purpose']} version {one['version']} as an MLflow model: {folder}", soft_wrap=True)
    console.print(f"  {', '.join(file.name for file in files)}")
    console.print(
        f'  mlflow.pyfunc.load_model("{folder}") answers with it, where forestay is installed', soft_wrap=True
    )


def promote_model(url: str, key: str | None, name: str, what: str, because: str | None = None) -> None:
    """promote, approve, shadow or retire a version. because: why, for its history."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        found = client.post(f"/api/models/{_named(client, name)['id']}/{what}", {"note": because} if because else None)
    _tell_promotion(console, found)


def look_at_drift(url: str, key: str | None, name: str, *, since: str | None, as_json: bool) -> None:
    """Look now, and tell every day's alarms."""
    console = Console(highlight=False, stderr=as_json)
    with ApiClient(url, key, timeout_seconds=600) as client:
        number = _named(client, name)["id"]
        job = client.post(f"/api/models/{number}/drift", {"since": since})
        _followed(client, console, int(job["id"]))
        looks = list(client.items(f"/api/models/{number}/drift", limit=61 if since else 1))
    if as_json:
        print(json.dumps(looks))  # noqa: T201
        return
    for look in reversed(looks):
        show_drift(console, look)


def roll_back_model(url: str, key: str | None, purpose: str, because: str | None = None) -> None:
    """The version that was live before answers again."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        found = client.post("/api/models/roll-back", {"purpose": purpose, "note": because})["live"]
    if found is None:
        console.print(f"no {purpose} model was live before: the rule score answers again")
    else:
        _tell_promotion(console, found)


def explain_account(url: str, key: str | None, account: str, *, as_json: bool) -> None:
    """What is foreseen of one account, how surely, and why."""
    console = Console(highlight=False)
    place = f"/api/accounts/{quote(account, safe='')}"
    with ApiClient(url, key) as client:
        whole = client.get(place)
        found = client.get(f"{place}/prediction")
        ahead = client.get(f"{place}/trajectory")
    if as_json:
        print(json.dumps(found))  # noqa: T201
        return
    console.print(f"[bold]{escape(whole['name'] or account)}[/] ({escape(account)})")
    console.print(_foreseen(found))
    for reason in found["reasons"]:
        sign = "[red]+[/]" if reason["direction"] == "raises" else "[green]-[/]"
        console.print(
            f"  {sign} {escape(reason['sentence'])} [dim](odds x {reason['odds_ratio']:.2f}, {reason['source']})[/]"
        )
    if not found["reasons"]:
        console.print("  no single column moves this prediction noticeably")
    ready = found["expansion"]
    if ready["readiness"] is not None:
        chance = "" if ready["probability"] is None else f", chance of success {ready['probability']:.0%}"
        console.print(f"readiness to expand {ready['readiness']:.0f} of 100{chance}")
        for one in ready["opportunities"]:
            console.print(f"  · {escape(one['sentence'])}: {escape(one['action'])}")
    _tell_ahead(console, ahead)


def _tell_ahead(console: Console, ahead: dict[str, Any]) -> None:
    """Where health is heading and where the account falls short, where a model says so."""
    forecast, against = ahead["forecast"], ahead["signature"]
    if forecast["state"] == "ok":
        told = ", ".join(
            f"{one['level']:.0f} in {one['days']} days ({one['low']:.0f} to {one['high']:.0f})"
            for one in forecast["horizons"]
        )
        console.print(
            f"health {ahead['score']:.0f} now, {told} if it stays (model version {forecast['model_version']})"
        )
    for one in against["shortfalls"]:
        console.print(f"  - {escape(one['sentence'])}")


def _foreseen(found: dict[str, Any]) -> str:
    if found["probability"] is None:
        return "nothing is foreseen: no evidence yet, or it has left"
    if found["source"] == "rule":
        return f"risk of churn {found['probability']:.0%} by the rule score (no trained model is live)"
    horizons = ", ".join(
        f"{one['probability']:.1%} {'until the renewal in' if one['until_renewal'] else 'within'} {one['days']} days"
        for one in found["horizons"]
    )
    between = "" if found["low"] is None else f", interval {found['low']:.1%} to {found['high']:.1%}"
    enough = (
        "" if found["state"] == "ok" else "; too little is known of this account, so this is what holds for everybody"
    )
    threshold = f"the alert threshold of {found['alert_threshold']:.1%} within {found['alert_days']} days"
    alert = f"[red]above[/] {threshold}" if found["is_alert"] else (
        f"below {threshold}")  # fmt: skip
    return f"churn {horizons}{between}; {alert} (model version {found['model_version']}){enough}"


def _named(client: ApiClient, name: str) -> dict[str, Any]:
    """'churn' is the newest version, 'churn:3' the third. Raises Invalid, NotFound."""
    purpose, _, version = name.partition(":")
    if version and not version.isdigit():
        raise Invalid(f"'{name}' is no version; write it as churn:3, or churn for the newest", place="MODEL")
    for one in client.items("/api/models"):
        if one["purpose"] == purpose and (not version or one["version"] == int(version)):
            return one
    raise NotFound("model", name)


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    metrics, colour = one["metrics"], _STATUS.get(one["status"], "")
    return (
        one["purpose"], str(one["version"]), f"[{colour}]{one['status']}[/]", one["candidate"] or "",
        f"{one['trained_since'] or '?'}..{one['trained_until'] or '?'}", _figure(metrics, "auc"),
        _figure(metrics, "log_loss"), "[red]alarm[/]" if one["has_alarm"] else "",
    )  # fmt: skip


def _note(one: dict[str, Any]) -> str:
    """What was said of it, or whom it waits for."""
    if one["asked_by"] and one["status"] in ("draft", "shadow") and not one["approved_by"]:
        return f"[yellow]waits for approval (asked by {one['asked_by']})[/]"
    return f"[dim]{escape(one['note'])}[/]" if one["note"] else ""


def _figure(metrics: dict[str, Any], name: str) -> str:
    found = next((metrics[key] for key in (f"{name}_60", f"{name}_90", name) if metrics.get(key) is not None), None)
    return "" if found is None else f"{found:.3f}"


def _followed(client: ApiClient, console: Console, number: int) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("waiting", total=100)
        job = follow(
            client, number, lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
        )
    result: dict[str, Any] = job["result"]
    return result


def _tell_training(console: Console, result: dict[str, Any]) -> None:
    console.print(
        f"[bold]{result['purpose']} version {result['version']}[/], learner {result['candidate']}: {result['status']}"
    )
    console.print(escape(result["words"]))
    if result["against_live"]:
        console.print(escape(result["against_live"]["words"]))
    if result["state"] == "ok" and result["status"] != "live":
        console.print(f"It answers once it is promoted: forestay promote {result['purpose']}:{result['version']}")


def _tell_promotion(console: Console, found: dict[str, Any]) -> None:
    name = f"{found['purpose']} version {found['version']}"
    if found["status"] != "live" and found["asked_by"]:
        console.print(f"{name} waits for another member: forestay models approve {found['purpose']}:{found['version']}")
        return
    console.print(
        f"{name} is {found['status']}"
        + (": it answers in every process within two seconds" if found["status"] == "live" else "")
    )
