"""The first start on an empty database: a workspace, its shipped configuration, and the first two keys.

Reads : Settings.admin_key, Settings.write_key; the documents that other rooms ship (handed in by app)
Gives : bootstrap(), BootstrapResult, ShippedDocument
Source: issue 'interface facts': FORESTAY_ADMIN_KEY and FORESTAY_WRITE_KEY, where set, become the first keys,
        else both are generated and printed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Connection, insert, select, text

from forestay.governance import audit, keys
from forestay.governance.keys import KeyKind
from forestay.governance.permissions import EVERYTHING
from forestay.kit.calendars import CalendarDocument
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.documents import DocumentKind, publish, save_draft
from forestay.store.shapes import Json
from forestay.store.tables.governance import calendars, workspaces

SLUG, NAME = "default", "My company"
_ONE_AT_A_TIME = 0x0F0E57A2


@dataclass(frozen=True, slots=True)
class ShippedDocument:
    """A piece of configuration that comes with the product; at the first start it is published, or left as a draft
    where it must not act before somebody says so."""

    kind: DocumentKind
    key: str
    body: Mapping[str, Json]
    is_published: bool = True


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """What the first start made. The secrets are given only when they were generated, to be printed once."""

    workspace_id: int
    is_new: bool
    admin_key: str | None = None
    write_key: str | None = None

    def lines(self) -> list[str]:
        """What to print: each generated key, once; nothing at later starts."""
        made = (("admin API key", self.admin_key), ("collection write key", self.write_key))
        return [f"{name} (shown once): {secret}" for name, secret in made if secret is not None]


def bootstrap(owner: Store, settings: Settings, shipped: Iterable[ShippedDocument] = ()) -> BootstrapResult:
    """Make workspace 'default' unless there is any workspace yet; safe to call at every start.

    owner: a Store of the owner's role, since no other may add a workspace.
    """
    with owner.begin_worker() as conn:
        conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
        present = conn.execute(select(workspaces.c.id).order_by(workspaces.c.id).limit(1)).scalar_one_or_none()
        if present is not None:
            return BootstrapResult(int(present), is_new=False)
        workspace_id = create_workspace(conn, SLUG, NAME, shipped)
        admin = _first_key(conn, workspace_id, KeyKind.MANAGEMENT, settings.admin_key)
        write = _first_key(conn, workspace_id, KeyKind.WRITE, settings.write_key)
    return BootstrapResult(workspace_id, is_new=True, admin_key=admin, write_key=write)


def create_workspace(
    conn: Connection, slug: str, name: str, shipped: Iterable[ShippedDocument], zone: str = "UTC"
) -> int:
    """Add a workspace with the default calendar and the shipped documents; gives its number."""
    made = insert(workspaces).values(slug=slug, name=name, zone=zone).returning(workspaces.c.id)
    workspace_id = int(conn.execute(made).scalar_one())
    hours = CalendarDocument().model_dump(mode="json")
    conn.execute(insert(calendars).values(workspace_id=workspace_id, key="default", body=hours))
    count = 0
    for document in shipped:
        _ship(conn, workspace_id, document)
        count += 1
    audit.record(conn, workspace_id, "system", "workspace.created", f"workspace:{slug}", {"documents": count})
    return workspace_id


def _ship(conn: Connection, workspace_id: int, shipped: ShippedDocument) -> None:
    save_draft(conn, workspace_id, shipped.kind, shipped.key, shipped.body, note="shipped with Forestay")
    if shipped.is_published:
        publish(conn, workspace_id, shipped.kind, shipped.key)


def _first_key(conn: Connection, workspace_id: int, kind: KeyKind, given: SecretStr | None) -> str | None:
    """The secret if it was generated, None when the operator gave it and knows it."""
    secret = given.get_secret_value() if given is not None else None
    scopes = (EVERYTHING,) if kind is KeyKind.MANAGEMENT else ()
    made = keys.create(conn, workspace_id, kind, f"first {kind.value} key", scopes, secret=secret)
    return made.secret if secret is None else None
