"""The one JSON Schema of journeys; each kind of step's settings are its form.

Reads : Journey, KINDS
Gives : journey_schema(), StepForm

The schema describes what read_journey() takes: conditions as documents or in words, ways out in `ports`, as `next`, or
beside the settings under their names. `x-names` on a text says what it names, `x-unit` the unit of a number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from forestay.journeys.document import Journey
from forestay.journeys.fields import KEY_PATTERN
from forestay.journeys.kind import StepKind
from forestay.journeys.registry import KINDS

_REF = "#/$defs/{model}"


class StepForm(BaseModel):
    """What the builder's palette shows of a kind. asks: it causes effects; group: shelf of the palette; settings: name
    of the form in $defs; ways: its ways out, as journeys/ways.py writes them; parks: when time passes in it for sure;
    begin: settings of a new one."""

    model_config = ConfigDict(frozen=True)

    kind: str
    label: str
    about: str
    group: str
    asks: bool
    settings: str
    ports: tuple[str, ...] | None = Field(description="Ways out that do not depend on settings; null where they do.")
    ways: list[dict[str, Any]]
    parks: list[list[dict[str, Any]]]
    begin: dict[str, Any]


@lru_cache(maxsize=1)
def journey_schema() -> dict[str, Any]:
    """The whole schema (draft 2020-12); `x-steps` lists the kinds in the palette's order."""
    models: list[tuple[type[BaseModel], Any]] = [(Journey, "validation")]
    models += [(kind.settings, "validation") for kind in KINDS.values()]
    named, made = models_json_schema(models, by_alias=True, ref_template=_REF)
    definitions: dict[str, Any] = made["$defs"]
    journey = definitions.pop(_name(named[Journey, "validation"]))
    names = {word: _name(named[kind.settings, "validation"]) for word, kind in KINDS.items()}
    for word, kind in KINDS.items():
        definitions[names[word]] = _as_step(definitions[names[word]], kind)
    for form, part in (("All", "all"), ("Any_", "any"), ("Not", "not")):
        inner = definitions[form]["properties"][part]
        holder, name = (inner, "items") if "items" in inner else (definitions[form]["properties"], part)
        holder[name] = {"anyOf": [holder[name], {"type": "string", "description": "A condition in words."}]}
    definitions["Step"] = {
        "title": "Step",
        "oneOf": [{"$ref": _REF.format(model=name)} for name in names.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {word: _REF.format(model=name) for word, name in names.items()},
        },
    }
    journey["properties"]["steps"] |= {
        "patternProperties": {KEY_PATTERN: {"$ref": _REF.format(model="Step")}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **journey,
        "$defs": definitions,
        "x-steps": [form.model_dump(mode="json") for form in step_forms(names)],
    }


def step_forms(names: dict[str, str]) -> tuple[StepForm, ...]:
    """The kinds in the palette's order. names: word -> name of its form in $defs."""
    return tuple(
        StepForm(
            kind=word, label=kind.label, about=kind.about, group=kind.group, asks=kind.asks, settings=names[word],
            ports=_fixed_ports(kind), ways=kind.ports.written(), parks=kind.parks.written(), begin=dict(kind.begin),
        )
        for word, kind in KINDS.items()
    )  # fmt: skip


def _as_step(form: dict[str, Any], kind: StepKind[Any]) -> dict[str, Any]:
    """A form with what every step has beside its settings; other keys are ways out."""
    to_step = {"type": "string", "pattern": KEY_PATTERN}
    own = {
        "kind": {"const": kind.word, "title": "Kind"},
        "name": {"type": "string", "maxLength": 2000, "title": "Name", "description": "For people.", "default": ""},
        "note": {"type": "string", "maxLength": 2000, "title": "Note", "default": ""},
        "disabled": {
            "type": "boolean", "title": "Switched off", "description": "Runs pass it by its main way.", "default": False,
        },
        "ports": {
            "type": "object", "title": "Ways out", "description": "Name of the way out -> id of the step behind it.",
            "additionalProperties": to_step,
        },
        "next": {**to_step, "title": "Next", "description": "Short for ports: {next: ...}."},
    }  # fmt: skip
    return {
        **form,
        "title": kind.label,
        "description": kind.about,
        "properties": {**own, **form.get("properties", {})},
        "required": ["kind", *form.get("required", [])],
        "additionalProperties": {**to_step, "description": "A way out under its own name."},
    }


def _fixed_ports(kind: StepKind[Any]) -> tuple[str, ...] | None:
    """Ports of a kind whose every setting has a default, as they are with those defaults."""
    if any(field.is_required() for field in kind.settings.model_fields.values()):
        return None
    try:
        return kind.ports(kind.settings())
    except ValueError:
        return None


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
