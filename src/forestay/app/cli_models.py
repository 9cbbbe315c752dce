"""`forestay train`, `models ...`, `promote`, `explain` on the command line.

Gives: app (hung in under 'models'), add_to(), which adds train, promote and explain to the top
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Look at models, approve, shadow, retire and roll back; without a subcommand, list them.",
    invoke_without_command=True,
)

URL = "http://127.0.0.1:8400"
Url = Annotated[str, typer.Option("--url", help="Where a running Forestay is.", envvar="FORESTAY_URL")]
Key = Annotated[str | None, typer.Option("--key", help="Management API key.", envvar="FORESTAY_ADMIN_KEY")]
AsJson = Annotated[bool, typer.Option("--json", help="As the API answers, for programs.")]
Name = Annotated[str, typer.Argument(metavar="MODEL", help="churn for the newest version, churn:3 for the third.")]
Because = Annotated[str | None, typer.Option(help="Why, for the history and the audit trail.")]
Purpose = Annotated[str, typer.Option(help="churn, early_warning, expansion, trajectory or signature.")]


@app.callback()
def models(
    context: typer.Context,
    purpose: Annotated[str | None, typer.Option(help="Only of this purpose.")] = None,
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Every version with its figures and whether its world moved."""
    if context.invoked_subcommand is None:
        from forestay.app.commands.models import list_models

        list_models(url, key, purpose=purpose, as_json=as_json)


@app.command()
def show(name: Name, as_json: AsJson = False, url: Url = URL, key: Key = None) -> None:
    """One version's card: window, figures with intervals, calibration, lift, candidates, drift, lineage."""
    from forestay.app.commands.models import show_model

    show_model(url, key, name, as_json=as_json)


@app.command()
def approve(name: Name, because: Because = None, url: Url = URL, key: Key = None) -> None:
    """Let a version go live that another member asked for."""
    _act(url, key, name, "approve", because)


@app.command()
def shadow(name: Name, url: Url = URL, key: Key = None) -> None:
    """Let a draft predict beside the live one; only its card shows what it says."""
    _act(url, key, name, "shadow")


@app.command()
def retire(name: Name, because: Because = None, url: Url = URL, key: Key = None) -> None:
    """Take a version out of service; without a live one the rule score answers."""
    _act(url, key, name, "retire", because)


@app.command()
def export(
    name: Name,
    mlflow: Annotated[Path, typer.Option("--mlflow", metavar="DIR", help="New folder, in MLflow's storage format.")],
    url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Write a version as a folder that MLflow loads, serves and registers; MLflow itself is not needed for it."""
    from forestay.app.commands.models import export_model

    export_model(url, key, name, mlflow)


@app.command()
def drift(
    name: Name,
    since: Annotated[str | None, typer.Option(help="Look at past days too, a week apart from this day on.")] = None,
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Look whether the world of a live version moved, now; it is looked at every night anyway."""
    from forestay.app.commands.models import look_at_drift

    look_at_drift(url, key, name, since=since, as_json=as_json)


@app.command("roll-back")
def roll_back(purpose: Purpose = "churn", because: Because = None, url: Url = URL, key: Key = None) -> None:
    """Put the version that was live before back into service."""
    from forestay.app.commands.models import roll_back_model

    roll_back_model(url, key, purpose, because)


def train(
    purpose: Purpose = "churn",
    promote_it: Annotated[bool, typer.Option("--promote", help="Promote it at once when it learned something.")] = False,
    until: Annotated[str | None, typer.Option(help="As if the history ended on this day, YYYY-MM-DD.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the job to its end.")] = True,
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Train a model on the history of today; exit code 2 when there is not enough data."""
    from forestay.app.commands.models import train_model

    raise typer.Exit(train_model(url, key, purpose, until=until, promote=promote_it, wait=wait, as_json=as_json))


def promote(name: Name, because: Because = None, url: Url = URL, key: Key = None) -> None:
    """Let a version answer from now on, in every process within two seconds."""
    _act(url, key, name, "promote", because)


def explain(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="External id of an account.")],
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """What is foreseen of an account, how surely, and why."""
    from forestay.app.commands.models import explain_account

    explain_account(url, key, account, as_json=as_json)


def add_to(top: typer.Typer) -> None:
    """Hang everything in."""
    top.add_typer(app, name="models")
    for command in (train, promote, explain):
        top.command()(command)


def _act(url: str, key: str | None, name: str, what: str, because: str | None = None) -> None:
    from forestay.app.commands.models import promote_model

    promote_model(url, key, name, what, because)
