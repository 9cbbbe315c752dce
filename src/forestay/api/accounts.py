"""`/api/accounts`: the list, the 360 view, owner, and merging."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field
from sqlalchemy import Connection, select, update

from forestay.api.account_question import FromQuery, filter_of, numbers_of
from forestay.api.account_shapes import AccountItem, item_of
from forestay.api.account_view import AccountView, view_of
from forestay.api.calls import Call, needs
from forestay.api.ids_in_paths import ID_IN_PATH
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Page, page_of
from forestay.api.queries import accounts as queries
from forestay.api.shapes import Ask, Shape
from forestay.events.catalogue import ControlKind, control_body
from forestay.events.log import Codec
from forestay.governance.permissions import Permission
from forestay.kit.clock import date_of, day_of
from forestay.kit.errors import Conflict, Invalid
from forestay.kit.local_time import moment_at
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members, workspaces

router = APIRouter(prefix="/api/accounts", tags=["accounts"], route_class=OnceRoute)
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
Writer = Annotated[Call, needs(Permission.ACCOUNTS_WRITE)]
_FIELDS = tuple(AccountItem.model_fields)


class OwnerPatch(Ask):
    """Who owns the account: a member's e-mail, or null for nobody."""

    owner: str | None = Field(max_length=320)


class MergeAsk(Ask):
    """The account that stays."""

    into: str = Field(min_length=1, max_length=500)


class MergeStarted(Shape):
    """The merge stands in the event log; the next tick carries it out."""

    subject: str
    into: str
    position: int


class ChurnAsk(Ask):
    """When the customer left; today on the workspace's calendar if left out."""

    on: date | None = None


class ChurnTold(Shape):
    """It stands in the event log; the next tick carries it out."""

    account: str
    on: date
    position: int


class MergeRefused(Conflict):
    """These two cannot become one: the sentence says why."""

    code = "merge_refused"


def _fields(text: str | None) -> str | None:
    unknown = sorted(set((text or "").split(",")) - {*_FIELDS, ""})
    if unknown:
        raise ValueError(f"'{unknown[0]}' is no field; allowed are {', '.join(_FIELDS)}")
    return text


@router.get("", response_model=Page[AccountItem])
def list_accounts(
    call: Reader,
    asked: FromQuery,
    sort: Annotated[
        str, Query(description="name, arr, score, trend, churn, readiness, renews_on; '-' turns it.")
    ] = "name",
    fields: Annotated[str | None, AfterValidator(_fields), Query(description="Only these, by comma.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Accounts, filtered and sorted by the store; accounts without the sort value come last."""
    order = queries.sorting(sort)
    with call.begin() as conn:
        question = ("accounts", filter_of(conn, call, asked), sort)
        numbered = numbers_of(conn, call, asked, sort)
        statement = order.of(numbered, cursor, question, limit)
        numbers = conn.execute(statement).scalars().all()
        rows = queries.details_of(conn, call.workspace_id, numbers)
    page = page_of(rows, limit, question, lambda row: (queries.sort_value(row, sort), row.id), item_of)
    return page if fields is None else _only(page, fields)


@router.get(f"/{ID_IN_PATH}")
def get_account(external_id: str, call: Reader) -> AccountView:
    """Everything about one account."""
    with call.begin() as conn:
        return view_of(conn, call, queries.one_account(conn, call.workspace_id, external_id))


@router.patch(f"/{ID_IN_PATH}")
def change_owner(external_id: str, body: OwnerPatch, call: Writer) -> AccountView:
    """Give the account to a member, or to nobody. An import that names an owner still may change it."""
    with call.begin() as conn:
        number = queries.account_number(conn, call.workspace_id, external_id)
        owner_id, email = active_member(conn, call, body.owner)
        mine = (accounts.c.workspace_id == call.workspace_id) & (accounts.c.id == number)
        conn.execute(update(accounts).where(mine).values(owner_id=owner_id, owner_email=email, updated_at=call.now()))
        call.audit(conn, "account.owner_changed", f"account:{external_id}", {"owner_id": owner_id})
        return view_of(conn, call, queries.one_account(conn, call.workspace_id, external_id))


@router.post(f"/{ID_IN_PATH}/merge", status_code=202)
def merge(external_id: str, body: MergeAsk, call: Writer) -> MergeStarted:
    """Make this account part of another. The decision goes to the event log, so that replay sees it too."""
    with call.begin() as conn:
        _check_merge(conn, call, external_id, body.into)
        call.audit(conn, "account.merge_asked", f"account:{external_id}", {"into": body.into})
    position = call.append(
        Codec.CONTROL,
        control_body(
            ControlKind.ACCOUNT_MERGED, external_id,
            into=body.into, at=call.now().isoformat(), member_id=call.principal.member_id,
        ),
    )  # fmt: skip
    return MergeStarted(subject=external_id, into=body.into, position=position)


@router.post(f"/{ID_IN_PATH}/churned", status_code=202)
def tell_churned(external_id: str, body: ChurnAsk, call: Writer) -> ChurnTold:
    """Tell that a customer has left. An import that says otherwise later still may change it."""
    with call.begin() as conn:
        row = queries.one_account(conn, call.workspace_id, external_id)
        if row.merged_into is not None:
            raise MergeRefused(f"the account '{external_id}' has been merged into another; tell it of that one")
        zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one())
        on = body.on or date_of(day_of(call.now(), zone))
        call.audit(conn, "account.churn_told", f"account:{external_id}", {"on": on.isoformat()})
    noon = moment_at(on, time(12), zone)
    position = call.append(
        Codec.CONTROL,
        control_body(ControlKind.ACCOUNT_CHURNED, external_id, at=noon.isoformat(), member_id=call.principal.member_id),
    )
    return ChurnTold(account=external_id, on=on, position=position)


def _check_merge(conn: Connection, call: Call, subject: str, into: str) -> None:
    if subject == into:
        raise MergeRefused("an account cannot be merged into itself")
    for name in (subject, into):
        row = queries.one_account(conn, call.workspace_id, name)
        if row.merged_into is not None:
            raise MergeRefused(f"the account '{name}' has been merged into another already; name that one")


def active_member(conn: Connection, call: Call, email: str | None) -> tuple[int | None, str | None]:
    """Number and address of a member who can own something; nobody for None. Raises Invalid."""
    if email is None:
        return None, None
    mine = (members.c.workspace_id == call.workspace_id) & (members.c.email == email.lower())
    row = conn.execute(select(members.c.id, members.c.email, members.c.disabled_at).where(mine)).one_or_none()
    if row is None or row.disabled_at is not None:
        raise Invalid(f"no active member has the address '{email}'", place="owner", code="unknown_member")
    return row.id, row.email


def _only(page: Page[AccountItem], fields: str) -> JSONResponse:
    chosen = {name for name in fields.split(",") if name}
    body = page.model_dump(mode="json", include={"items": {"__all__": chosen}, "next": True})
    return JSONResponse(body)
