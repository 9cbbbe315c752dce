"""`/api/templates`: texts in Liquid, ours and the workspace's own, with a preview as any account sees them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, ValidationError
from sqlalchemy import Connection, select

from forestay.actions.context import People, values_for
from forestay.actions.ledger import load_workspace
from forestay.actions.letters import Letter, fill_in
from forestay.actions.letters_to_self import send_test
from forestay.actions.library import TemplateDocument, template_for, templates_library
from forestay.actions.recipients import contact_for
from forestay.api.calls import Call, needs
from forestay.api.documents import DocumentResource, DocumentRules
from forestay.api.paging import Page
from forestay.api.queries.accounts import account_number
from forestay.api.shapes import Ask, EvidenceShape, Shape
from forestay.customers.requests import Evidence
from forestay.governance.permissions import Permission
from forestay.kit.errors import Forbidden, Invalid
from forestay.kit.templates import render as rendered
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts, contacts
from forestay.store.tables.governance import members

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
    to: str | None = Field(description="Name or address of the contact; null when nobody of the account fits.")
    missing: list[str] = Field(description="Names in the text that this customer has no value for.")


class TestSent(Shape):
    """The effect that carries it, and to whom."""

    effect_id: int
    to: str


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
        letter = _letter(conn, call, key, body)
    return letter.shown()


@router.post("/{key:path}/test-send", status_code=202)
def send_to_myself(
    key: TemplateKey, body: RenderAsk, call: Annotated[Call, needs(Permission.CONFIG_WRITE)]
) -> TestSent:
    """Send the text, as that account's contact would read it, to the caller's own address and to nobody else."""
    member_id = call.principal.member_id
    if member_id is None:
        raise Forbidden("a key has no address; sign in as a member to send a text to yourself")
    with call.begin() as conn:
        address = str(conn.scalar(select(members.c.email).where(members.c.id == member_id)))
        made = _letter(conn, call, key, body)
        cause = f"test:{secrets.token_hex(8)}"
        number = send_test(conn, call.workspace_id, made.account_id, made.letter, address, cause, call.now())
        call.audit(conn, "template.test_sent", f"template:{key}")
    return TestSent(effect_id=number, to=address)


@dataclass(frozen=True, slots=True)
class _Made:
    """A text for a customer. to: whom it would reach."""

    account_id: int
    letter: Letter
    to: str | None
    missing: tuple[str, ...]

    def shown(self) -> Rendered:
        letter = self.letter
        return Rendered(
            subject=letter.subject, text=letter.text, html=letter.html, to=self.to, missing=list(self.missing)
        )


def _letter(conn: Connection, call: Call, key: str, body: RenderAsk) -> _Made:
    workspace = load_workspace(conn, call.workspace_id)
    account_id = account_number(conn, call.workspace_id, body.account)
    owner_id = conn.execute(select(accounts.c.owner_id).where(accounts.c.id == account_id)).scalar_one()
    contact_id = contact_for(conn, call.workspace_id, account_id, body.to, call.now())
    template = body.document or template_for(conn, call.workspace_id, key)
    people = People(account_id, contact_id, owner_id)
    evidence = [Evidence(**one.model_dump()) for one in body.evidence]
    values = values_for(conn, workspace, people, evidence, call.now(), trigger_key=key.partition("/")[0])
    sources = ((template.subject, False), (template.text, False), (template.html or "", True))
    missing = dict.fromkeys(name for source, html in sources for name in rendered(source, values, html=html).missing)
    who = conn.execute(select(contacts.c.name, contacts.c.email).where(contacts.c.id == contact_id)).one_or_none()
    return _Made(account_id, fill_in(template, key, values), who and (who.name or who.email), tuple(missing))
