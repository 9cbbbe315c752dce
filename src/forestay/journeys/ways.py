"""The ways out of a step, said as data: the server asks them of settings, and the web builder reads the same words.

Gives : Ways, Way, When, given(), absent(), chosen(), EXITLESS, NEXT
Reads : settings of a step, under their names in the document; JSON Schema carries them in `x-steps` (journeys/schema.py)

A kind's ways are a list; each way stands there when all of its tests hold. A test looks at one setting: whether
something was given there (not nothing, no, 0 or empty), or whether it is one certain word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Test:
    """setting: its name in the document, with dots into parts; value: the word that it must be, None for anything
    given; negated: the other way round."""

    __test__ = False

    setting: str
    value: str | None = None
    negated: bool = False

    def holds(self, settings: BaseModel) -> bool:
        """Whether it is so with these settings."""
        found = _setting(settings, self.setting)
        return (bool(found) if self.value is None else found == self.value) != self.negated

    def written(self) -> dict[str, Any]:
        """As the schema carries it."""
        word = {} if self.value is None else {"is": self.value}
        return {"setting": self.setting, **word, **({"not": True} if self.negated else {})}


def given(setting: str) -> Test:
    """Something was given there."""
    return Test(setting)


def absent(setting: str) -> Test:
    """Nothing was given there."""
    return Test(setting, negated=True)


def chosen(setting: str, value: str) -> Test:
    """It is this word."""
    return Test(setting, value)


@dataclass(frozen=True, slots=True)
class When:
    """Any of some alternatives, each of which is tests that must all hold.

    >>> When(((given("for"),), (given("business.hours"),))).written()
    [[{'setting': 'for'}], [{'setting': 'business.hours'}]]
    """

    alternatives: tuple[tuple[Test, ...], ...] = ()

    def __call__(self, settings: BaseModel) -> bool:
        """Whether it is so with these settings."""
        return any(all(test.holds(settings) for test in tests) for tests in self.alternatives)

    def written(self) -> list[list[dict[str, Any]]]:
        """As the schema carries it."""
        return [[test.written() for test in tests] for tests in self.alternatives]


NEVER, ALWAYS = When(), When(((),))


@dataclass(frozen=True, slots=True)
class Way:
    """One way out, or one for each part of a list. name: what it is called; each: the setting whose parts are names, or
    have one as `item`; tests: all must hold."""

    name: str = ""
    tests: tuple[Test, ...] = ()
    each: str = ""
    item: str = ""

    def names(self, settings: BaseModel) -> Iterator[str]:
        """What there is of it with these settings."""
        if all(test.holds(settings) for test in self.tests):
            parts = _setting(settings, self.each) if self.each else (self.name,)
            yield from (_setting(part, self.item) if self.item else part for part in parts)

    def written(self) -> dict[str, Any]:
        """As the schema carries it."""
        told = {
            "name": self.name,
            "each": self.each,
            "item": self.item,
            "when": [test.written() for test in self.tests],
        }
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways out of a kind of step, in the order of its form.

    >>> Ways(Way("next"), Way("timeout", (given("timeout"),))).written()
    [{'name': 'next'}, {'name': 'timeout', 'when': [{'setting': 'timeout'}]}]
    """

    ways: tuple[Way, ...]

    def __init__(self, *ways: Way) -> None:
        object.__setattr__(self, "ways", ways)

    def __call__(self, settings: BaseModel) -> tuple[str, ...]:
        """Every way out with these settings, each once."""
        return tuple(dict.fromkeys(name for way in self.ways for name in way.names(settings)))

    def written(self) -> list[dict[str, Any]]:
        """As the schema carries them."""
        return [way.written() for way in self.ways]


EXITLESS, NEXT = Ways(), Ways(Way("next"))


def _setting(part: Any, path: str) -> Any:
    """What stands under a dotted name of the document; None where a part on the way is not there."""
    for name in path.split("."):
        if part is None:
            return None
        fields = type(part).model_fields
        part = getattr(part, next(key for key, field in fields.items() if (field.alias or key) == name))
    return part
