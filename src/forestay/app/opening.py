"""The workspace's address for a person at this machine: with a one-time link in it, and opened in a browser where there is a desktop.

Reads : Settings, the environment, `GET /api/setup` of the running server
Gives : address_for(), NotAnswering, has_desktop(), open_browser()
Source: decision 0006.

Small like the supervisor that calls it: the standard library and one-time links, nothing else.
"""

from __future__ import annotations

import http.client
import json
import sys
import webbrowser
from collections.abc import Mapping

from forestay.governance.links import LinkPurpose, make_link
from forestay.kit import clock
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings

_OK = 200
LINK = "#link="
"""A fragment: browsers keep it to themselves."""
_ELSEWHERE = ("CI", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "FORESTAY_NO_BROWSER")
"""Set where nobody sits at this machine's screen, or wants no browser."""


class NotAnswering(ForestayError):
    """The server does not say whether anybody can sign in yet: ask again in a moment."""

    code = "not_answering"
    http_status = 503
    retryable = True

    def __init__(self) -> None:
        super().__init__("Forestay does not answer yet; try again in a moment")


def address_for(settings: Settings, email: str | None = None) -> str:
    """Where to go: to the first set-up while nobody can sign in; signed in as `email` where one is given; else the door.
    Raises NotAnswering."""
    base = f"http://{_host(settings)}:{settings.port}"
    now, is_new = clock.now(), needs_member(settings)
    if is_new is None:
        raise NotAnswering
    if is_new:
        return f"{base}/setup{LINK}{make_link(settings.data_dir, LinkPurpose.SETUP, now)}"
    if email is not None:
        return f"{base}/{LINK}{make_link(settings.data_dir, LinkPurpose.SIGN_IN, now, email)}"
    return base


def needs_member(settings: Settings) -> bool | None:
    """Whether nobody can sign in yet; None when the server does not say: its management side loads after collection."""
    connection = http.client.HTTPConnection(_host(settings), settings.port, timeout=5)
    try:
        connection.request("GET", "/api/setup")
        answer = connection.getresponse()
        return bool(json.loads(answer.read())["needs_member"]) if answer.status == _OK else None
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None
    finally:
        connection.close()


def has_desktop(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether somebody sits at a screen of this machine: never in CI, over SSH or without a display.

    >>> has_desktop({"DISPLAY": ":0"}, "linux"), has_desktop({"DISPLAY": ":0", "CI": "true"}, "linux"), has_desktop({}, "linux")
    (True, False, False)
    """
    if any(environment.get(name) for name in _ELSEWHERE):
        return False
    return platform in ("darwin", "win32") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> bool:
    """Show the address in the person's browser; False when none could be started."""
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def _host(settings: Settings) -> str:
    return "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
