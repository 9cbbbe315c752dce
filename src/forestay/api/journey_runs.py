"""`/api/runs`: every run of a journey, what happened to it, and what a person may do to it.

Reads: queries/runs.py; journeys.runtime.operations does what is asked
Each change answers with the run as it is then; `?preview=true` says what it would do and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection, Row

from forestay.api.calls import Call, needs
from forestay.api.journey_shapes import HistoryLine, RunEffect, RunItem, RunView, RunWord, Standing, StateWord
from forestay.api.once import OnceRoute
from forestay.api.paging import Cursor, Limit, Number, Page, Sorting, page_of
from forestay.api.queries import accounts as account_queries
from forestay.api.queries import runs as queries
from forestay.api.queries.pace import Pace, pace_of
from forestay.api.queries.runs import RunFilter
from forestay.api.shapes import Ask, Moment, Shape
from forestay.governance.permissions import Permission
from forestay.journeys.compiled import Compiled
from forestay.journeys.runtime import operations
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.operations import RunElsewhere
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import Happening, RunStatus, TokenState
from forestay.kit.errors import NotFound
from forestay.store.database import raw
from forestay.store.tables.journeys import journey_runs

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=OnceRoute)
of_account = APIRouter(prefix="/api/accounts/{external_id}", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]
Operator = Annotated[Call, needs(Permission.JOURNEYS_OPERATE)]
PreviewOnly = Annotated[bool, Query(alias="preview", description="Say what it would do, and do nothing.")]
_STATUSES = {RunWord(status.name.lower()): status for status in RunStatus}


class PreviewShape(Shape):
    """What an operation would do to a run, or did. to: step from which it goes on; effects: what that step did for this
    run before, as {channel, status, count}; asks_again: it may ask for more, which counts as new."""

    run: RunItem
    done: bool
    stands: list[str]
    to: str | None = None
    effects: list[dict[str, Any]] = Field(default_factory=list)
    asks_again: bool = False


class SkipAsk(Ask):
    """By which way out to leave. step: where the run stands; needed only where it stands at several."""

    port: str = Field("next", max_length=100)
    step: str | None = Field(None, max_length=100)


class RestartAsk(Ask):
    """From which step."""

    step: str = Field(max_length=100)


class CancelAsk(Ask):
    """Why; it stands in the run's history and in the counts of ends."""

    reason: str = Field("cancelled", min_length=1, max_length=100, pattern=r"^[a-z0-9_ -]+$")


class ReviewAsk(Ask):
    """What becomes of runs that were held since they came due while the product was away."""

    decision: str = Field(pattern="^(release|skip)$")
    runs: list[int] | None = Field(None, max_length=10_000, description="All held ones (of the journey) if left out.")
    journey: str | None = Field(None, max_length=120)


class ReviewShape(Shape):
    """How many held runs there were, and of how many it was decided."""

    held: int
    done: int


