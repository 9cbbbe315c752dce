"""Structured logs that carry ids and never persons.

Gives : set_up_logs(), get_logger(), bound(), without_persons()
Reads : Settings.log_level, Settings.log_format

One line a happening on standard error: JSON for machines or columns for people. Fields whose name says that
they hold personal data are replaced by a short sign, the same for the same value within one process, so that
lines can be joined but nobody named. E-mail addresses inside sentences and tracebacks are replaced as well.
What the libraries log through `logging` takes the same way.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import sys
from contextlib import AbstractContextManager
from typing import Protocol, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL_FIELDS = frozenset(
    {
        "address", "body", "comment", "contact_name", "email", "first_name", "from_address", "headers", "item",
        "last_name", "member_email", "name", "note", "owner_email", "password", "phone", "properties", "query",
        "recipient", "script", "secret", "subject", "text", "title", "to", "to_address", "token", "traits", "url",
    }
)  # fmt: skip
"""Names of fields that hold personal data or secrets anywhere in the product; a key with one of these is replaced."""

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.[A-Za-z]{2,}")
_PROCESS_SECRET = secrets.token_bytes(16)
_QUIET = ("alembic", "httpx", "httpcore", "deltalake")


class Logger(Protocol):
    """What a module may do with its logger: a happening, and ids or numbers as fields."""

    def debug(self, event: str, **fields: object) -> None:
        """Only for the developer."""
        ...

    def info(self, event: str, **fields: object) -> None:
        """Something that an operator likes to see."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something that an operator should look at."""
        ...

    def error(self, event: str, **fields: object) -> None:
        """Something that did not work and needs somebody."""
        ...

    def exception(self, event: str, **fields: object) -> None:
        """An error with the traceback of the exception at hand."""
        ...


def get_logger(name: str) -> Logger:
    """The logger of a module; pass `__name__`."""
    return cast(Logger, structlog.get_logger(module=name))


def bound(**fields: object) -> AbstractContextManager[object]:
    """Within this block every line carries these fields: request_id, workspace_id, tick, job_id, ..."""
    return structlog.contextvars.bound_contextvars(**fields)


def set_up_logs(level: str = "info", style: str = "console", stream: TextIO | None = None) -> None:
    """Configure this process's logs, once at its start. level: debug, info, warning, error; style: console, json."""
    stream = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    ending: list[Processor] = [structlog.processors.format_exc_info, without_persons, _renderer(style, stream)]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(number, shared, ending, stream)


def without_persons(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Replace values of personal fields by a sign, and e-mail addresses in every text.

    >>> without_persons(None, "info", {"event": "mail to ann@example.com sent", "effect_id": 7})
    {'event': 'mail to <address> sent', 'effect_id': 7}
    """
    return {key: _clean(key, value) for key, value in fields.items()}


def _clean(key: str, value: object) -> object:
    if key in PERSONAL_FIELDS and value is not None:
        return _sign(str(value))
    if isinstance(value, str):
        return _ADDRESS.sub("<address>", value) if "@" in value else value
    if isinstance(value, dict):
        return {inner: _clean(str(inner), one) for inner, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean("", one) for one in value]
    return value if isinstance(value, int | float | None) else _clean("", str(value))


def _sign(value: str) -> str:
    digest = hashlib.blake2b(value.encode(errors="replace"), key=_PROCESS_SECRET, digest_size=4).hexdigest()
    return f"<withheld {digest}>"


def _renderer(style: str, stream: TextIO) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(sort_keys=False, default=str)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, timestamp_key="at"
    )


def _adopt_libraries(number: int, shared: list[Processor], ending: list[Processor], stream: TextIO) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
