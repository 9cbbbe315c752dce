"""Load for the collection API: tracking calls of a made-up company, over raw sockets, as fast as asked.

    python -m benchmarks.load --url http://127.0.0.1:8400 --write-key KEY --rate 20000 --seconds 30
                              --events-per-body 100 --accounts 20000 --connections 16 [--json]

--rate 0 sends as fast as the answers come (a closed loop over the connections); a rate is an open loop: a body is due
at its moment whether or not earlier ones are answered, and its time to the answer counts from that moment.
Every messageId is new, every timestamp is now.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import os
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httptools
import uvloop

EVENTS = [f"{noun} {verb}" for noun in ("Report", "Dashboard", "Invoice", "Workflow", "User") for verb in ("Opened", "Created", "Shared", "Exported", "Deleted", "Invited")]  # fmt: skip
_NOW = b"@now@"
_POOL_EVENTS = 40_000


@dataclass
class Result:
    """What came of it. seconds_to_answer: one value a body, sorted."""

    bodies: int = 0
    events: int = 0
    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    seconds_to_answer: list[float] = field(default_factory=list)

    @property
    def events_per_second(self) -> float:
        """Answered with 200."""
        return self.events / self.seconds if self.seconds else 0.0

    def quantile_ms(self, share: float) -> float:
        """Milliseconds within which this share of bodies was answered."""
        times = self.seconds_to_answer
        return 1e3 * times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


class Bodies:
    """Requests ready to be sent, each with new messageIds; built from a pool of templates."""

    def __init__(self, url: str, write_key: str, events_per_body: int, accounts: int, seed: int = 1) -> None:
        self.events_per_body = events_per_body
        chance = random.Random(seed)
        count = max(1, min(500, _POOL_EVENTS // events_per_body))
        self._pool = itertools.cycle([_template(chance, events_per_body, accounts) for _ in range(count)])
        self._run, self._next = os.urandom(4).hex(), 0
        authorization = base64.b64encode(f"{write_key}:".encode()).decode()
        self._head = (
            f"POST /v1/batch HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Basic {authorization}\r\nContent-Length: "
        ).encode()

    def request(self) -> bytes:
        """The next request."""
        first, self._next = self._next, self._next + self.events_per_body
        ids = tuple(f"{self._run}-{number:012x}".encode() for number in range(first, self._next))
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
        body = (next(self._pool) % ids).replace(_NOW, now)
        return b"%s%d\r\n\r\n%s" % (self._head, len(body), body)


def _template(chance: random.Random, events: int, accounts: int) -> bytes:
    items = []
    for _ in range(events):
        account = chance.randrange(accounts)
        items.append(
            b'{"type":"track","messageId":"%%s","userId":"user-%d-%d","event":"%s","timestamp":"%s",'
            b'"properties":{"source":"web","step":%d,"plan":"pro"},'
            b'"context":{"groupId":"account-%d","library":{"name":"benchmarks.load","version":"1"}}}'
            % (account, chance.randrange(20), chance.choice(EVENTS).encode(), _NOW, chance.randrange(9), account)
        )
    return b'{"batch":[%s],"sentAt":"%s"}' % (b",".join(items), _NOW)


class _Connection(asyncio.Protocol):
    """One request at a time over one kept-alive connection."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._due = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def send(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        self._sender.answered(self, str(status), self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sender.lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Sender:
    """Keeps connections busy until the time is over."""

    def __init__(self, bodies: Bodies, rate: float, seconds: float) -> None:
        self._bodies, self._seconds = bodies, seconds
        self._interval = bodies.events_per_body / rate if rate else 0.0
        self.result = Result()
        self._idle: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self._started = 0.0
        self._in_flight = 0
        self._done = asyncio.Event()
        self._is_over = False

    async def run(self, url: str, connections: int) -> Result:
        """Connect, send, wait for the last answers, and say how it went."""
        loop, parts = asyncio.get_running_loop(), urlsplit(url)
        opened = [
            (await loop.create_connection(lambda: _Connection(self), parts.hostname or "127.0.0.1", parts.port or 80))[
                1
            ]
            for _ in range(connections)
        ]
        self._started = time.perf_counter()
        self._idle.extend(opened)
        if self._interval:
            await self._send_on_time()
        else:
            while self._idle:
                self._send(self._idle.popleft(), time.perf_counter())
            await asyncio.sleep(self._seconds)
        self._is_over = True
        if self._in_flight:
            await asyncio.wait_for(self._done.wait(), 60)
        self.result.seconds = time.perf_counter() - self._started
        for connection in opened:
            connection.close()
        self.result.seconds_to_answer.sort()
        return self.result

    def answered(self, connection: _Connection, status: str, due: float) -> None:
        """One answer came."""
        now = time.perf_counter()
        self._in_flight -= 1
        self.result.statuses[status] += 1
        self.result.bodies += 1
        self.result.events += self._bodies.events_per_body * (status == "200")
        self.result.seconds_to_answer.append(now - due)
        if self._due:
            self._send(connection, self._due.popleft())
        elif not self._interval and not self._is_over:
            self._send(connection, now)
        else:
            self._idle.append(connection)
        if self._is_over and not self._in_flight:
            self._done.set()

    def lost(self) -> None:
        """A connection broke; what it had sent counts as unanswered."""
        if not self._is_over:
            self.result.statuses["lost"] += 1

    async def _send_on_time(self) -> None:
        due = self._started
        while (now := time.perf_counter()) < self._started + self._seconds:
            while due <= now:
                self._queue(due)
                due += self._interval
            await asyncio.sleep(max(0.0, min(due - time.perf_counter(), 0.05)))

    def _queue(self, due: float) -> None:
        if self._idle:
            self._send(self._idle.popleft(), due)
        else:
            self._due.append(due)

    def _send(self, connection: _Connection, due: float) -> None:
        self._in_flight += 1
        connection.send(self._bodies.request(), due)


async def load(
    url: str, write_key: str, *, rate: float, seconds: float, events_per_body: int = 100, accounts: int = 20_000,
    connections: int = 16, seed: int = 1,
) -> Result:  # fmt: skip
    """Send tracking calls. rate: events a second, 0 for as many as get answered."""
    bodies = Bodies(url, write_key, events_per_body, accounts, seed)
    return await Sender(bodies, rate, seconds).run(url, connections)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8400")
    parser.add_argument("--write-key", required=True)
    parser.add_argument("--rate", type=float, default=0.0, help="events a second; 0: as many as get answered")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--events-per-body", type=int, default=100)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    args = vars(parser.parse_args())
    as_json = args.pop("json")
    result = uvloop.run(load(args.pop("url"), args.pop("write_key"), **args))
    said = {
        "events_per_second": round(result.events_per_second), "bodies": result.bodies, "events": result.events,
        "seconds": round(result.seconds, 3), "statuses": dict(result.statuses),
        "p50_ms": round(result.quantile_ms(0.5), 2), "p99_ms": round(result.quantile_ms(0.99), 2),
        "max_ms": round(result.quantile_ms(1.0), 2),
    }  # fmt: skip
    print(json.dumps(said) if as_json else "\n".join(f"{name:>18}  {value}" for name, value in said.items()))


if __name__ == "__main__":
    main()
