"""The demo's own customer systems: hands the made-up company over by the front door, then lets events trickle in.

Reads : the demo's state; a running Forestay, by its public API alone
Gives : run(): configuration, import files, Segment history, four journeys, the printed report, models, live play

Every part is remembered when it is done, so an interrupted load goes on; repeated parts count nothing twice.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import httpx
from rich.console import Console

from forestay.app.client import ApiClient, NotReachable
from forestay.app.commands.configuration import Change, apply_change, files_in
from forestay.app.commands.imports import send_file, wait_taken_in
from forestay.app.demo import ADMIN_EMAIL, DemoState
from forestay.app.demo_journeys import start_journeys
from forestay.app.demo_models import learn, look_ahead, show_models
from forestay.app.demo_report import print_report
from forestay.app.opening import address_for, has_desktop, open_browser
from forestay.app.readiness import is_ready
from forestay.customers.kinds import ImportKind
from forestay.kit import clock
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings
from forestay.simulator.command import run as simulate
from forestay.simulator.company import simulate as make_company
from forestay.simulator.live import LivePlay
from forestay.simulator.spec import CompanySpec
from forestay.sources.imports.mapping import ImportMapping

RECORDS = (
    ImportKind.ACCOUNTS, ImportKind.CONTACTS, ImportKind.SUBSCRIPTIONS, ImportKind.INVOICES, ImportKind.TICKETS,
    ImportKind.INTERACTIONS, ImportKind.SURVEYS,
)  # fmt: skip
LIVE_EVENTS_PER_SECOND = 3.0
FIRST_EXPORT_SECONDS, EXPORT_SECONDS = 15.0, 60.0
_RETRY_SECONDS = 1.0


class Loader:
    """Loads one demo and plays on."""

    def __init__(self, settings: Settings, state: DemoState) -> None:
        self.settings, self.state = settings, state
        self.folder = settings.data_dir / "company"
        self.console = Console(highlight=False)
        self.url = f"http://{settings.host}:{settings.port}"
        self.spec = CompanySpec(
            seed=state.seed, accounts=state.accounts, months=state.months, until=datetime.fromisoformat(state.until)
        )

    def run(self) -> None:
        """Everything that is not done yet, the report, then the play until somebody stops it."""
        began = time.monotonic()
        self._once("company", self._make)
        while not is_ready(self.settings):
            time.sleep(0.05)
        with ApiClient(self.url, self.state.admin_key, timeout_seconds=600) as client:
            self._once("configuration", lambda: self._configure(client))
            self._once("sign-in", lambda: self._let_sign_in(client))
            for kind in RECORDS:
                self._once(kind.value, partial(self._import, client, kind, f"{kind}.csv"))
            self._once("events", lambda: self._import(client, ImportKind.EVENTS, "events.parquet"))
            self._once("segment", lambda: self._history(client))
            self._once("past", lambda: self._wait_for_past(client))
            self._once("journeys", lambda: self._start_journeys(client))
            print_report(self.console, client, self.state, self.settings, time.monotonic() - began)
            self._show()
            self._once("models", lambda: self._learn(client))
            show_models(self.console, client)
            self._once("outlook", lambda: look_ahead(client))
        if self.state.live:
            self._play()
        else:
            threading.Event().wait()  # until it is stopped: a child that ends is started again, and tells it all once more

    def _once(self, part: str, work: Callable[[], None]) -> None:
        if part in self.state.loaded:
            return
        work()
        self.state.loaded.append(part)
        self.state.write(self.settings.data_dir)

    def _show(self) -> None:
        """The workspace in a browser, signed in as the administrator, where somebody sits before a screen."""
        if self.state.opens and has_desktop(os.environ):
            open_browser(address_for(self.settings, ADMIN_EMAIL))

    def _make(self) -> None:
        self._say(f"making up a company of {self.spec.accounts} accounts and {self.spec.months} months")
        simulate(self.spec, self.folder)

    def _configure(self, client: ApiClient) -> None:
        """Workspace, members, features and roles of events, as its people would set them up."""
        self._say("applying its configuration")
        for place, file in files_in(self.folder / "config"):
            apply_change(client, Change(place, None, file))

    def _let_sign_in(self, client: ApiClient) -> None:
        """An administrator and the CSMs get the demo's password, so that the workspace can be seen as each sees it."""
        password = self.state.password
        client.post(
            "/api/members", {"email": ADMIN_EMAIL, "name": "Avery Stone", "role": "admin", "password": password}
        )
        for member in client.items("/api/members"):
            if member["email"] != ADMIN_EMAIL:
                client.call("PATCH", f"/api/members/{member['id']}", json={"password": password})

    def _import(self, client: ApiClient, kind: ImportKind, name: str) -> None:
        self._say(f"importing {name}")
        result = send_file(client, self.folder / name, kind, ImportMapping())
        if result["rejected"]:
            self._say(f"  {result['rejected']} rows of {name} were rejected: {result['reasons']}")

    def _history(self, client: ApiClient) -> None:
        """The Segment part of the history, line by line as bodies of /v1/import."""
        self._say("sending the Segment calls")
        with (self.folder / "segment-history.jsonl").open("rb") as bodies, self._collection() as http:
            for body in bodies:
                _post(http, "/v1/import", body)
        wait_taken_in(client, int(client.get("/api/status")["last_position"]), lambda done, total, what: None)

    def _wait_for_past(self, client: ApiClient) -> None:
        """Until the worker has scored the days before, so that trends have something to compare with."""
        self._say("scoring the past")
        while client.get("/api/status")["is_catching_up"]:
            time.sleep(0.1)

    def _start_journeys(self, client: ApiClient) -> None:
        self._say("publishing four journeys")
        start_journeys(client)

    def _learn(self, client: ApiClient) -> None:
        self._say("learning from the history, as four months ago and now")
        learn(client)

    def _play(self) -> None:
        """Live calls at their times; rows of records are gathered and sent as an export would be, now and then."""
        self.console.print("New events trickle in now. Ctrl-C stops everything.")
        play = LivePlay(
            make_company(self.spec),
            seed=int(time.time()),
            events_per_second=LIVE_EVENTS_PER_SECOND,
            skip_days=self.state.played_days,
        )
        began, exports = time.monotonic(), Exports()
        with self._collection() as http, ApiClient(self.url, self.state.admin_key) as client:
            for step in play:
                time.sleep(max(0.0, began + step.due_seconds - time.monotonic()))
                if step.records is None:
                    _post(http, step.path, step.body)
                else:
                    exports.add(step.records, step.body)
                exports.send(client)
                self._remember_day(play.day)

    def _remember_day(self, day: int) -> None:
        """A day that was told is not told again after a restart."""
        if day != self.state.played_days:
            self.state.played_days = day
            self.state.write(self.settings.data_dir)

    def _collection(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=(self.state.write_key, ""), timeout=60, trust_env=False)

    def _say(self, sentence: str) -> None:
        self.console.print(f"· {sentence}")


