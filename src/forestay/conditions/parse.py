"""The readable form of conditions, read back into a condition.

Reads : text as text.describe() writes it; also `event 'X' in 14 days` (at least once) and double quotes
Gives : parse()
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from forestay.conditions.document import DEEPEST, BadCondition, Comparison, Condition, read_condition
from forestay.conditions.text import SYMBOLS

LONGEST_TEXT = 20_000
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    | (?P<column>`[^`]+`|[a-z_]+(?:\.[A-Za-z0-9_]+)+)
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_-]*)
    | (?P<sign><=|>=|!=|[<>=()\[\],])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {text: comparison for comparison, text in SYMBOLS.items()}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Condition:
    """The condition that the text says. Raises BadCondition with the place (character) of the fault."""
    if len(text) > LONGEST_TEXT:
        raise BadCondition(f"longer than {LONGEST_TEXT} characters", place="text")
    reader = _Reader(_tokens(text))
    document = reader.any_of(0)
    if reader.now.kind != "end":
        reader.refuse("'and', 'or' or the end")
    return read_condition(document, "text")


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            rest = text[at:].lstrip()
            raise BadCondition(f"cannot read {rest[:20]!r}", place=f"character {len(text) - len(rest) + 1}")
        tokens.append(_Token(found.lastgroup, found.group(found.lastgroup), found.start(found.lastgroup)))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


class _Reader:
    """Recursive descent over the tokens; every method gives the document of what it read."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._at]

    def any_of(self, depth: int) -> Any:
        return self._list("or", "any", self.all_of, depth)

    def all_of(self, depth: int) -> Any:
        return self._list("and", "all", self.one, depth)

    def one(self, depth: int) -> Any:
        if depth > 3 * DEEPEST:
            raise BadCondition(f"nested deeper than {DEEPEST} levels", place=f"character {self.now.at + 1}")
        if self._take("word", "not"):
            return {"not": self.one(depth + 1)}
        if self._take("sign", "("):
            return self._closed(self.any_of(depth + 1))
        for word in ("all", "any"):
            if self._take("word", word):
                self._need("sign", "(")
                return {word: [self._closed(self.any_of(depth + 1))]}
        return self._comparison() if self.now.kind == "column" else self._words()

    def refuse(self, expected: str) -> NoReturn:
        found = f"'{self.now.text}'" if self.now.text else "the end"
        raise BadCondition(f"expected {expected}, found {found}", place=f"character {self.now.at + 1}")

    def _list(self, word: str, form: str, read: Any, depth: int) -> Any:
        parts = [read(depth)]
        while self._take("word", word):
            parts.append(read(depth))
        return parts[0] if len(parts) == 1 else {form: parts}

    def _closed(self, document: Any) -> Any:
        self._need("sign", ")")
        return document

    def _words(self) -> Any:
        if self._take("word", "event"):
            name = self._quoted()
            at_least = self._whole() if self._take_all("at", "least") else 1
            return {"event": name, "at_least": at_least, "within_days": self._window()}
        if self._take_all("no", "event"):
            return {"no_event": self._quoted(), "within_days": self._window()}
        if self._take("word", "sequence"):
            names = [self._quoted()]
            while self._take("word", "then"):
                names.append(self._quoted())
            return {"sequence": names, "within_days": self._window()}
        if self._take_all("in", "segment"):
            return {"segment": self._quoted() if self.now.kind == "quoted" else self._any("word", "a segment's key")}
        return self.refuse("a column, 'event', 'no event', 'sequence', 'in segment', 'not' or '('")

    def _comparison(self) -> Any:
        column = self._any("column", "a column").strip("`")
        if self._take("word", "is"):
            return {"column": column, "is": self._any("word", "'missing' or 'present'")}
        if self._take("word", "between"):
            low = self._value()
            self._need("word", "and")
            return {"column": column, "is": Comparison.BETWEEN.value, "value": (low, self._value())}
        sign = "not in" if self._take_all("not", "in") else self.now.text
        if sign not in _COMPARISONS:
            self.refuse("a comparison such as '<', '>=', '=', 'in', 'between' or 'is missing'")
        if sign != "not in":
            self._at += 1
        value = self._values() if self.now.text == "[" else self._value()
        return {"column": column, "is": _COMPARISONS[sign].value, "value": value}

    def _values(self) -> tuple[Any, ...]:
        self._need("sign", "[")
        values = [self._value()]
        while self._take("sign", ","):
            values.append(self._value())
        self._need("sign", "]")
        return tuple(values)

    def _value(self) -> Any:
        if self.now.kind == "number":
            return float(self._any("number", "a number"))
        for word, value in (("true", True), ("false", False)):
            if self._take("word", word):
                return value
        return self._quoted()

    def _window(self) -> int:
        self._need("word", "in")
        days = self._whole()
        if not self._take("word", "day"):
            self._need("word", "days")
        return days

    def _whole(self) -> int:
        text = self._any("number", "a whole number")
        if not text.isdecimal():
            self._at -= 1
            self.refuse("a whole number")
        return int(text)

    def _quoted(self) -> str:
        raw = self._any("quoted", "a name in quotes")[1:-1]
        return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], raw, flags=re.DOTALL)

    def _take(self, kind: str, text: str) -> bool:
        if self.now.kind == kind and self.now.text == text:
            self._at += 1
            return True
        return False

    def _take_all(self, first: str, second: str) -> bool:
        if self.now.text == first and self._tokens[self._at + 1].text == second:
            self._at += 2
            return True
        return False

    def _need(self, kind: str, text: str) -> None:
        if not self._take(kind, text):
            self.refuse(f"'{text}'")

    def _any(self, kind: str, expected: str) -> str:
        if self.now.kind != kind:
            self.refuse(expected)
        self._at += 1
        return self._tokens[self._at - 1].text
