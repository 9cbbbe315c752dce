"""What changed, from one connection to PostgreSQL to every browser that listens here.

Gives : Hub, Listener, TooManyListeners
Reads : store/listening.py; who may still listen (api/stream_rights.py)
Source: WHATWG HTML, section Server-sent events; REQUIREMENTS G2

One connection listens for this process, from the first browser on. What it hears is gathered for a fifth of a second
by workspace, numbered, remembered for those who come back, and put into each listener's short queue as bytes that all
listeners with the same rights share. A queue that is full is emptied and says `resync`: ask again for what you show.
Everything here lives in the server's event loop; only still_there() goes to a thread.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
from anyio import to_thread

from forestay.api.stream_rights import Proof, topics_for
from forestay.governance.principal import Principal
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.telemetry import Counter, Gauge, count, set_level
from forestay.store.changes import EVERYBODY, MOST_IDS, Change
from forestay.store.topics import Topic

GATHER_SECONDS = 0.2
REMEMBERED = 500
"""Events of a workspace for those who come back: at five a second, of a minute and a half."""
QUEUE = 32
"""Events that wait for a slow listener: six seconds at five a second."""
RECENT_SECONDS = 10.0
WATCH_SECONDS = 10.0
PING_SECONDS = 15.0
MOST_LISTENERS = 5000

_log = get_logger(__name__)
_PING = b": ping\n\n"
Told = dict[Topic, frozenset[str] | None]
"""By topic the external ids of accounts, None for 'any of them'."""


class TooManyListeners(ForestayError):
    """This process serves as many streams as it may: the workspace works without and asks again by itself."""

    code = "too_many_streams"
    http_status = 503
    retryable = True

    def __init__(self) -> None:
        super().__init__(f"{MOST_LISTENERS} browsers listen already; pages are brought up to date when they are opened")


@dataclass(eq=False, slots=True)
class Listener:
    """One browser. proof: what it came in with; queue: what it has not been sent yet; over: why it ends, None: it stays."""

    proof: Proof
    principal: Principal
    queue: deque[bytes] = field(default_factory=deque)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    over: str | None = None

    def put(self, event: bytes) -> None:
        """Tell it; when it is too slow, that it has missed something instead."""
        if len(self.queue) >= QUEUE:
            self.queue.clear()
            event = resync("too_slow")
        self.queue.append(event)
        self.bell.set()

    def end(self, why: str, event: bytes = b"") -> None:
        """Nothing more after this."""
        self.over = why
        self.queue.append(event)
        self.bell.set()

    async def take(self) -> bytes:
        """All that waits, as soon as there is something."""
        if not self.queue:
            self.bell.clear()
            await self.bell.wait()
        taken = b"".join(self.queue)
        self.queue.clear()
        return taken


@dataclass(slots=True)
class _Space:
    """One workspace. past: number, moment, topics; waiting: gathered since the last event; at: of the last event."""

    listeners: set[Listener] = field(default_factory=set)
    past: deque[tuple[int, float, Told]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    waiting: Told = field(default_factory=dict)
    number: int = 0
    at: float = float("-inf")
    is_due: bool = False


class Hub:
    """Of one server process. changes: as store.listening gives them; alive: what became of those who listen."""

    def __init__(self, changes: Callable[[], AsyncIterator[Change | None]],
                 alive: Callable[[list[Proof]], Mapping[Proof, Principal]]) -> None:  # fmt: skip
        self._changes, self._alive = changes, alive
        self._spaces: dict[int, _Space] = {}
        self._epoch = secrets.token_hex(4)
        self._since = float("inf")
        self._tasks: list[asyncio.Task[None]] = []
        self._look = asyncio.Event()

    @property
    def listening(self) -> int:
        """How many browsers there are."""
        return sum(len(space.listeners) for space in self._spaces.values())

    def join(self, proof: Proof, principal: Principal, last_id: str | None) -> Listener:
        """A browser comes. last_id: of the last event that it has seen, when it comes back. Raises TooManyListeners."""
        if self.listening >= MOST_LISTENERS:
            raise TooManyListeners
        self._begin()
        space = self._spaces.setdefault(principal.workspace_id, _Space())
        listener = Listener(proof, principal)
        for event in self._first(space, principal, last_id):
            listener.put(event)
        space.listeners.add(listener)
        set_level(Gauge.STREAM_CLIENTS, self.listening)
        return listener

    def leave(self, listener: Listener) -> None:
        """It has gone."""
        self._spaces[listener.principal.workspace_id].listeners.discard(listener)
        set_level(Gauge.STREAM_CLIENTS, self.listening)

    def close(self) -> None:
        """The server ends: so do all streams, without a word; browsers come back by themselves."""
        for listener in self._everyone():
            listener.end("closing")
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def hear(self, change: Change | None) -> None:
        """A transaction was committed; None: changes may have been missed."""
        if change is None:
            return self._start_over()
        to = self._spaces.values() if change.workspace_id == EVERYBODY else (self._space(change.workspace_id),)
        for space in to:
            if Topic.SESSIONS in change.topics:
                self._look.set()
            _add(space.waiting, change.topics)
            self._plan(space)
        return None

    def _begin(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._watch, self._ping)]

    async def _listen(self) -> None:
        async for change in self._changes():
            self.hear(change)

    async def _ping(self) -> None:
        """A sign of life: proxies keep what is not silent, and a browser notices that we are gone. One timer for all."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            for listener in self._everyone():
                if not listener.queue:
                    listener.put(_PING)

    async def _watch(self) -> None:
        """Ask again and again who may still listen: every ten seconds, and at once where somebody was sent away."""
        while True:
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    await self._look.wait()
                await asyncio.sleep(GATHER_SECONDS)
            except TimeoutError:
                pass
            self._look.clear()
            asked = self._everyone()  # who comes meanwhile has just proved it
            try:
                alive = await to_thread.run_sync(self._alive, list({one.proof for one in asked}))
            except ForestayError as away:
                _log.warning("stream_rights_not_read", reason=str(away))
                continue
            for listener in asked:
                self._judge(listener, alive.get(listener.proof))

    def _judge(self, listener: Listener, principal: Principal | None) -> None:
        if principal is None:
            listener.end("signed_out", _event("ended", {"why": "signed_out"}))
        elif principal.permissions != listener.principal.permissions:
            listener.principal = principal
            listener.put(_event("rights", {"topics": sorted(topics_for(principal.permissions))}))

    def _everyone(self) -> list[Listener]:
        return [listener for space in self._spaces.values() for listener in space.listeners if listener.over is None]

    def _space(self, workspace_id: int) -> _Space:
        return self._spaces.setdefault(workspace_id, _Space())

    def _start_over(self) -> None:
        """Listening has begun, or begun again: numbers from before mean nothing now."""
        self._epoch, self._since = secrets.token_hex(4), time.monotonic()
        for space in self._spaces.values():
            space.past.clear()
        for listener in self._everyone():
            listener.put(resync("not_listening"))

    def _plan(self, space: _Space) -> None:
        """Send what waits: at once after a silence, else when the last event is old enough."""
        if not space.is_due and any(topic is not Topic.SESSIONS for topic in space.waiting):
            space.is_due = True
            wait = space.at + GATHER_SECONDS - time.monotonic()
            asyncio.get_running_loop().call_later(max(0.0, wait), self._send, space)

    def _send(self, space: _Space) -> None:
        told, space.waiting, space.is_due = space.waiting, {}, False
        space.at, space.number = time.monotonic(), space.number + 1
        space.past.append((space.number, space.at, told))
        made: dict[frozenset[Topic], bytes] = {}
        for listener in space.listeners:
            topics = topics_for(listener.principal.permissions)
            if topics not in made:
                made[topics] = self._change(told, topics, space.number)
            if made[topics] and listener.over is None:
                listener.put(made[topics])
        count(Counter.STREAM_EVENTS, len(space.listeners))

    def _change(self, told: Told, topics: Iterable[Topic], number: int) -> bytes:
        """What those with these rights are told; empty when none of it is for them."""
        heard = {
            topic.value: None if told[topic] is None else sorted(told[topic] or ()) for topic in topics if topic in told
        }
        return _event("change", {"topics": heard}, f"{self._epoch}-{number}") if heard else b""

    def _first(self, space: _Space, principal: Principal, last_id: str | None) -> list[bytes]:
        """A greeting with what changed just before, for pages that asked before they listened; then what was missed."""
        topics, now = topics_for(principal.permissions), time.monotonic()
        ages = {
            topic.value: round((now - at) * 1000)
            for _, at, told in space.past
            if now - at < RECENT_SECONDS
            for topic in told
            if topic in topics
        }
        has_heard = now - self._since >= RECENT_SECONDS
        hello = {"topics": sorted(topics), "recent_ms": ages, "heard_all": has_heard}
        first = [_event("hello", hello, f"{self._epoch}-{space.number}")]
        if last_id is None:
            return first
        missed = self._missed(space, last_id)
        if missed is None:
            return [*first, resync("unknown_id")]
        return [*first, *filter(None, [self._change(missed, topics, space.number)])]

    def _missed(self, space: _Space, last_id: str) -> Told | None:
        """All that was told since, as one; None when that is not remembered."""
        epoch, _, number = last_id.rpartition("-")
        if epoch != self._epoch or not number.isdecimal():
            return None
        oldest = space.past[0][0] if space.past else space.number + 1
        if not oldest - 1 <= int(number) <= space.number:
            return None
        told: Told = {}
        for past, _, topics in space.past:
            if past > int(number):
                _add(told, topics)
        return told


def resync(why: str) -> bytes:
    """Something was missed: ask again for everything that is shown."""
    count(Counter.STREAM_RESYNCS, why=why)
    return _event("resync", {"why": why})


def _add(to: Told, topics: Mapping[Topic, frozenset[str] | None]) -> None:
    for topic, ids in topics.items():
        before = to.get(topic, frozenset())
        both = None if ids is None or before is None else before | ids
        to[topic] = both if both is not None and len(both) <= MOST_IDS else None


def _event(name: str, said: Mapping[str, object], number: str | None = None) -> bytes:
    head = f"id: {number}\nevent: {name}\ndata: " if number else f"event: {name}\ndata: "
    return head.encode() + msgspec.json.encode(said) + b"\n\n"
