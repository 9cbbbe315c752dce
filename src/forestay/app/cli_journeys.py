"""`forestay journeys ...` on the command line.

Gives: app, which cli.py hangs in under 'journeys'
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Look at journeys and their runs, simulate, publish, pause, migrate and mend them.", no_args_is_help=True
)

URL = "http://127.0.0.1:8400"
Url = Annotated[str, typer.Option("--url", help="Where a running Forestay is.", envvar="FORESTAY_URL")]
Key = Annotated[str | None, typer.Option("--key", help="Management API key.", envvar="FORESTAY_ADMIN_KEY")]
Name = Annotated[str, typer.Argument(metavar="KEY", help="Key of a journey, for example low-usage-rescue.")]
AsJson = Annotated[bool, typer.Option("--json", help="As the API answers, for programs.")]
File = Annotated[
    Path | None, typer.Option("--file", exists=True, dir_okay=False, help="A YAML file instead of the draft.")
]


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="active, paused, stopped, draft or retired.")] = None,
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Every journey with who is in it now."""
    from forestay.app.commands.journeys import list_journeys

    list_journeys(url, key, status=status, as_json=as_json)


@app.command()
def show(name: Name, as_json: AsJson = False, url: Url = URL, key: Key = None) -> None:
    """One journey: what is wrong with it, its steps with counts and ledger, its versions."""
    from forestay.app.commands.journeys import show_journey

    show_journey(url, key, name, as_json=as_json)


@app.command()
def publish(name: Name, file: File = None, url: Url = URL, key: Key = None) -> None:
    """Publish the draft, or a file; nobody enters by that, runs under way stay with their version."""
    from forestay.app.commands.journeys import publish_journey

    publish_journey(url, key, name, file)


@app.command()
def simulate(
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=1100, help="So many days up to yesterday.")] = 90,
    account: Annotated[str | None, typer.Option(help="Walk this one account through it instead.")] = None,
    file: File = None, as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Replay the last days through a journey, without any effect."""
    from forestay.app.commands.journey_runs import simulate_journey, walk_account

    if account is None:
        simulate_journey(url, key, name, days=days, file=file, as_json=as_json)
    else:
        walk_account(url, key, name, account, days=days, file=file, as_json=as_json)


@app.command()
def runs(
    number: Annotated[int | None, typer.Argument(metavar="[RUN]", help="One run, with its history.")] = None,
    journey: Annotated[str | None, typer.Option(help="Key of a journey.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="running, paused, held, failed, completed, ...")] = None,
    account: Annotated[str | None, typer.Option(help="External id of an account.")] = None,
    step: Annotated[str | None, typer.Option(help="Id of the step where it stands.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False, url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """The newest runs, or one with everything that happened to it."""
    from forestay.app.commands.journey_runs import list_runs, show_run

    if number is not None:
        show_run(url, key, number, as_json=as_json)
        return
    list_runs(
        url, key, limit=limit, as_json=as_json, journey=journey, status=status, account=account, step=step, reason=reason
    )  # fmt: skip


@app.command()
def repair(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look; exit code 1 when something is found.")] = False,
    url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Find runs that nothing would ever move, and mend them (the worker does so by itself, too)."""
    from forestay.app.commands.journeys import repair_runs

    raise typer.Exit(repair_runs(url, key, dry_run=dry_run))


@app.command()
def pause(name: Name, url: Url = URL, key: Key = None) -> None:
    """Let every run stand still; what comes in is kept."""
    _act(url, key, name, "pause")


@app.command()
def resume(name: Name, url: Url = URL, key: Key = None) -> None:
    """Go on after a pause or a stop."""
    _act(url, key, name, "resume")


@app.command()
def stop(name: Name, url: Url = URL, key: Key = None) -> None:
    """End every run; nothing of the journey acts any more when this returns."""
    _act(url, key, name, "stop")


@app.command()
def migrate(
    name: Name,
    version: Annotated[int, typer.Option("--from", min=1, help="The version that the runs are pinned to.")],
    to: Annotated[int | None, typer.Option("--to", min=1, help="The live version if left out.")] = None,
    plan: Annotated[list[str] | None, typer.Option(help="STEP=STEP, or STEP=$exit to let them leave. Repeatable.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before moving.")] = False,
    url: Url = URL, key: Key = None,
) -> None:  # fmt: skip
    """Move runs to another version, after a look at what becomes of those at each step."""
    from forestay.app.commands.journeys import migrate_runs

    raise typer.Exit(migrate_runs(url, key, name, version=version, to=to, plan=plan or [], yes=yes))


def _act(url: str, key: str | None, name: str, what: str) -> None:
    from forestay.app.commands.journeys import act_on_journey

    act_on_journey(url, key, name, what)
