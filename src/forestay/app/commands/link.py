"""`forestay link`: prints an address that lets one browser in once, within minutes.

Reads: the data folder of a running Forestay, which only its operator can
"""

from __future__ import annotations

import sys

from forestay.app.demo import ADMIN_EMAIL, DemoState
from forestay.app.opening import address_for
from forestay.app.readiness import is_ready
from forestay.kit.settings import Settings


def print_link(settings: Settings, email: str | None) -> int:
    """The exit code: 1 where Forestay does not run."""
    if not is_ready(settings):
        print("forestay: it does not answer there; start it with `forestay up` first", file=sys.stderr)  # noqa: T201
        return 1
    demo = DemoState.read(settings.data_dir)
    if email is None and demo is not None:
        email = ADMIN_EMAIL
    print(address_for(settings, email))  # noqa: T201
    return 0
