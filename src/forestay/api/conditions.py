"""`/api/conditions`: conditions as words, read and written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from forestay.api.calls import Call, needs
from forestay.api.shapes import Ask, Shape
from forestay.conditions.document import read_condition, write_condition
from forestay.conditions.in_words import spelled_out
from forestay.conditions.parse import LONGEST_TEXT, parse
from forestay.conditions.text import describe
from forestay.governance.permissions import Permission

router = APIRouter(prefix="/api/conditions", tags=["conditions"])
Reader = Annotated[Call, needs(Permission.CONFIG_READ)]


class WordsAsk(Ask):
    """A condition in words."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, examples=["health.score < 60 and account.arr >= 50000"])


class ConditionAsk(Ask):
    """A condition as a document; parts of it may be words."""

    condition: dict[str, Any]


class ConditionShape(Shape):
    """A condition as a document: `GET /api/schemas/condition` has its schema."""

    condition: dict[str, Any]


class WordsShape(Shape):
    """A condition in words; read back it is the same condition."""

    text: str


@router.post("/parse")
def parse_condition(body: WordsAsk, call: Reader) -> ConditionShape:
    """The document of a condition in words; a fault is told with its character."""
    return ConditionShape(condition=write_condition(parse(body.text)))


@router.post("/describe")
def describe_condition(body: ConditionAsk, call: Reader) -> WordsShape:
    """The words of a condition."""
    full = spelled_out({"condition": body.condition})
    return WordsShape(text=describe(read_condition(full["condition"])))