@dataclass(slots=True)
class Exports:
    """Rows of records that wait for their next export, by kind; the first goes out soon, so that a watcher sees it."""

    waiting: dict[ImportKind, list[bytes]] = field(default_factory=dict)
    next_at: float = field(default_factory=lambda: time.monotonic() + FIRST_EXPORT_SECONDS)

    def add(self, kind: ImportKind, rows: bytes) -> None:
        """Keep JSON lines for the next export."""
        self.waiting.setdefault(kind, []).append(rows)

    def send(self, client: ApiClient) -> None:
        """Send what waits when it is time; what could not be sent waits on."""
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + EXPORT_SECONDS
        for kind, bodies in list(self.waiting.items()):
            query = {"name": f"live-{kind}.jsonl", "source": "live"}
            try:
                client.call("POST", f"/api/import/{kind}", params=query, content=b"".join(bodies))
            except NotReachable:
                return
            del self.waiting[kind]


def _post(http: httpx.Client, path: str, body: bytes) -> None:
    """Send one body until it is taken; the same messageIds make a repetition harmless."""
    while True:
        try:
            answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        except httpx.TransportError:
            time.sleep(_RETRY_SECONDS)
            continue
        if answer.status_code not in (429, 502, 503, 504):
            answer.raise_for_status()
            return
        time.sleep(float(answer.headers.get("Retry-After", _RETRY_SECONDS)))


def run(settings: Settings) -> None:
    """Load the demo of this data folder and play on; ends when the play is switched off."""
    state = DemoState.read(settings.data_dir)
    if state is None:
        raise SystemExit(f"forestay: {settings.data_dir} holds no demo")
    if not state.until:
        state.until = clock.now().replace(microsecond=0).isoformat()
        state.write(settings.data_dir)
    Loader(settings, state).run()


def main() -> None:
    """Run with the settings of the environment; an expected refusal is one sentence and exit code 1."""
    try:
        run(Settings())
    except ForestayError as error:
        print(f"forestay demo: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
