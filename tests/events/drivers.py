"""The event log's drivers, each as a test opens it: one line a driver."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forestay.events.drivers.file import FileLog, FileLogReader
from forestay.events.log import EventLog, LogReader


@dataclass(frozen=True)
class Driver:
    """How to open a log's writer and its readers. small: segments of a few kB, so that retention has work."""

    name: str
    writer: Callable[..., EventLog]
    reader: Callable[[Path], LogReader]


def _file_writer(folder: Path, **settings: Any) -> FileLog:
    return FileLog(folder, **{"segment_bytes": 2_000, **settings})


DRIVERS = [Driver("file", _file_writer, FileLogReader)]
