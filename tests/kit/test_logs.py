"""Log lines: ids may stand there, persons may not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from forestay.kit.logs import PERSONAL_FIELDS, bound, get_logger, set_up_logs

SECRET = "ann.walker@example.com"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests find the logs as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> io.StringIO:
    """What a process that logs JSON writes."""
    stream = io.StringIO()
    set_up_logs("info", "json", stream)
    return stream


def parsed(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize("field", sorted(PERSONAL_FIELDS))
def test_a_personal_field_never_reaches_the_log(lines: io.StringIO, field: str) -> None:
    get_logger("here").info("effect sent", effect_id=7, **{field: "Ann Walker"})
    assert "Walker" not in lines.getvalue()
    assert parsed(lines)[0]["effect_id"] == 7


def test_the_same_person_has_the_same_sign_so_that_lines_can_be_joined(lines: io.StringIO) -> None:
    for address in (SECRET, SECRET, "bob@example.com"):
        get_logger("here").info("mail refused", recipient=address)
    first, second, third = (line["recipient"] for line in parsed(lines))
    assert first == second != third


def test_an_address_inside_an_error_is_masked_with_its_traceback(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"duplicate key (email)=({SECRET})")
    except ValueError as error:
        get_logger("here").exception("import failed", error=error, nested={"rows": [SECRET]})
    assert SECRET not in lines.getvalue()
    assert "ValueError: duplicate key (email)=(<address>)" in str(parsed(lines)[0]["exception"])


def test_libraries_that_log_take_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("sent to %s", SECRET)
    assert parsed(lines)[0]["event"] == "sent to <address>"


def test_every_line_of_a_request_carries_its_id(lines: io.StringIO) -> None:
    with bound(request_id="r-1", workspace_id=3):
        get_logger("here").info("read")
    get_logger("here").info("later")
    inside, after = parsed(lines)
    assert (inside["request_id"], inside["workspace_id"], "request_id" in after) == ("r-1", 3, False)


def test_a_module_that_asks_structlog_itself_is_masked_too(lines: io.StringIO) -> None:
    structlog.get_logger("elsewhere").warning("hello", email=SECRET)
    assert "ann.walker" not in lines.getvalue()


def test_lines_below_the_level_are_not_written(lines: io.StringIO) -> None:
    get_logger("here").debug("detail")
    assert lines.getvalue() == ""


def test_people_get_columns_instead_of_json() -> None:
    stream = io.StringIO()
    set_up_logs("info", "console", stream)
    get_logger("here").info("ready", port=8400)
    assert "ready" in stream.getvalue()
    assert "port=8400" in stream.getvalue()
