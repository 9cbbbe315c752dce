"""Reading and writing journeys: YAML or JSON to a Journey and back, and the body that stands in the store.

Gives : read_journey(), inspect_shape(), journey_of_body(), body_of(), body_of_text(), text_of_body(), from_text(), to_yaml(),
        BadJourney
Source: issue 'Journeys' 1: export, diff and apply without loss, comments and layout kept

The body of a document row is {"document": <canonical JSON>, "source": <YAML text as given, or null>}. The text is kept
as long as it says the same as the document; comments, order and layout of the author come back with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.constructor import ConstructorError

from forestay.journeys.document import STEP_FIELDS, Journey, Step
from forestay.journeys.entries import ENTRY_WORDS
from forestay.journeys.fields import FORM_WORDS
from forestay.journeys.kind import Finding, StepKind
from forestay.journeys.registry import KINDS
from forestay.kit.errors import Invalid

LONGEST_TEXT, DEEPEST, MOST_PARTS = 400_000, 40, 20_000
"""Limits on a document from outside: characters, levels, parts."""


class BadJourney(Invalid):
    """The document has not the shape of a journey; `findings` has every fault, the first one is said."""

    code = "bad_journey"

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(findings[0].message, place=findings[0].place)


def read_journey(document: Any) -> Journey:
    """The journey of a parsed document. Raises BadJourney."""
    journey, found = inspect_shape(document)
    if journey is None or found:
        raise BadJourney(found)
    return journey


def inspect_shape(document: Any) -> tuple[Journey | None, list[Finding]]:
    """The journey, without the parts that cannot be read, and all that is wrong with the shape; no journey where it is
    none at all."""
    if refusal := _too_large(document):
        return None, [refusal]
    if not isinstance(document, Mapping):
        return None, [Finding("bad_shape", "", "a journey is an object with key, name, entry, start and steps")]
    raw = document.get("steps", {})
    steps, found = _steps(raw) if isinstance(raw, Mapping) else ({}, [])
    rest = {**document, "steps": steps if isinstance(raw, Mapping) else raw}
    try:
        return Journey.model_validate(rest), found
    except ValidationError as refused:
        return _without(rest, refused), [*_findings(refused, ""), *found]


def _without(document: Mapping[str, Any], refused: ValidationError) -> Journey | None:
    """The journey without the parts that were refused, so that the others can be judged all the same."""
    faulty = {str(error["loc"][0]) for error in refused.errors(include_url=False) if error["loc"]}
    kept = {name: part for name, part in document.items() if name not in faulty}
    try:
        return Journey.model_validate({"key": "unnamed", "name": "Unnamed", **kept})
    except ValidationError:
        return None


def _steps(raw: Mapping[str, Any]) -> tuple[dict[str, Step], list[Finding]]:
    steps: dict[str, Step] = {}
    found: list[Finding] = []
    for step_id, part in raw.items():
        step = _step(part, f"steps.{step_id}")
        if isinstance(step, Step):
            steps[step_id] = step
        else:
            found += step
    return steps, found


def _step(raw: Any, place: str) -> Step | list[Finding]:
    """One step; its ways out may stand beside its settings, in `ports`, or as `next`."""
    if not isinstance(raw, Mapping):
        return [Finding("bad_shape", place, "a step is an object with a kind")]
    word = raw.get("kind", "")
    kind = KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        named = word if isinstance(word, str) else ""
        said = f"there is no kind of step '{named}'; kinds are {', '.join(KINDS)}"
        return [Finding("unknown_step", f"{place}.kind", said)]
    names = _setting_names(kind)
    given = {key: value for key, value in raw.items() if key in names}
    try:
        settings = kind.settings.model_validate(given)
    except ValidationError as refused:
        return _findings(refused, place)
    beside = {key: value for key, value in raw.items() if key not in names and key not in STEP_FIELDS}
    found = list(_beside(kind, settings, raw, beside, place))
    if found:
        return found
    shorthand = {"next": raw["next"]} if "next" in raw else {}
    return Step(
        kind.word,
        settings,
        {**raw.get("ports", {}), **shorthand, **beside},
        raw.get("name", ""),
        raw.get("note", ""),
        raw.get("disabled", False),
    )


def _beside(
    kind: StepKind[Any], settings: Any, raw: Mapping[str, Any], beside: Mapping[str, Any], place: str
) -> Iterator[Finding]:
    """What is wrong with the parts of a step that are not its settings."""
    ports = kind.ports(settings)
    for key in beside:
        if key not in ports:
            yield Finding(
                "unknown_field",
                f"{place}.{key}",
                f"a step of the kind '{kind.word}' has no setting and no way out '{key}'",
            )
    written = raw.get("ports", {})
    if not isinstance(written, Mapping):
        yield Finding("bad_shape", f"{place}.ports", "ports is an object: name of a way out -> step")
        written = {}
    wired = {**written, **({"next": raw["next"]} if "next" in raw else {})}
    for key in wired:
        if key not in ports:
            at = "next" if key == "next" and "next" in raw else f"ports.{key}"
            yield Finding(
                "unknown_port",
                f"{place}.{at}",
                f"this step has no way out '{key}'; it has {', '.join(ports) or 'none'}",
            )
    for key, value in {**wired, **{key: beside[key] for key in beside if key in ports}}.items():
        if not isinstance(value, str):
            yield Finding("bad_shape", f"{place}.{key}", "a way out leads to the id of a step")
    for key in ("name", "note"):
        if not isinstance(raw.get(key, ""), str) or len(raw.get(key, "")) > 2000:
            yield Finding("bad_shape", f"{place}.{key}", "text of at most 2000 characters")
    if not isinstance(raw.get("disabled", False), bool):
        yield Finding("bad_shape", f"{place}.disabled", "a step is switched off by 'disabled: true'")


def _setting_names(kind: StepKind[Any]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in kind.settings.model_fields.items())


def _findings(refused: ValidationError, place: str) -> list[Finding]:
    """Every complaint of pydantic as ours, one a place; a whole that is only refused for its part is left out."""
    found: dict[str, Finding] = {}
    for error in refused.errors(include_url=False):
        code = {"extra_forbidden": "unknown_field", "missing": "missing_field"}.get(error["type"], "bad_value")
        where = (place + _path(error["loc"])).removeprefix(".")
        said = "there is no such field" if code == "unknown_field" else error["msg"].removeprefix("Value error, ")
        found.setdefault(where, Finding(code, where, said))
    return [one for where, one in found.items() if not any(other.startswith(f"{where}[") for other in found)]


_TAGS_AFTER = {
    **dict.fromkeys(("if", "condition", "not"), frozenset(FORM_WORDS)),
    **dict.fromkeys(("all[]", "any[]"), frozenset(FORM_WORDS)),
    "entry[]": frozenset(ENTRY_WORDS),
}
_MEMBER = re.compile(r"(literal\[|constrained-|function-|lax-or-strict|json-or-python).*|bool|float|str|int|tuple\[.*")


def _path(location: tuple[int | str, ...]) -> str:
    """A place of pydantic as the author wrote it: without the names of forms and of members of unions."""
    path, before, tags = "", "", frozenset[str]()
    for part in location:
        if part in tags or (isinstance(part, str) and _MEMBER.fullmatch(part)):
            tags = frozenset()
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
        before = f"{before}[]" if isinstance(part, int) else part
        tags = _TAGS_AFTER.get(before, frozenset())
    return path


def _too_large(document: Any) -> Finding | None:
    waiting, parts = [(document, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        if depth > DEEPEST:
            return Finding("too_large", "", f"nested deeper than {DEEPEST} levels")
        if parts > MOST_PARTS:
            return Finding("too_large", "", f"larger than {MOST_PARTS} parts; move some of it into a sub-journey")
        inner = part.values() if isinstance(part, Mapping) else part if isinstance(part, list | tuple) else ()
        waiting.extend((child, depth + 1) for child in inner)
    return None


class _Loader(yaml.SafeLoader):
    """Safe YAML whose dates stay texts, whose keys are unique, and which follows no anchors into a bomb."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise ConstructorError(
                    None, None, f"the key {key!r} is not text; put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise ConstructorError(None, None, f"the key '{key}' stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ConstructorError(None, None, "aliases are not read; write it out", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


_KEPT = ("tag:yaml.org,2002:null",)
_Loader.yaml_implicit_resolvers = {
    letter: [one for one in resolvers if one[0] in _KEPT]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """Puts into quotes what any reader, ours or one of YAML 1.1, would take for something else than text."""


for _yaml in (_Loader, _Dumper):
    # As YAML 1.2 has it: 'on' is a word and 10:30 a time of day, neither a flag nor a number of seconds.
    _yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
    _yaml.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
    _yaml.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$|^[-+]?[0-9]+[eE][-+]?[0-9]+$"),
        list("-+.0123456789"),
    )


def from_text(text: str) -> Any:
    """The plain values of a YAML or JSON text. Raises BadJourney with the line."""
    if len(text) > LONGEST_TEXT:
        raise BadJourney([Finding("too_large", "", f"longer than {LONGEST_TEXT} characters")])
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        raise BadJourney([Finding("no_yaml", place, f"this is no YAML: {getattr(error, 'problem', error)}")]) from error


def to_yaml(journey: Journey) -> str:
    """The canonical document as YAML."""
    return _dump(journey.written())


def body_of(document: Any) -> dict[str, Any]:
    """The body to keep of a parsed document: in canonical form, or as it is where it cannot be read yet, so that a
    half-drawn one can be a draft. Raises BadJourney when it is no object."""
    if not isinstance(document, Mapping) or _too_large(document):
        raise BadJourney(inspect_shape(document)[1])
    journey, found = inspect_shape(document)
    return {"document": dict(document) if journey is None or found else journey.written(), "source": None}


def body_of_text(text: str) -> dict[str, Any]:
    """The body to keep of a YAML text; the text is kept unless it is just what to_yaml() writes. Raises BadJourney."""
    body = body_of(from_text(text))
    return body if text == _dump(body["document"]) else {**body, "source": text}


def text_of_body(body: Mapping[str, Any]) -> str:
    """The YAML of a document row's body: the author's own, else the canonical one."""
    source = body.get("source")
    return source if isinstance(source, str) else _dump(body["document"])


def _dump(document: Mapping[str, Any]) -> str:
    """YAML that reads back as the same; odd characters are escaped only where they would not."""
    for plain in (True, False):
        text = str(yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=plain, width=110))
        if from_text(text) == document:
            break
    return text


def journey_of_body(body: Mapping[str, Any]) -> Journey:
    """The journey of a document row's body. Raises BadJourney."""
    return read_journey(body["document"])
