"""What came of a story against what must come of it, as a difference that can be read.

Reads : Scenario, journeys (shipped, or files beside the scenario)
Gives : judge() -> Verdict, run_file(), run_folder(), files_of(), holds_scenarios()
Requests and the end of the run must all be told; steps and ports may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forestay.journeys.document import Journey
from forestay.journeys.library import PLAYBOOKS, shipped_journey
from forestay.journeys.read import from_text, read_journey
from forestay.journeys.scenarios.document import BadScenario, Scenario, Then, read_scenarios
from forestay.journeys.scenarios.play import play
from forestay.journeys.trace import Line

_SUFFIXES = (".yaml", ".yml", ".json")
_DAY, _MINUTE = 86_400_000_000, 60_000_000
_MUST_BE_TOLD = ("asks", "ends", "fails", "stays out")


@dataclass(frozen=True, slots=True)
class Verdict:
    """difference: lines, '-' must come and did not, '+' came and must not; empty where all is well."""

    name: str
    file: str
    difference: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Everything came as it must."""
        return not self.difference


def run_folder(path: Path) -> Iterator[Verdict]:
    """All scenarios of a file, or of a folder's files that hold any, in the order of their names."""
    for file in files_of(path):
        if path.is_file() or holds_scenarios(file):
            yield from run_file(file)


def files_of(path: Path) -> list[Path]:
    """The file itself, or every document of a folder."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)


def run_file(file: Path) -> Iterator[Verdict]:
    """Every scenario of a file. Raises BadScenario, BadJourney."""
    for scenario in read_scenarios(file):
        yield judge(scenario, _journey(scenario, file), str(file))


def judge(scenario: Scenario, journey: Journey, file: str = "") -> Verdict:
    """Play it and compare."""
    start = int(scenario.start.timestamp() * 1_000_000)
    happened = [line for line in play(scenario, journey) if not _is_aside(line)]
    matched, missing = _match(scenario.then, happened, start)
    if not missing and all(n in matched for n, line in enumerate(happened) if line.what in _MUST_BE_TOLD):
        return Verdict(scenario.name, file)
    return Verdict(scenario.name, file, tuple(_difference(happened, matched, missing, start)))


def _is_aside(line: Line) -> bool:
    """Requests that take others back are the step's own business."""
    return line.what == "asks" and line.word == "withdraw"


def _match(wanted: tuple[Then, ...], happened: list[Line], start: int) -> tuple[set[int], dict[int, list[Then]]]:
    """Places of lines that were wanted, and what is missing by the place before which it was looked for."""
    matched: set[int] = set()
    missing: dict[int, list[Then]] = {}
    following = 0
    for then in wanted:
        if then.enters:
            continue
        found = next((n for n in range(following, len(happened)) if _is(then, happened[n], start)), None)
        if found is None:
            missing.setdefault(_place_of(then, happened, start, following), []).append(then)
        else:
            matched.add(found)
            following = found + 1
    return matched, missing


def _place_of(then: Then, happened: list[Line], start: int, following: int) -> int:
    if then.at is None:
        return following
    later = (n for n in range(following, len(happened)) if happened[n].at - start > (then.at or 0))
    return next(later, len(happened))


def _is(then: Then, line: Line, start: int) -> bool:
    if then.at is not None and abs(line.at - start - then.at) >= _MINUTE:
        return False
    if then.step is not None and then.step != line.step:
        return False
    if then.enters is False:
        return line.what == "stays out"
    if then.asks is not None:
        fields = then.fields.items()
        return line.what == "asks" and line.word == then.asks and all(_same(line, *field) for field in fields)
    if then.ends is not None:
        reason = then.reason is None or line.detail.get("reason") == then.reason
        return line.what == "ends" and line.word == then.ends and reason
    return line.what == "leaves" and line.word == then.port


def _same(line: Line, name: str, value: object) -> bool:
    return getattr(line.request, name, None) == value


def _difference(
    happened: list[Line], matched: set[int], missing: dict[int, list[Then]], start: int
) -> Iterator[str]:  # fmt: skip
    for n in range(len(happened) + 1):
        for then in missing.get(n, ()):
            yield f"- {_moment(then.at)}  {_wanted(then)}"
        if n < len(happened):
            line = happened[n]
            sign = "+" if line.what in _MUST_BE_TOLD and n not in matched else " "
            yield f"{sign} {_moment(line.at - start)}  {_told(line)}"


def _moment(length: int | None) -> str:
    if length is None:
        return "at any time "
    minutes = length % _DAY // _MINUTE
    return f"day {length // _DAY:>3} {minutes // 60:02d}:{minutes % 60:02d}"


def _told(line: Line) -> str:
    more = ", ".join(f"{name}: {value}" for name, value in line.detail.items() if value)
    return " ".join(
        part for part in (line.step and f"{line.step}:", line.what, line.word, more and f"({more})") if part
    )


def _wanted(then: Then) -> str:
    if then.enters is False:
        return "stays out"
    word = f"asks {then.asks}" if then.asks else f"ends {then.ends}" if then.ends else f"leaves {then.port}"
    fields = {**then.fields, **({"reason": then.reason} if then.reason else {})}
    more = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return " ".join(part for part in (then.step and f"{then.step}:", word, more and f"({more})") if part)


def _journey(scenario: Scenario, file: Path) -> Journey:
    """A file beside the scenario, or a playbook that ships."""
    for name in (scenario.journey, *(f"{scenario.journey}{suffix}" for suffix in _SUFFIXES)):
        for folder in (file.parent, file.parent.parent):
            if (folder / name).is_file() and folder / name != file:
                return read_journey(from_text((folder / name).read_text("utf-8")))
    if scenario.journey in PLAYBOOKS:
        return shipped_journey(scenario.journey)
    raise BadScenario(f"there is no journey '{scenario.journey}' beside it, and none ships", place=str(file))


def holds_scenarios(file: Path) -> bool:
    """Whether a file tells stories; journeys and other documents may stand beside them."""
    document = from_text(file.read_text("utf-8"))
    return isinstance(document, dict) and ("scenarios" in document or ("then" in document and "journey" in document))
