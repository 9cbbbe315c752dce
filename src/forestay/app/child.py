"""How a child of the supervisor begins: it makes sure to end with its parent, then becomes its module.

Reads: the command line `python -m forestay.app.child PARENT MODULE`; the module has a `main()`. With a third word,
       `told`, its settings come on standard input once it is wanted: FORESTAY_* variables as one JSON object.
Gives: SERVING, command_of(module), begin(modules), begun(module), tell(child), die_with_parent()

Without it a killed supervisor would leave a server that keeps the port and a worker that keeps the log: the next
`forestay up` would believe them to be its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import cast

SERVING = ("forestay.app.server", "forestay.app.worker")
"""The children that are always there; what they print are logs."""

TOLD = "told"
_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 1.0
_begun: dict[str, subprocess.Popen[bytes]] = {}


def command_of(module: str) -> list[str]:
    """The command that runs `module` as a child of this process."""
    return [sys.executable, "-m", "forestay.app.child", str(os.getpid()), module]


def begin(modules: Sequence[str]) -> None:
    """Start children before their settings are known: they import, and go on when they are told them.

    Each in its own process group, so that a Ctrl-C reaches only us; our files closed to them.
    """
    for module in modules:
        command = [*command_of(module), TOLD]
        _begun[module] = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, umask=0o077)


def begun(module: str) -> subprocess.Popen[bytes] | None:
    """The child that began early for `module` and waits to be told; None when there is none, or none any more."""
    return _begun.pop(module, None)


def tell(child: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
    """Let a child that began early go on. One that has ended meanwhile is left to whoever looks after it."""
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(json.dumps(environment).encode())


def _hear() -> None:
    """Wait for the settings; a parent that ends without telling any did not want us."""
    told = sys.stdin.buffer.read()
    if not told:
        os._exit(0)
    os.environ.update(json.loads(told))


def die_with_parent(parent: int) -> None:
    """Get SIGTERM when the parent ends, however it ends; ends at once when it is gone already.

    Linux tells by itself; elsewhere a thread looks once a second. parent: its process number.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()
    if os.getppid() != parent:  # it ended before we could ask
        sys.exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _imported(name: str) -> ModuleType:
    """The module, imported without the collector: it would go through what is there to stay, a sixth of the time."""
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def _without(library: str) -> None:
    """Have an import of it fail, which those who only may use it are ready for."""
    sys.modules.setdefault(library, cast(ModuleType, None))


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, import the module and call its `main()`."""
    parent, module, *how = arguments
    die_with_parent(int(parent))
    if module in SERVING:
        _without("rich")  # structlog would load a hundred modules for tracebacks in colour, with what variables held
    sys.argv = [module]
    code = 0
    try:
        become = _imported(module)
        if TOLD in how:
            _hear()
        become.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 - told here, since the interpreter's own teardown is left out below
        traceback.print_exc()
        code = 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # everything is closed; at a teardown the query engine reports its own objects as leaks


if __name__ == "__main__":
    main(sys.argv[1:])
