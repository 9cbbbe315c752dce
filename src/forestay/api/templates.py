"""`/api/templates`: texts in Liquid, ours and the workspace's own, with a preview as any account sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, ValidationError
from sqlalchemy import Connection, select

from forestay.actions.context import People, values_for
from forestay.actions.ledger import load_workspace
from forestay.actions.letters import fill_in
from forestay.actions.library import TemplateDocument, template_for, templates_library
from forestay.actions.recipients import contact_for
from forestay.api.calls import Call, needs
from forestay.api.documents import DocumentResource, DocumentRules
from forestay.api.paging import Page
from forestay.api.queries.accounts import account_number
from forestay.api.shapes import Ask, EvidenceShape, Shape
from forestay.customers.requests import Evidence
from forestay.governance.permissions import Permission
from forestay.kit.errors import Invalid
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts

router = APIRouter(prefix="/api/templates", tags=["templates"])
Reader = Annotated[Call, needs(Permission.CONFIG_READ)]
TemplateKey = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9/_-]*$", max_length=120)]


class ShippedTemplate(Shape):
    """A text that ships; publishing a document under its key replaces it."""

    key: str
    body: TemplateDocument


class RenderAsk(Ask):
    """For whom. document: a text that is not saved; evidence: as a signal has it."""

    account: str = Field(description="External id of an account.")
    to: str = Field("sponsor", pattern="^(sponsor|champion|active_users|all)$")
    document: TemplateDocument | None = None
    evidence: list[EvidenceShape] = Field(default_factory=list, max_length=50)


class Rendered(Shape):
    """The text as it would leave."""

    subject: str
    text: str
    html: str


def check_template(conn: Connection, workspace_id: int, body: Mapping[str, Json]) -> None:
    """Raise Invalid unless it is a text whose Liquid can be read."""
    try:
        TemplateDocument.model_validate(body)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False)[0]
        raise Invalid(first["msg"], place=".".join(str(part) for part in first["loc"])) from refused


DOCUMENTS = DocumentResource(
    DocumentRules(DocumentKind.TEMPLATE, "templates", check_template, has_key=False, key_path=":path")
)
DOCUMENTS.add_writing()
DOCUMENTS.add_reading()


@router.get("/shipped")
def list_shipped(call: Reader) -> Page[ShippedTemplate]:
    """The texts that ship, by key."""
    found = sorted(templates_library().items())
    return Page(items=[ShippedTemplate(key=key, body=body) for key, body in found])


@router.post("/{key:path}/render")
def render(key: TemplateKey, body: RenderAsk, call: Reader) -> Rendered:
    """The text as an account's contact would read it; nothing is sent."""
    with call.begin() as conn:
        workspace = load_workspace(conn, call.workspace_id)
        account_id = account_number(conn, call.workspace_id, body.account)
        owner_id = conn.execute(select(accounts.c.owner_id).where(accounts.c.id == account_id)).scalar_one()
        contact_id = contact_for(conn, call.workspace_id, account_id, body.to, call.now())
        template = body.document or template_for(conn, call.workspace_id, key)
        people = People(account_id, contact_id, owner_id)
        evidence = [Evidence(**one.model_dump()) for one in body.evidence]
        values = values_for(conn, workspace, people, evidence, call.now(), trigger_key=key.partition("/")[0])
    letter = fill_in(template, key, values)
    return Rendered(subject=letter.subject, text=letter.text, html=letter.html)
