"""The command line: one small module a command, imported only when it is called, so that --help is quick.

Gives: main(), the `forestay` script
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from forestay.app.cli_journeys import app as journeys_app
from forestay.app.cli_models import add_to as add_models
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings

app = typer.Typer(
    name="forestay",
    help="Customer-success orchestration: from raw customer data to the right intervention.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(journeys_app, name="journeys")
add_models(app)

Data = Annotated[
    Path, typer.Option("--data", help="Folder of database, log, lake and snapshots.", envvar="FORESTAY_DATA_DIR")
]
Port = Annotated[int, typer.Option("--port", help="Port of the API.", envvar="FORESTAY_PORT")]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.", envvar="FORESTAY_HOST")]
Url = Annotated[str, typer.Option("--url", help="Where a running Forestay is.", envvar="FORESTAY_URL")]
Browser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the workspace in a browser, where there is a desktop.")
]
Key = Annotated[str | None, typer.Option("--key", help="Management API key.", envvar="FORESTAY_ADMIN_KEY")]

DATA = Path("data")
DEMO_DATA = Path("demo-data")
PORT, HOST = 8400, "127.0.0.1"
URL = f"http://{HOST}:{PORT}"


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        typer.echo(f"forestay {metadata.version('forestay')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Customer-success orchestration: from raw customer data to the right intervention."""


@app.command()
def up(port: Port = PORT, data: Data = DATA, host: Host = HOST, browser: Browser = True) -> None:
    """Run server and worker in the foreground; prints `ready http://...` when both work."""
    from forestay.app.supervisor import Supervisor

    settings = Settings(port=port, host=host, data_dir=data.absolute())
    raise typer.Exit(Supervisor(settings, welcomes=True, opens=browser).run())


@app.command()
def link(
    port: Port = PORT, data: Data = DATA, host: Host = HOST,
    email: Annotated[str | None, typer.Option(help="Whose session it opens; a demo's administrator if left out.")] = None,
) -> None:  # fmt: skip
    """Print an address that lets one browser in once, within 15 minutes; on the machine where Forestay runs."""
    from forestay.app.commands.link import print_link

    raise typer.Exit(print_link(Settings(port=port, host=host, data_dir=data.absolute()), email))


