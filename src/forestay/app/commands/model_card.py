"""A model's card on the command line: figures with intervals, calibration, lift, candidates, drift, lineage.

Gives: show_card(), show_drift()
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_BAR = 30
_NOT_WATCHED = ("trajectory", "signature")
"""They give no chances that could drift."""


def show_card(console: Console, found: dict[str, Any]) -> None:
    """Everything that is known of a version, the most important first."""
    console.print(
        f"[bold]{found['purpose']} version {found['version']}[/]: {found['status']}, learner {found['candidate']}, "
        f"made {found['created_at'][:10]} by {found['created_by']}"
    )
    card = found["card"]
    if card.get("words"):
        console.print(escape(card["words"]))
    _window(console, found["window"])
    _figures(console, card)
    _calibration(console, card)
    _lift(console, card)
    _candidates(console, found)
    _against(console, card)
    if found["purpose"] not in _NOT_WATCHED:
        show_drift(console, found["drift"])
    if found["changed_measures"]:
        console.print(
            f"[yellow]defined otherwise since the training:[/] {', '.join(found['changed_measures'])}; train anew"
        )
    for line in [one["sentence"] for one in card.get("refused", [])] + list(card.get("warnings", [])):
        console.print(f"[yellow]·[/] {escape(line)}")
    if found["lineage"]:
        told = " <- ".join(f"{one['version']} ({one['status']})" for one in found["lineage"])
        console.print(f"lineage: {found['version']} <- {told}")


def _window(console: Console, window: dict[str, Any] | None) -> None:
    if window:
        console.print(
            f"learned from {window['rows']:,} snapshots of {window['accounts']:,} accounts, {window['events']:,} of which "
            f"left; {window['first_day']} to {window['last_day']}, outcomes known until {window['known_until']}"
        )


def _figures(console: Console, card: dict[str, Any]) -> None:
    intervals = card.get("intervals")
    if intervals:
        told = ", ".join(f"{name} {value:.3f} ({low:.3f} to {high:.3f})" for name, (value, low, high) in intervals.items()
                         if None not in (value, low, high))  # fmt: skip
        console.print(f"out of time, {card['events']} events within {card['horizon']} days: {told}")


def _calibration(console: Console, card: dict[str, Any]) -> None:
    if not card.get("calibration"):
        return
    table = Table(title="Foreseen and seen, by tenths of the accounts", title_justify="left", box=None, pad_edge=False)
    for heading in ("foreseen", "seen", "between", "accounts"):
        table.add_column(heading, justify="right")
    table.add_column("")
    highest = max([0.01, *(one["seen"] for one in card["calibration"])])
    for one in card["calibration"]:
        bar = "█" * round(_BAR * one["seen"] / highest)
        table.add_row(f"{one['foreseen']:.1%}", f"{one['seen']:.1%}", f"{one['low']:.1%} to {one['high']:.1%}",
                      str(one["accounts"]), bar)  # fmt: skip
    console.print(table)


def _lift(console: Console, card: dict[str, Any]) -> None:
    if not card.get("lift"):
        return
    table = Table(title="If the riskiest are alerted", title_justify="left", box=None, pad_edge=False)
    for heading in ("share alerted", "of the leavers", "alerts that are right", "times the average"):
        table.add_column(heading, justify="right")
    for one in card["lift"]:
        table.add_row(f"{one['share']:.0%}", f"{one['recall']:.0%}", f"{one['precision']:.0%}", f"{one['lift']:.1f}")
    console.print(table)


def _candidates(console: Console, found: dict[str, Any]) -> None:
    if not found["comparison"]:
        return
    table = Table(title="Candidates on the same rows", title_justify="left", box=None, pad_edge=False)
    table.add_column("learner")
    for heading in ("log-loss", "skill"):
        table.add_column(heading, justify="right")
    for key, figures in sorted(found["comparison"].items(), key=lambda item: item[1].get("log_loss", 9.0)):
        table.add_row(f"[bold]{key}[/]" if key == found["candidate"] else key, f"{figures['log_loss']:.4f}",
                      f"{figures['skill']:+.1%}")  # fmt: skip
    console.print(table)


def _against(console: Console, card: dict[str, Any]) -> None:
    if card.get("against_live"):
        console.print(escape(card["against_live"]["words"]))


def show_drift(console: Console, drift: dict[str, Any] | None) -> None:
    """One day's look, None where there was none."""
    if drift is None:
        console.print("drift: not looked at yet; it is, every day while the model is live")
        return
    if not drift["alarms"]:
        console.print(f"drift on {drift['day']}: [green]nothing moved[/] beyond chance")
    for alarm in drift["alarms"]:
        console.print(f"drift on {drift['day']}: [red]{alarm['kind']}[/] {escape(alarm['sentence'])}")
    now, then = drift["now"], drift["then"]
    if now["auc"] is not None and then["auc"] is not None:
        console.print(f"  expected AUC {then['auc']:.2f} in training, {now['auc']:.2f} now; {now['events']:.1f} accounts "
                      f"expected to leave")  # fmt: skip
