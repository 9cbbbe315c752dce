"""`forestay` and `python -m forestay.app`: the command line, and for a start the children before it.

Half a second goes by until options and settings are read; server and worker import meanwhile, and end unheard when the
command was wrong.
"""

from __future__ import annotations

import sys

from forestay.app.child import SERVING, begin

STARTS = ("up", "demo")


def main() -> None:
    """Run the command that sys.argv says."""
    if sys.argv[1:2] and sys.argv[1] in STARTS and "--help" not in sys.argv:
        begin(SERVING)
    from forestay.app.cli import main as run

    run()


if __name__ == "__main__":
    main()