@router.get("")
def list_runs(
    call: Reader,
    journey: Annotated[str | None, Query(max_length=120, description="Key of a journey.")] = None,
    status: Annotated[list[RunWord] | None, Query(description="One or several.")] = None,
    step: Annotated[str | None, Query(max_length=100, description="Id of the step where it stands.")] = None,
    account: Annotated[str | None, Query(max_length=500, description="External id of an account.")] = None,
    reason: Annotated[str | None, Query(max_length=200, description="Why it ended.")] = None,
    pace: Annotated[Pace | None, Query(description="How it gets on.")] = None,
    version: Annotated[int | None, Query(ge=1)] = None,
    since: Annotated[Moment | None, Query(description="Entered at this moment or later.")] = None,
    until: Annotated[Moment | None, Query(description="Entered before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunItem]:
    """The newest runs first; `status=held` wait for a review, `status=failed` for a retry."""
    statuses = tuple(_STATUSES[word] for word in status or ())
    wanted = RunFilter(statuses, journey, step, account, None, reason, version, since, until, pace)
    with call.begin() as conn:
        return _page(conn, call, wanted, limit, cursor)


@of_account.get("/journeys")
def journeys_of_account(
    external_id: str, call: Reader,
    status: Annotated[list[RunWord] | None, Query(description="One or several.")] = None,
    limit: Limit = 50, cursor: Cursor = None,
) -> Page[RunItem]:  # fmt: skip
    """Runs of one account and of its contacts, the newest first."""
    statuses = tuple(_STATUSES[word] for word in status or ())
    with call.begin() as conn:
        number = account_queries.account_number(conn, call.workspace_id, external_id)
        return _page(conn, call, RunFilter(statuses, account_id=number), limit, cursor)


@router.post("/review")
def review(body: ReviewAsk, call: Operator, preview: PreviewOnly = False) -> ReviewShape:
    """Let held runs go on where they stand, or end them as skipped; `preview` counts them."""
    wanted = RunFilter((RunStatus.HELD,), journey=body.journey)
    with call.begin() as conn:
        rows = conn.scalars(queries.numbers_of(call.workspace_id, wanted, call.now()))
        held = sorted(set(rows) & set(body.runs)) if body.runs is not None else list(rows)
        done = 0
        if not preview:
            done = _reviewed(raw(conn), held, body.decision, call)
            call.audit(conn, f"runs.{body.decision}", f"journey:{body.journey or '*'}", {"runs": done})
    return ReviewShape(held=len(held), done=done)


@router.get("/{run_id}")
def get_run(run_id: Number, call: Reader) -> RunView:
    """One run with its history, where it stands, and what it caused."""
    with call.begin() as conn:
        row = _one(conn, call, run_id)
        names = queries.step_names(conn, call.workspace_id, row.journey_id)
        standing = queries.standing_of(conn, run_id)
        history = queries.history_of(conn, call.workspace_id, run_id)
        effects = queries.effects_of(conn, call.workspace_id, run_id, row.journey_id)
        compiled = Book().version(raw(conn), Place(call.workspace_id, row.journey_id, row.version))
    return RunView(
        **_item(row).model_dump(),
        zone=row.zone,
        values={name: value for name, value in (row.run_values or {}).items() if not name.startswith("_")},
        standing=[_standing(one, compiled) for one in standing],
        history=[_line(one, names) for one in history],
        effects=[
            RunEffect(
                id=one.id, step=names.get(one.step), channel=one.channel, recipient=one.recipient, status=one.status,
                reason=one.reason, at=one.updated_at,
            )
            for one in effects
        ],
    )  # fmt: skip


@router.post("/{run_id}/pause")
def pause(run_id: Number, call: Operator, preview: PreviewOnly = False) -> PreviewShape:
    """Let it stand still: nothing is asked for, what comes in is kept."""
    return _simple(
        call, run_id, "paused", preview, lambda conn, _: operations.pause_runs(raw(conn), [run_id], call.now())
    )


@router.post("/{run_id}/resume")
def resume(run_id: Number, call: Operator, preview: PreviewOnly = False) -> PreviewShape:
    """Let it go on, its timers moved by the pause; a held run goes on at once."""

    def go_on(conn: Connection, _: Row[Any]) -> int:
        resumed = operations.resume_runs(raw(conn), [run_id], call.now())
        return resumed or operations.release_runs(raw(conn), [run_id], call.now())

    return _simple(call, run_id, "resumed", preview, go_on)


@router.post("/{run_id}/cancel")
def cancel(run_id: Number, call: Operator, body: CancelAsk | None = None, preview: PreviewOnly = False) -> PreviewShape:
    """End it, wherever it stands, and take back what has not left and its open tasks. What was sent is sent."""
    reason = (body or CancelAsk()).reason

    def end(conn: Connection, _: Row[Any]) -> int:
        return operations.cancel_runs(raw(conn), [run_id], call.now(), reason)

    return _simple(call, run_id, "cancelled", preview, end)


@router.post("/{run_id}/retry")
def retry(run_id: Number, call: Operator, preview: PreviewOnly = False) -> PreviewShape:
    """Try a failed run again at the step where it failed; what that asked for before is not asked for twice."""
    return _simple(
        call, run_id, "retried", preview, lambda conn, _: operations.retry_runs(raw(conn), [run_id], call.now())
    )


@router.post("/{run_id}/skip")
def skip(run_id: Number, body: SkipAsk, call: Operator, preview: PreviewOnly = False) -> PreviewShape:
    """Leave the step where it stands by one of its ways out, without what the step was waiting for."""
    with call.begin() as conn:
        row = _one(conn, call, run_id)
        step = _only_step(row, body.step)
        compiled = _compiled(conn, call, row)
        ports = compiled.steps[compiled.numbers[step]].ports
        if body.port not in ports:
            raise NotFound(f"way out of '{step}' (it has {', '.join(ports) or 'none'})", body.port)
        target = compiled.steps[ports[body.port]].id
    return _placed(call, run_id, target, preview, passed_over=step)


@router.post("/{run_id}/start-again")
def start_again(run_id: Number, body: RestartAsk, call: Operator, preview: PreviewOnly = False) -> PreviewShape:
    """Go on from a step, whatever the run was at; an ended run lives again. Steps from there on act anew."""
    return _placed(call, run_id, body.step, preview)


def _simple(
    call: Call, run_id: int, what: str, preview: bool, act: Callable[[Connection, Row[Any]], int]
) -> PreviewShape:
    """Do something to one run; refused where its state does not allow it."""
    with call.begin() as conn:
        row = _one(conn, call, run_id)
        before = list(row.steps or ())
        with conn.begin_nested() as attempt:
            if not act(conn, row):
                raise RunElsewhere(run_id, f"it is {_word(row.status)}, so it cannot be {what}")
            after = _item(_one(conn, call, run_id))
            if preview:
                attempt.rollback()
        if not preview:
            call.audit(conn, f"run.{what}", f"run:{run_id}", {"journey": row.journey})
    return PreviewShape(run=after, done=not preview, stands=before)


def _placed(call: Call, run_id: int, step: str, preview: bool, *, passed_over: str | None = None) -> PreviewShape:
    with call.begin() as conn:
        row = _one(conn, call, run_id)
        driver, book = raw(conn), Book()
        told = operations.preview(driver, book, run_id, step)
        if not preview:
            operations.place_run(driver, book, run_id, step, call.now(), passed_over=passed_over)
            facts: dict[str, Any] = {"journey": row.journey, "to": step, "passed_over": passed_over}
            call.audit(conn, "run.skipped_step" if passed_over else "run.started_again", f"run:{run_id}", facts)
        after = _item(_one(conn, call, run_id))
    effects = [{"channel": channel, "status": status, "count": count} for channel, status, count in told.effects]
    return PreviewShape(
        run=after, done=not preview, stands=list(told.stands), to=step, effects=effects, asks_again=told.asks_again
    )


def _reviewed(driver: Driver, held: list[int], decision: str, call: Call) -> int:
    if decision == "release":
        return operations.release_runs(driver, held, call.now())
    return operations.skip_runs(driver, held, call.now())


def _page(conn: Connection, call: Call, wanted: RunFilter, limit: int, cursor: str | None) -> Page[RunItem]:
    question = ("runs", *(getattr(wanted, name) for name in RunFilter.__slots__))
    sorting = Sorting(journey_runs.c.id, journey_runs.c.id, descending=True)
    now = call.now()
    numbers = conn.scalars(
        sorting.of(queries.numbers_of(call.workspace_id, wanted, now), cursor, question, limit)
    ).all()
    rows = conn.execute(queries.runs_of(call.workspace_id, numbers, now)).all()
    return page_of(rows, limit, question, lambda row: (row.id, row.id), _item)


def _one(conn: Connection, call: Call, run_id: int) -> Row[Any]:
    row = conn.execute(queries.runs_of(call.workspace_id, [run_id], call.now())).one_or_none()
    if row is None:
        raise NotFound("run", str(run_id))
    return row


def _only_step(row: Row[Any], named: str | None) -> str:
    stands = list(row.steps or ())
    if named is not None and named in stands:
        return named
    if named is not None or len(stands) != 1:
        raise RunElsewhere(row.id, f"it stands at {', '.join(stands) or 'no step'}; say with 'step' which one to skip")
    return str(stands[0])


def _compiled(conn: Connection, call: Call, row: Row[Any]) -> Compiled:
    found = Book().version(raw(conn), Place(call.workspace_id, row.journey_id, row.version))
    if found is None:
        raise NotFound("journey version", f"{row.journey} {row.version}")
    return found


def _item(row: Row[Any]) -> RunItem:
    return RunItem(
        id=row.id, journey=row.journey, journey_name=row.journey_name,
        version=row.version, account=row.account, account_name=row.account_name, contact_id=row.contact_id or None,
        contact_name=row.contact_name, status=RunWord(_word(row.status)), reason=row.reason, entered_at=row.entered_at,
        ended_at=row.ended_at, serial=row.serial, steps=list(row.steps or ()), due_at=row.due_at,
        pace=pace_of(row.status, is_late=row.is_behind),
    )  # fmt: skip


def _standing(row: Row[Any], compiled: Compiled | None) -> Standing:
    step = compiled.steps.get(row.step) if compiled else None
    return Standing(
        step=row.step_id, label=step.label if step else row.step_id, state=StateWord(TokenState(row.state).name.lower()),
        since=row.since, due_at=row.due_at, attempts=row.attempts, is_paused=row.is_paused,
    )  # fmt: skip


def _line(row: Row[Any], names: Mapping[int, str]) -> HistoryLine:
    word: Any = Happening(row.happening).name.lower()
    return HistoryLine(at=row.at, what=word, step=names.get(row.step), port=row.port, detail=row.detail)


def _word(status: int) -> str:
    return RunStatus(status).name.lower()
