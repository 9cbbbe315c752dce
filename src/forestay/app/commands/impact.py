"""`forestay impact`: what interventions do and are worth, and how that is known.

Reads : `/api/impact` of a running Forestay
Gives : show_impact()
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from forestay.app.client import ApiClient

_METHODS = {"randomised": "held out", "observational": "guess", "none": "not yet"}


def show_impact(url: str, key: str | None, kind: str | None = None) -> None:
    """Print a line for each trigger, journey and arm, then what all are worth together."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        found = client.get("/api/impact" if kind is None else f"/api/impact?kind={kind}")
    if not found["items"]:
        console.print("Nothing to tell yet: no trigger has fired, or the first daily look is still to come.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("intervention", "known by", "effect (points)", "ended well", "saved a year", "ROI", "who gains"):
        table.add_column(heading)
    for item in found["items"]:
        table.add_row(*_line(item))
    console.print(table)
    for item in found["items"]:
        console.print(f"[dim]{escape(item['key'])}:[/] {escape(item['words'])}")
    console.print(escape(f"Together: {found['together']['words']}"))


def _line(item: dict[str, Any]) -> tuple[str, ...]:
    effect, worth, uplift = item["effect"], item["worth"] or {}, item["uplift"]
    return (
        f"{item['kind']} {item['key']}",
        _METHODS[item["method"]],
        _interval(effect, 100, ".1f"),
        "" if item["conversion"] is None else f"{item['conversion']:.0%} of {item['settled']}",
        _interval(worth.get("saved"), 1, ",.0f"),
        _interval(worth.get("roi"), 1, ".1f"),
        "" if uplift is None else "known" if uplift["ships"] else "not known",
    )


def _interval(seen: dict[str, Any] | None, times: float, form: str) -> str:
    if seen is None or seen["estimate"] is None:
        return "cannot be said yet"
    estimate, low, high = (format(seen[end] * times, form) for end in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]"