@app.command()
def demo(
    port: Port = PORT,
    data: Annotated[Path, typer.Option("--data", help="Folder of the demo's data.")] = DEMO_DATA,
    accounts: Annotated[int, typer.Option(min=10, max=100_000, help="Accounts of the made-up company.")] = 300,
    months: Annotated[int, typer.Option(min=1, max=60, help="Months of history.")] = 24,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier demo and start anew.")] = False,
    live: Annotated[bool, typer.Option(help="Let new events trickle in.")] = True,
    browser: Browser = True,
) -> None:
    """Start Forestay with a made-up company in it and print what it found."""
    from forestay.app.demo import DemoOrder, run_demo

    order = DemoOrder(
        port=port, data_dir=data.absolute(), accounts=accounts, months=months, seed=seed, live=live, opens=browser
    )
    raise typer.Exit(run_demo(order, fresh=fresh))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; the truth goes to its folder truth/.")],
    accounts: Annotated[int, typer.Option(min=10, max=100_000)] = 300,
    months: Annotated[int, typer.Option(min=1, max=120)] = 12,
    seed: Annotated[int, typer.Option()] = 7,
    until: Annotated[str | None, typer.Option(help="Last day of the history, YYYY-MM-DD; today if empty.")] = None,
) -> None:
    """Make up a B2B software company: import files, Segment calls, configuration, and the truth apart."""
    from forestay.app.commands.simulate import simulate_company

    simulate_company(out, accounts=accounts, months=months, seed=seed, until=until)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or JSON lines.", exists=True, dir_okay=False)],
    kind: Annotated[
        str,
        typer.Option(
            "--as", help="accounts, contacts, subscriptions, invoices, tickets, interactions, surveys or events."
        ),
    ],
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN; FIELD= leaves a field out. Repeatable.")
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=TEXT, the same for every row. Repeatable.")
    ] = None,
    lookup: Annotated[
        list[str] | None, typer.Option(help="COLUMN=FILE.csv:KEY:VALUE replaces the column's values. Repeatable.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: take only these rows. Repeatable.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="COLUMN=VALUE: leave these rows out. Repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Convert and count, send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
    url: Url = URL,
    key: Key = None,
) -> None:
    """Import a file of records or events into a running Forestay."""
    from forestay.app.commands.imports import ImportCall, import_file

    call = ImportCall(
        file, kind, map_ or [], constant or [], lookup or [], only or [], without or [], dry_run=dry_run, ask=not yes
    )
    raise typer.Exit(import_file(call, url, key))


@app.command()
def backtest(
    trigger: Annotated[str, typer.Argument(help="Key of a trigger, for example health-below-60.")],
    since: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD; a year ago if empty.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day; today if empty.")] = None,
    outcome: Annotated[str, typer.Option(help="churned, renewed or expanded.")] = "churned",
    within_days: Annotated[int, typer.Option(min=1, max=365)] = 90,
    url: Url = URL,
    key: Key = None,
) -> None:
    """Replay a trigger over history: how often, for whom, how right, how early, whose work."""
    from forestay.app.commands.backtest import run_backtest

    run_backtest(url, key, trigger, since=since, until=until, outcome=outcome, within_days=within_days)


@app.command()
def evaluate(
    csv: Annotated[
        Path, typer.Option("--csv", help="The table: CSV or Parquet, one row a customer (or customer and day).")
    ],
    label: Annotated[str, typer.Option("--label", help="Column that says what happened: Yes/No, true/false, 1/0.")],
    time: Annotated[
        str | None, typer.Option("--time", help="Column of dates: train on earlier rows, test on later.")
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", help="Column that names the customer, where one has several rows.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the drawings; beside the table if empty.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Repeats of the two-fold cross-validation.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    keep_suspicious: Annotated[
        bool, typer.Option("--keep-suspicious", help="Keep columns that seem to know the answer.")
    ] = False,
    ceiling: Annotated[
        float | None, typer.Option(min=0.5, max=1.0, help="AUC above which the result is not believed.")
    ] = None,
) -> None:
    """Test honestly how well a column of any table can be foreseen from the others."""
    from forestay.app.commands.evaluate import EvaluateCall, evaluate_file

    evaluate_file(EvaluateCall(csv, label, time, id_, out, repeats, as_json, keep_suspicious, ceiling))


@app.command()
def export(folder: Annotated[Path, typer.Argument()], url: Url = URL, key: Key = None) -> None:
    """Write the configuration (measures, scorecards, triggers, segments, templates, ...) as files."""
    from forestay.app.commands.configuration import export_to

    export_to(folder, url, key)


@app.command()
def diff(folder: Annotated[Path, typer.Argument(exists=True)], url: Url = URL, key: Key = None) -> None:
    """Show what `apply` would change; exit code 1 when there is something."""
    from forestay.app.commands.configuration import show_difference

    raise typer.Exit(1 if show_difference(folder, url, key) else 0)


@app.command()
def apply(
    folder: Annotated[Path, typer.Argument(exists=True)],
    publish: Annotated[bool, typer.Option(help="Publish what changes; drafts otherwise.")] = True,
    url: Url = URL,
    key: Key = None,
) -> None:
    """Bring the configuration to what the files say."""
    from forestay.app.commands.configuration import apply_from

    apply_from(folder, url, key, publish=publish)


@app.command()
def test(
    path: Annotated[Path, typer.Argument(exists=True, help="A file or folder of journeys and scenarios.")],
) -> None:
    """Check journeys in files and play their scenarios; exit code 1 when something differs."""
    from forestay.app.commands.journey_tests import play_journeys

    raise typer.Exit(play_journeys(path))


@app.command()
def status(url: Url = URL, key: Key = None) -> None:
    """Say how a running Forestay is: lag, bands, open work, feeds."""
    from forestay.app.commands.status import show_status

    raise typer.Exit(show_status(url, key))


@app.command()
def impact(
    kind: Annotated[str | None, typer.Option(help="trigger, journey or arm; all if empty.")] = None,
    url: Url = URL,
    key: Key = None,
) -> None:
    """Say what interventions do and are worth, how that is known, and where it cannot be said yet."""
    from forestay.app.commands.impact import show_impact

    show_impact(url, key, kind)


@app.command()
def doctor(data: Data = DATA, port: Port = PORT) -> None:
    """Look for what is wrong with the set-up and say how to mend it."""
    from forestay.app.doctor import examine

    raise typer.Exit(examine(Settings(data_dir=data.absolute(), port=port)))


@app.command()
def backup(target: Annotated[Path, typer.Argument(help="The archive to write (.tar).")], data: Data = DATA) -> None:
    """Copy database, log and lake into one archive, while Forestay runs or not."""
    from forestay.app.commands.archive import write_archive

    write_archive(Settings(data_dir=data.absolute()), target)


@app.command()
def restore(source: Annotated[Path, typer.Argument(exists=True)], data: Data = DATA) -> None:
    """Fill an empty data folder from an archive."""
    from forestay.app.commands.archive import bring_back

    bring_back(Settings(data_dir=data.absolute()), source)


def main() -> None:
    """Run a command; an expected refusal is one sentence and exit code 1, never a traceback."""
    try:
        app()
    except ForestayError as error:
        print(f"forestay: {error}", file=sys.stderr)
        sys.exit(1)
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            print(f"forestay: FORESTAY_{name}: {problem['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(1)
