"""Server, worker and PostgreSQL are killed at random under load: nothing acknowledged is lost, nothing counts twice.

`./run test` kills a few times; `./run test --full` at least fifty, and its dated result is committed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from aiosmtpd.controller import Controller

from forestay.actions.leases import LEASE
from forestay.lake.reads import LakeReader
from tests.running import RunningForestay, eventually, free_port, running_forestay

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
KILLS = 60 if FULL else 6
ACCOUNTS, EVENTS_A_BODY = 40, 50
TARGETS = ("server", "worker", "postgres")
UNCLEAR_SECONDS = LEASE.total_seconds() + 60
"""What a killed worker was sending is known to be unclear when its lease is over, and not before."""
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"

TRIGGER = {
    "name": "Something broke",
    "description": "Every account that reports a breakage gets one mail.",
    "condition": {"event": "Broke", "within_days": 3, "at_least": 1},
    "tier": "automated",
    "risk_level": "low",
    "actions": [{"kind": "message", "channel": "email", "template": "broke-message", "to": "all"}],
}
TEMPLATE = {"use": "message", "subject": "It broke", "text": "We are on it, {{ account.name }}."}
CASE = {"use": "message", "subject": "Your case", "text": "We have opened a case, {{ account.name }}."}
JOURNEY = {
    "name": "Cases", "owner": "olga@example.com", "consent": "success", "entry": [{"event": "Broke"}],
    "re_entry": {"rule": "by_key", "key": "event.number"},
    "start": "tell",
    "steps": {
        "tell": {
            "kind": "message", "template": "case-message", "to": "all", "follow": True,
            "ports": {"sent": "both", "skipped": "both", "failed": "both"},
        },
        "both": {"kind": "parallel", "branches": ["fix", "close"], "ports": {"fix": "fixed", "close": "closed"}},
        "fixed": {
            "kind": "wait_for", "event": "Fixed", "match": {"number": "event.number"}, "since": "entry",
            "timeout": {"days": 2}, "ports": {"next": "meet", "timeout": "late"},
        },
        "closed": {
            "kind": "wait_for", "event": "Closed", "match": {"number": "event.number"}, "since": "entry",
            "timeout": {"days": 2}, "ports": {"next": "meet", "timeout": "late"},
        },
        "meet": {"kind": "join", "next": "done"},
        "done": {"kind": "exit", "reason": "done"},
        "late": {"kind": "exit", "reason": "late"},
    },
}  # fmt: skip
"""One run a breakage: it tells the customer, and ends when the breakage is mended and the case closed."""
PROBE = {
    "name": "Probe", "owner": "olga@example.com", "consent": "success", "entry": [{"event": "Probed"}], "start": "done",
    "steps": {"done": {"kind": "exit", "reason": "done"}},
}  # fmt: skip
"""Published last: once it lets somebody in, everything that was published before is in force too."""
ANY_TIME = {"contact_policy": {"quiet_hours": None, "pause_during_conversation": False}}


class Postbox:
    """A mail server that counts what it took, by recipient and kind of mail."""

    def __init__(self) -> None:
        self.taken: Counter[tuple[str, str]] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        kind = "case" if b"Your case" in envelope.content else "signal"
        self.taken.update((recipient, kind) for recipient in envelope.rcpt_tos)
        return "250 OK"

    def of(self, kind: str) -> Counter[str]:
        """Mails of a kind by recipient."""
        return Counter({recipient: n for (recipient, of), n in self.taken.items() if of == kind})


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@dataclass
class Load:
    """Sends bodies until told to stop; a body without a clear answer is sent again with the same ids."""

    product: RunningForestay
    stopping: threading.Event = field(default_factory=threading.Event)
    acknowledged: Counter[str] = field(default_factory=Counter)
    bodies: int = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            messages = [self._message() for _ in range(EVENTS_A_BODY)]
            while not self._taken(messages):
                time.sleep(0.05)
            self.acknowledged.update(message["context"]["groupId"] for message in messages)
            self.bodies += 1

    def _message(self) -> dict[str, Any]:
        account = f"acc-{random.randrange(ACCOUNTS):03}"
        return {
            "type": "track", "event": "Signed In", "userId": f"{account}-u{random.randrange(5)}",
            "messageId": str(uuid.uuid4()), "timestamp": datetime.now(UTC).isoformat(),
            "context": {"groupId": account},
        }  # fmt: skip

    def _taken(self, messages: list[dict[str, Any]]) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.product.send(messages).status_code == 200
        return False


def people(product: RunningForestay) -> None:
    """Every account has one contact whom mail may reach."""
    messages = []
    for number in range(ACCOUNTS):
        account, person = f"acc-{number:03}", f"acc-{number:03}-u0"
        traits = {"email": f"{person}@example.com", "email_consent": True}
        messages.append({"type": "group", "userId": person, "groupId": account, "traits": {"name": account}})
        messages.append({"type": "identify", "userId": person, "traits": traits, "context": {"groupId": account}})
    assert product.send(messages).status_code == 200


def publish(product: RunningForestay) -> None:
    product.call("PATCH", "/api/workspace", json={"settings": ANY_TIME}).raise_for_status()
    owner = {"email": JOURNEY["owner"], "name": "Olga Owner", "role": "ops"}
    product.call("POST", "/api/members", json=owner).raise_for_status()
    for plural, key, body in (
        ("templates", "broke-message", TEMPLATE), ("templates", "case-message", CASE), ("triggers", "broke", TRIGGER),
        ("journeys", "cases", JOURNEY), ("journeys", "probe", PROBE),
    ):  # fmt: skip
        product.call("PUT", f"/api/{plural}/{key}/draft", json=body).raise_for_status()
        answer = product.call("POST", f"/api/{plural}/{key}/publish")
        assert answer.is_success, answer.text
    eventually(lambda: is_in_force(product))


def is_in_force(product: RunningForestay) -> bool:
    """Whether the worker has taken over what was published, which may take two seconds."""
    event = {"type": "track", "event": "Probed", "userId": "prober", "messageId": str(uuid.uuid4())}
    Load(product)._taken([{**event, "context": {"groupId": "acc-probe"}}])
    return bool(product.get("/api/runs", journey="probe")["items"])


def tell(product: RunningForestay, event: str, number: int, again: str = "") -> None:
    """Send one event about a breakage until it is taken."""
    account = f"acc-{number % ACCOUNTS:03}"
    message = {
        "type": "track", "event": event, "userId": f"{account}-u0", "messageId": f"{event}-{number}{again}",
        "context": {"groupId": account}, "properties": {"number": number},
    }  # fmt: skip
    while not Load(product)._taken([message]):
        time.sleep(0.05)


def counted(product: RunningForestay) -> dict[str, int]:
    """Events of the last days by account, as the API shows them."""
    seen = {}
    for number in range(ACCOUNTS):
        account = product.get(f"/api/accounts/acc-{number:03}")
        values = {measure["key"]: measure["value"] for measure in account["measures"]}
        seen[account["external_id"]] = int(values["events_30d"] or 0)
    return seen


def wait_ready(product: RunningForestay) -> None:
    eventually(product.is_ready, seconds=60)


@pytest.mark.chaos
def test_whatever_is_killed_no_acknowledged_event_is_lost_and_none_counts_twice(
    tmp_path: Path, postbox: tuple[Postbox, int]
) -> None:
    box, port = postbox
    random.seed(11)
    with running_forestay(tmp_path / "data", FORESTAY_SMTP_URL=f"smtp://127.0.0.1:{port}") as product:
        people(product)
        publish(product)
        load = Load(product)
        thread = threading.Thread(target=load.run, daemon=True)
        thread.start()
        killed = kill_around(product)
        load.stopping.set()
        thread.join(60)
        wait_ready(product)
        tell(product, "Fixed", KILLS - 1)
        for number in range(KILLS):
            tell(product, "Closed", number)
        eventually(lambda: product.get("/api/status")["lag"], seconds=90, until=lambda lag: lag == 0)
        broken = Counter(f"acc-{n % ACCOUNTS:03}" for n in range(KILLS))
        told = Counter({account: 4 * n for account, n in broken.items()})  # broke twice, fixed, closed
        expected = {f"acc-{n:03}": (load.acknowledged + told)[f"acc-{n:03}"] for n in range(ACCOUNTS)}
        assert eventually(lambda: counted(product), seconds=30, until=lambda seen: seen == expected) == expected
        check_effects(product, box)
        check_runs(product, box)
        product.stop()
        assert in_the_lake(tmp_path / "data") == load.acknowledged.total()
    keep_result(killed, load)


def kill_around(product: RunningForestay) -> Counter[str]:
    """Kill one process after the other, each in the middle of the load; a breakage between any two."""
    killed: Counter[str] = Counter()
    for number in range(KILLS):
        wait_ready(product)
        tell(product, "Broke", number)
        tell(product, "Broke", number, "-again")  # an event of its own that is about the same breakage
        if number:  # while processes die, cases move on
            tell(product, "Fixed", number - 1)
        time.sleep(random.uniform(0.1, 0.8))
        target = TARGETS[number % len(TARGETS)] if number < len(TARGETS) else random.choice(TARGETS)
        process = eventually(lambda target=target: product.child(target), seconds=30)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            killed[target] += 1
    return killed


def check_effects(product: RunningForestay, box: Postbox) -> None:
    """One signal and at most one mail a broken account; what is not clear is said, not repeated. Colleagues without
    an address are skipped."""
    broken = {f"acc-{n % ACCOUNTS:03}" for n in range(KILLS)}
    signals = eventually(
        lambda: product.get("/api/signals", trigger="broke", limit=200)["items"],
        until=lambda items: len(items) == len(broken), seconds=30,
    )  # fmt: skip
    assert Counter(signal["account"] for signal in signals) == Counter(broken)
    settled = eventually(
        lambda: [e["status"] for e in emails(product, of_runs=False)],
        until=lambda statuses: "pending" not in statuses and len(statuses) == len(broken), seconds=UNCLEAR_SECONDS,
    )  # fmt: skip
    taken = box.of("signal")
    assert max(taken.values(), default=0) <= 1
    assert settled.count("sent") <= taken.total() <= len(broken)
    assert set(settled) <= {"sent", "unknown"}


def check_runs(product: RunningForestay, box: Postbox) -> None:
    """One run a breakage, each through to its end; its mail left at most once, and its history says what became of it."""
    runs = eventually(
        lambda: product.get("/api/runs", journey="cases", limit=200)["items"],
        until=lambda items: Counter(run["status"] for run in items) == Counter(completed=KILLS), seconds=UNCLEAR_SECONDS,
    )  # fmt: skip
    assert Counter(run["reason"] for run in runs) == Counter(done=KILLS)
    assert Counter(run["account"] for run in runs) == Counter(f"acc-{n % ACCOUNTS:03}" for n in range(KILLS))
    mails = emails(product, of_runs=True)
    assert len({mail["run_id"] for mail in mails}) == len(mails) == KILLS
    assert {mail["status"] for mail in mails} <= {"sent", "unknown"}
    sent = Counter(mail["recipient"] for mail in mails if mail["status"] == "sent")
    taken, asked = box.of("case"), Counter(mail["recipient"] for mail in mails)
    assert sent <= taken <= asked
    for run in runs:
        steps = Counter(line["what"] for line in product.get(f"/api/runs/{run['id']}")["history"])
        assert (steps["entered"], steps["asked"], steps["ended"], steps["repaired"]) == (1, 1, 1, 0)


def emails(product: RunningForestay, *, of_runs: bool) -> list[dict[str, Any]]:
    """Mails to people who have an address: those that runs asked for, or the others."""
    items: list[dict[str, Any]] = product.get("/api/effects", limit=200, channel="email")["items"]
    return [e for e in items if e["recipient"].endswith("@example.com") and (e["run_id"] is not None) == of_runs]


def in_the_lake(data: Path) -> int:
    """Sign-ins in the lake's history, counted by the query engine over the files."""
    lake = LakeReader(str(data / "lake"))
    try:
        return sum(lake.event_names(workspace_id=1, since=0, until=99_999).get(name, 0) for name in ("Signed In",))
    finally:
        lake.close()


def keep_result(killed: Counter[str], load: Load) -> None:
    """What was done to it; that nothing was lost or came twice is what the test asserts, and no figure of this file."""
    day = datetime.now(UTC).date().isoformat()
    body = {
        "test": "kill anything", "date": day, "kills": dict(killed), "bodies": load.bodies,
        "events_acknowledged": load.acknowledged.total(), "runs": KILLS,
    }  # fmt: skip
    if FULL:
        (RESULTS / f"chaos-{day}.json").write_text(json.dumps(body, indent=1) + "\n")
