"""The texts we ship and the workspace's own: scripts, drafts and messages by key.

Reads : actions/templates/*.yaml; documents of kind `template` of the workspace, which win over ours
Gives : TemplateDocument, templates_library(), template_for(), TemplateMissing
Source: issue item 9; REQUIREMENTS F1. Keys are '<trigger key>-script' and '<trigger key>-draft'
        for tasks; messages have names of their own, such as 'feature-guide'.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Connection, select

from forestay.kit import templates
from forestay.kit.errors import NotFound
from forestay.store.tables.config import documents

TemplateUse = Literal["script", "draft", "message"]


class TemplateDocument(BaseModel):
    """One text in Liquid. What it may name is listed in actions/context.py."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: TemplateUse = Field(
        "message", description="script: for the CSM's eyes; draft: for the CSM to send; message: sent by itself."
    )
    description: str = Field("", description="What it is for, in one line.")
    subject: str = Field("", max_length=500, description="Subject of an e-mail, title of an in-app message; Liquid.")
    text: str = Field(min_length=1, description="Body in plain text; Liquid.")
    html: str | None = Field(None, description="Body in HTML, values escaped; made from the text if empty; Liquid.")

    @field_validator("subject", "text")
    @classmethod
    def _must_parse(cls, source: str) -> str:
        _refuse_as_value(source, html=False)
        return source

    @field_validator("html")
    @classmethod
    def _html_must_parse(cls, source: str | None) -> str | None:
        _refuse_as_value(source or "", html=True)
        return source


class TemplateMissing(NotFound):
    """No published template has this key; publish one or correct the key."""

    code = "template_missing"

    def __init__(self, key: str) -> None:
        super().__init__("published template", key)


@lru_cache(maxsize=1)
def templates_library() -> Mapping[str, TemplateDocument]:
    """The shipped templates by key; parsed once."""
    shipped: dict[str, TemplateDocument] = {}
    for file in sorted(resources.files("forestay.actions").joinpath("templates").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            for key, body in yaml.safe_load(file.read_text("utf-8")).items():
                shipped[key] = TemplateDocument.model_validate(body)
    return shipped


def template_for(connection: Connection, workspace_id: int, key: str) -> TemplateDocument:
    """The workspace's published template of this key, else ours. Raises TemplateMissing."""
    own = connection.scalar(
        select(documents.c.body).where(
            documents.c.workspace_id == workspace_id,
            documents.c.kind == "template",
            documents.c.key == key,
            documents.c.status == "published",
        )
    )
    if own is not None:
        return TemplateDocument.model_validate(own)
    if (shipped := templates_library().get(key)) is None:
        raise TemplateMissing(key)
    return shipped


def _refuse_as_value(source: str, *, html: bool) -> None:
    """Pydantic gathers ValueErrors into its own report, with the field's place."""
    try:
        templates.check(source, html=html)
    except templates.TemplateRefused as refused:
        raise ValueError(str(refused)) from refused
