"""The bell: how the writer wakes readers in other processes, without polling and without idle work.

Gives : Bell (a reader's own), BellRinger (the writer's view of all bells)

A reader owns a named pipe in `log/run/`; the writer puts one byte into each pipe after a group commit. A pipe
that is full has already rung. A pipe without a reader belongs to a process that died and is removed. (Pipes and not
unix sockets, because a socket's path may not be longer than about 100 bytes.)
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import time
from contextlib import suppress
from pathlib import Path

_SUFFIX = ".bell"
_LOOK_AGAIN_SECONDS = 0.2
"""How often the writer looks for new readers; until then a new reader helps itself by looking at the mark."""


class Bell:
    """One reader's pipe."""

    def __init__(self, run: Path) -> None:
        run.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        hidden = run / f".{name}"
        self._path = run / f"{name}{_SUFFIX}"
        os.mkfifo(hidden, 0o600)
        self._pipe = os.open(hidden, os.O_RDWR | os.O_NONBLOCK)
        # It gets its public name once it is open: a pipe without a reader would be taken for a dead one.
        hidden.rename(self._path)
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)

    def silence(self) -> None:
        """Forget earlier rings."""
        with suppress(BlockingIOError):
            while os.read(self._pipe, 4096):
                continue

    def listen(self, seconds: float) -> None:
        """Block until it rings or the time is over."""
        self._poll.poll(max(0.0, seconds) * 1000)

    def ring(self) -> None:
        """Ring one's own bell, to end a listen() in another thread."""
        with suppress(BlockingIOError):
            os.write(self._pipe, b"!")

    def close(self) -> None:
        """Take the pipe away."""
        self._path.unlink(missing_ok=True)
        os.close(self._pipe)


class BellRinger:
    """All bells of one log, as the writer sees them."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._pipes: dict[str, int] = {}
        self._look_at = 0.0
        run.mkdir(parents=True, exist_ok=True)

    def ring(self) -> None:
        """Wake every reader that listens."""
        if time.monotonic() >= self._look_at:
            self._find_new_readers()
        for name, pipe in list(self._pipes.items()):
            try:
                os.write(pipe, b"!")
            except BlockingIOError:
                continue
            except OSError:  # nobody holds the other end any more
                self._drop(name)

    def close(self) -> None:
        """Let go of the pipes; they stay the readers' own."""
        while self._pipes:
            os.close(self._pipes.popitem()[1])

    def _find_new_readers(self) -> None:
        self._look_at = time.monotonic() + _LOOK_AGAIN_SECONDS
        for path in self._run.glob(f"*{_SUFFIX}"):
            if path.name not in self._pipes:
                self._open(path)

    def _open(self, path: Path) -> None:
        try:
            self._pipes[path.name] = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO:  # its reader died without taking it away
                path.unlink(missing_ok=True)

    def _drop(self, name: str) -> None:
        os.close(self._pipes.pop(name))
        (self._run / name).unlink(missing_ok=True)
