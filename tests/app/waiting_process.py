"""A module that says that it runs and waits, for the tests of children."""

from __future__ import annotations

import threading


def main() -> None:
    print("waiting", flush=True)
    threading.Event().wait(600)
