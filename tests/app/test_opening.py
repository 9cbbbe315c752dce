"""Who sits at this machine is brought to the workspace, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from forestay.app.opening import LINK, NotAnswering, address_for, has_desktop
from forestay.governance.links import LinkPurpose, LinkSpent, look_at_link, take_link
from forestay.kit import clock
from forestay.kit.settings import Settings


@pytest.mark.parametrize("name", ["CI", "SSH_CONNECTION", "SSH_TTY", "FORESTAY_NO_BROWSER"])
def test_no_browser_opens_where_nobody_looks(name: str) -> None:
    assert has_desktop({"DISPLAY": ":0"}, "linux")
    assert not has_desktop({"DISPLAY": ":0", name: "yes"}, "linux")
    assert not has_desktop({name: "yes"}, "darwin")


def test_a_server_without_a_screen_opens_nothing() -> None:
    assert not has_desktop({}, "linux")
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_desktop({}, "darwin")


class _Setup(BaseHTTPRequestHandler):
    answer = b'{"needs_member": true}'

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


class _Done(_Setup):
    answer = b'{"needs_member": false}'


def _serving(handler: type[_Setup], folder: Path) -> Iterator[Settings]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield Settings(data_dir=folder, port=server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Settings]:
    """An installation in which nobody can sign in yet."""
    yield from _serving(_Setup, tmp_path)


@pytest.fixture
def inhabited(tmp_path: Path) -> Iterator[Settings]:
    """An installation with members."""
    yield from _serving(_Done, tmp_path)


def test_a_new_installation_is_opened_at_its_set_up_with_a_link(fresh: Settings) -> None:
    address, _, secret = address_for(fresh, "ana@acme.example.com").partition(LINK)
    assert address.endswith("/setup")
    assert look_at_link(fresh.data_dir, secret, LinkPurpose.SETUP, clock.now()).email is None


def test_a_demo_is_opened_signed_in_once(inhabited: Settings) -> None:
    address, _, secret = address_for(inhabited, "ana@acme.example.com").partition(LINK)
    assert address.endswith(f":{inhabited.port}/")
    assert take_link(inhabited.data_dir, secret, LinkPurpose.SIGN_IN, clock.now()).email == "ana@acme.example.com"
    with pytest.raises(LinkSpent):
        take_link(inhabited.data_dir, secret, LinkPurpose.SIGN_IN, clock.now())


def test_an_installation_of_ones_own_is_opened_at_its_door(inhabited: Settings) -> None:
    assert address_for(inhabited) == f"http://127.0.0.1:{inhabited.port}"


def test_links_can_be_read_by_their_owner_alone(fresh: Settings) -> None:
    address_for(fresh)
    folder = fresh.data_dir / "run" / "links"
    assert folder.stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in folder.iterdir()] == [0]


def test_a_server_that_does_not_answer_yet_is_asked_again_and_not_taken_for_inhabited(tmp_path: Path) -> None:
    with pytest.raises(NotAnswering):
        address_for(Settings(data_dir=tmp_path, port=1))
