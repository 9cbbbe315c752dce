"""Pieces of journeys, one or more for each kind of step, to be put one behind the other in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

FORK = """
    NAME: {kind: parallel, branches: [a, b, c], ports: {a: NAMEa, b: NAMEb, c: NAMEc}}
    NAMEa: {kind: wait, for: {hours: 2}, next: NAMEj}
    NAMEb: {kind: message, template: y, next: NAMEj}
    NAMEc: {kind: task, title: Look, done: NAMEj}
    NAMEj: {kind: join, wait_for: SOME, next: ON}"""
EACH = """
    NAME: {kind: for_each_contact, wait_for: SOME, TIME values: {level: 4}, ports: {each: NAMEe, next: ON, none: ON LATE}}
    NAMEe: {kind: message, template: y, to: contact, next: NAMEw}
    NAMEw: {kind: task, title: Call, choices: [good, bad], ports: {good: NAMEd, bad: NAMEf}}
    NAMEf: {kind: wait, for: {hours: 4}, next: NAMEd}
    NAMEd: {kind: exit, reason: branch}"""
BOUND = EACH.replace("TIME", "timeout: {hours: 9},").replace("LATE", ", timeout: ON")
FREE = EACH.replace("TIME", "").replace("LATE", "")
PIECES = {
    "wait": "NAME: {kind: wait, for: {hours: 5}, next: ON}",
    "business": "NAME: {kind: wait, business: {hours: 5}, next: ON}",
    "opening": "NAME: {kind: wait, business: {hours: 0}, next: ON}",
    "window": 'NAME: {kind: wait, for: {hours: 2}, window: {days: [tue, wed], hours: [{start: "08:00", end: "11:00"}]}, next: ON}',
    "night": 'NAME: {kind: wait, window: {hours: [{start: "22:00", end: "02:00"}]}, next: ON}',
    "until": 'NAME: {kind: wait, until: "2026-03-03T16:00", past_port: true, next: ON, past: ON}',
    "event": "NAME: {kind: wait_for, event: Ping, timeout: {hours: 7}, next: ON, ports: {timeout: ON}}",
    "since": "NAME: {kind: wait_for, event: Ping, since: entry, timeout: {hours: 7}, next: ON, ports: {timeout: ON}}",
    "state": 'NAME: {kind: wait_for, condition: "run.level >= 3", timeout: {hours: 30}, next: ON, ports: {timeout: ON}}',
    "message": "NAME: {kind: message, template: x, next: ON}",
    "follow": """
    NAME: {kind: message, template: x, follow: true, ports: {sent: ON, skipped: NAMEx, failed: ON}}
    NAMEx: {kind: wait, for: {hours: 1}, next: ON}""",
    "task": """
    NAME: {kind: task, title: Call, choices: [good, bad], into: done, timeout: {hours: 11}, ports: {good: ON, bad: NAMEx, timeout: ON}}
    NAMEx: {kind: message, template: poor, next: ON}""",
    "approval": """
    NAME: {kind: approval, title: Shall we, within: {hours: 10}, otherwise: timeout, approved: ON, rejected: NAMEx, ports: {timeout: ON}}
    NAMEx: {kind: exit, reason: rejected}""",
    "draft": """
    NAME: {kind: draft, template: x, within: {hours: 10}, otherwise: timeout, follow: true,
           ports: {sent: ON, rejected: NAMEx, skipped: ON, failed: ON, timeout: ON}}
    NAMEx: {kind: wait, for: {hours: 1}, next: ON}""",
    "webhook": """
    NAME: {kind: webhook, endpoint: e, follow: true, save: {level: json.level}, answered: NAMEc, failed: ON}
    NAMEc: {kind: condition, branches: [{if: run.level >= 3, port: high}], ports: {high: NAMEh, else: ON}}
    NAMEh: {kind: message, template: high, next: ON}""",
    "split": """
    NAME: {kind: split, arms: [{port: a, share: 40}, {port: b, share: 40}], holdout: 20, ports: {a: ON, b: NAMEb, holdout: ON}}
    NAMEb: {kind: message, template: b, next: ON}""",
    "trait": "NAME: {kind: update_trait, set: {stage: onward}, next: ON}",
    "crm": "NAME: {kind: crm_action, action: log_activity, follow: true, done: ON, failed: ON, no_connector: ON}",
    "list": "NAME: {kind: marketing_action, action: add_to_list, follow: false, next: ON}",
    "loop": """
    NAME: {kind: task, title: Try, choices: [again, well], timeout: {hours: 12}, ports: {again: NAMEx, well: ON, timeout: ON}}
    NAMEx: {kind: go_to, to: NAME}""",
    "goal": """
    NAME: {kind: split, arms: [{port: a, share: 50}, {port: b, share: 50}], ports: {a: ON, b: NAMEx}}
    NAMEx: {kind: goal, reason: there}""",
    "all": FORK.replace("SOME", "all"),
    "any": FORK.replace("SOME", "any"),
    "two": FORK.replace("SOME", "2"),
    "each": BOUND.replace("SOME", "all"),
    "first": BOUND.replace("SOME", "any"),
    "both": FREE.replace("SOME", "2"),
    "spread": FREE.replace("SOME", "none"),
    "sub": "NAME: {kind: sub_journey, journey: inner, timeout: {hours: 20}, ports: {next: ON, failed: ON, timeout: ON}}",
    "aside": "NAME: {kind: sub_journey, journey: inner, follow: false, next: ON}",
    "people": "NAME: {kind: for_each_contact, journey: people, next: ON, none: ON}",
}
"""YAML of one piece: NAME is the step that it begins with, ON what comes behind it."""
INNER = """
    start: {kind: message, template: x, to: champion, follow: true, ports: {sent: rest, skipped: never, failed: never}}
    rest: {kind: wait, for: {hours: 3}, next: over}
    over: {kind: exit, reason: inner}
    never: {kind: exit, reason: not reached}"""
PEOPLE = """
    start: {kind: task, title: Meet, choices: [met, missed], ports: {met: seen, missed: rest}}
    rest: {kind: wait, for: {hours: 2}, next: seen}
    seen: {kind: exit, reason: met}"""


def steps_of(words: Sequence[str]) -> dict[str, Any]:
    """Steps that begin at `start` and pass these pieces in their order."""
    steps: dict[str, Any] = {"end": {"kind": "exit", "reason": "done"}}
    following = "end"
    for number, word in reversed(list(enumerate(words))):
        name = "start" if number == 0 else f"s{number}"
        steps |= yaml.safe_load(PIECES[word].replace("NAME", name).replace("ON", following))
        following = name
    return steps
