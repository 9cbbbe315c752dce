"""How a child of the supervisor begins: it makes sure to end with its parent, then becomes its module.

Reads: the command line `python -m forestay.app.child PARENT MODULE`; the module has a `main()`
Gives: command_of(module), die_with_parent()

Without it a killed supervisor would leave a server that keeps the port and a worker that keeps the log: the next
`forestay up` would believe them to be its own.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from types import ModuleType

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 1.0


def command_of(module: str) -> list[str]:
    """The command that runs `module` as a child of this process."""
    return [sys.executable, "-m", "forestay.app.child", str(os.getpid()), module]


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


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, import the module and call its `main()`."""
    parent, module = arguments
    die_with_parent(int(parent))
    sys.argv = [module]
    code = 0
    try:
        _imported(module).main()
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
