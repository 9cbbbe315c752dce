"""Write what validation says of the examples that the web builder is tested with, too: `python -m tests.journeys.write_vectors`.

vectors/validation.json  examples written by hand; the findings are filled in
vectors/changed.json     shipped playbooks and one with every kind of step, each with one part of it changed by chance
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forestay.journeys.library import shipped_journeys
from forestay.journeys.read import from_text
from forestay.journeys.validation import inspect
from tests.journeys.checking import checking_of, said

FOLDER = Path(__file__).parent / "vectors"
SEED, CHANGES = 20261122, 30
MANUAL = Path(__file__).parents[2] / "docs" / "journeys.md"
WRONG: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3.5, 1e6, "", "x", "nobody@example.com", "health.scores", "run.gone", "event.id", "9:00", "22:00",
    "health.score < 50 and", "health.score < 50", "account.renewal_dat", [], [1], {}, {"days": 1}, {"days": -1}, {"x": 1}, "no-such-step",
    "contact.title", "all", ["a", "a"], {"column": "health.score", "is": "below", "value": 50}, {"segment": "enterprize"}, "ä" * 70,
)  # fmt: skip


def bases() -> dict[str, Any]:
    """Journeys that are whole, by name."""
    return {**{one.key: one.written() for one in shipped_journeys()}, "every-kind": every_kind()}


def every_kind() -> dict[str, Any]:
    """One with a step of each kind, as the manual shows them; most ways lead to the first step or the end."""
    blocks = MANUAL.read_text().split("```yaml step\n")[1:]
    shown = [from_text(block.partition("```")[0]) for block in blocks]
    steps = {f"{step['kind'].replace('_', '-')}-{at}": step for at, step in enumerate(shown)}
    names = list(steps)
    for at, step in enumerate(steps.values()):
        ports = {port: names[(at + 1) % len(names)] for port in step.get("ports", {})}
        step |= {"ports": ports} if ports else {}
        step |= {key: names[(at + 1) % len(names)] for key in ("next", "to") if step.get(key) in ("a", "b")}
    return {
        "key": "every-kind", "name": "Every kind", "owner": "ops@example.com", "consent": "success", "start": names[0], "steps": steps,
        "entry": [{"event": "Order Paid", "if": "event.amount > 1"}, {"signal": "health-below-60"}, {"of": "account.renewal_date", "days_before": 9},
                  {"schedule": {"every": "week", "on": ["monday"], "at": "09:00"}, "segment": "enterprise"}, {"condition": "health.score < 20"}],
        "goal": {"event": "Renewed", "if": "event.amount > 3"}, "re_entry": {"rule": "after_exit", "after": {"days": 30}},
    }  # fmt: skip


def workspace() -> dict[str, Any]:
    """What there is to be named."""
    return {
        "columns": ["health.score", "health.change_30d", "churn.probability", "account.arr", "account.renewal_date", "measure.open_tickets"],
        "templates": ["feature-guide", "value-summary", "training-offer"], "segments": ["enterprise", "startups"],
        "triggers": ["health-below-60"], "journeys": {"renewal-talk": {"subject": "account", "calls": ["win-back"]}}, "calendars": ["default"],
        "endpoints": ["billing"], "purposes": ["success", "marketing", "transactional"], "events": ["Order Paid", "Trial Started"],
        "people": ["ops@example.com", "cs-ops@example.com"], "quiet_hours": {"start": "20:00", "end": "08:00"},
    }  # fmt: skip


def places(part: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path in a document but the whole."""
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield (*here, key)
        yield from places(value, (*here, key))


def changed(document: Any, change: dict[str, Any]) -> Any:
    """The document with another value at a path, or without what stands there."""
    made = copy.deepcopy(document)
    *way, last = change["at"]
    part = made
    for key in way:
        part = part[key]
    if "value" in change:
        part[last] = change["value"]
    else:
        del part[last]
    return made


def by_chance() -> dict[str, Any]:
    """The file of changed journeys."""
    chance, found = random.Random(SEED), []
    whole, there = bases(), workspace()
    for name, document in whole.items():
        every = list(places(document))
        for number in range(CHANGES * (4 if name == "every-kind" else 1)):
            drop = chance.random() < 0.2
            change = {"at": list(chance.choice(every)), **({} if drop else {"value": chance.choice(WRONG)})}
            knows = number % 2 == 0
            told = inspect(changed(document, change), checking_of(there if knows else {}))[1]
            plain = inspect(document, checking_of(there if knows else {}))[1]
            found.append({
                "base": name, **change, "knows": knows,
                "more": [said(one) for one in told if one not in plain], "less": [said(one) for one in plain if one not in told],
            })  # fmt: skip
    at_first = {
        name: [
            [said(one) for one in inspect(document, checking_of(there if knows else {}))[1]] for knows in (False, True)
        ]
        for name, document in whole.items()
    }
    return {"bases": whole, "workspace": there, "findings": at_first, "changes": found}


def lines(parts: list[Any]) -> str:
    """JSON with one part a line."""
    return "[\n" + ",\n".join(f"  {json.dumps(part, ensure_ascii=False)}" for part in parts) + "\n]"


def write() -> None:
    """Both files."""
    hand = FOLDER / "validation.json"
    vectors = json.loads(hand.read_text())
    for vector in vectors:
        vector["findings"] = [
            said(one) for one in inspect(vector["document"], checking_of(vector.get("workspace", {})))[1]
        ]
    hand.write_text(lines(vectors) + "\n")
    made = by_chance()
    rest = json.dumps({key: made[key] for key in ("bases", "workspace", "findings")}, ensure_ascii=False)
    (FOLDER / "changed.json").write_text(f'{rest[:-1]},\n"changes": {lines(made["changes"])}}}\n')


if __name__ == "__main__":
    write()
