"""Telemetry as it leaves the company: rows for Parquet, calls of the Segment protocol for the last days.

Gives: Sent, sent(), event_table(), segment_messages(), track(), identify(), group(), page(), pack().
Source: Segment HTTP tracking API (public specification): a body holds at most 500 kB, a message 32 kB.

Bodies of history carry no `sentAt`: with one, a receiver would take the sender's clock to be months slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa

from forestay.kit.clock import moment_of
from forestay.simulator.account import AccountLife
from forestay.simulator.catalogue import EVENT_NAMES, PAGES, PROPERTIES
from forestay.simulator.people import Person
from forestay.simulator.profile import account_key
from forestay.simulator.spec import CompanySpec
from forestay.simulator.untidy import Arrivals, Mask
from forestay.simulator.usage import Moments, Usage

BODY_BYTES, BODY_MESSAGES = 450_000, 1_000
SCHEMA = pa.schema([
    ("event", pa.string()), ("at", pa.timestamp("us", "UTC")), ("account_id", pa.string()), ("user_id", pa.string()),
    ("message_id", pa.string()), ("properties", pa.string()),
])  # fmt: skip
_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Sent:
    """Events of one account with their ways. second: whether a row is the second copy of an event."""

    life: AccountLife
    usage: Usage
    arrived: Moments
    is_second: Mask
    is_anonymous: Mask
    names_account: Mask

    def __len__(self) -> int:
        return len(self.arrived)

    def where(self, mask: Mask) -> Sent:
        """Only the events of the mask."""
        kept = (self.arrived[mask], self.is_second[mask], self.is_anonymous[mask], self.names_account[mask])
        return Sent(self.life, self.usage.where(mask), *kept)

    def message_ids(self, seed: int) -> list[str]:
        """Names of the messages; a second copy has the same as the first. Negative serials are what no session brought."""
        head = f"m{seed}-{self.life.profile.account + 1:05d}-"
        return [f"{head}{n}" if n >= 0 else f"{head}x{-n}" for n in self.usage.serial.tolist()]

    def account_keys(self) -> list[str | None]:
        """The account each event names; some of a shared contact's events name the account before."""
        profile = self.life.profile
        keys: list[str | None] = [profile.key if named else None for named in self.names_account.tolist()]
        if profile.shares_contact:
            other = account_key(profile.account - 1)
            for n in np.flatnonzero((self.usage.user == 1) & (self.usage.serial % 3 == 0)):
                keys[int(n)] = other
        return keys


def sent(life: AccountLife, ways: Arrivals, begin: int, end: int, arrived_by: int, arrived_from: int = 0) -> Sent:
    """Events that happened in begin <= at < end and came in arrived_from < arrival <= arrived_by, second copies included."""
    usage = life.usage
    happened = (usage.at >= begin) & (usage.at < end) & ~ways.is_lost
    first = np.flatnonzero(happened & (ways.at > arrived_from) & (ways.at <= arrived_by))
    second = np.flatnonzero(happened & (ways.again > arrived_from) & (ways.again <= arrived_by))
    rows = np.concatenate((first, second))
    return Sent(
        life,
        usage.where(rows),
        np.concatenate((ways.at[first], ways.again[second])),
        np.repeat([False, True], [len(first), len(second)]),
        ways.is_anonymous[rows],
        ways.names_account[rows],
    )


def event_table(spec: CompanySpec, parts: list[Sent]) -> pa.Table:
    """Many accounts' events as a table in the order of arrival; columns as in customers.kinds.FIELDS of events."""
    arrived = np.concatenate([part.arrived for part in parts])
    names = np.concatenate([part.usage.name for part in parts])
    kinds = np.concatenate([part.usage.properties for part in parts])
    at = np.concatenate([part.usage.at for part in parts])
    users = [part.life.people.users[n].key for part in parts for n in part.usage.user.tolist()]
    columns = [
        pa.array(EVENT_NAMES).take(pa.array(names)),
        pa.array(at, pa.timestamp("us", "UTC")),
        pa.array([key for part in parts for key in part.account_keys()], pa.string()),
        pa.array(users, pa.string()),
        pa.array([key for part in parts for key in part.message_ids(spec.seed)], pa.string()),
        pa.array(PROPERTIES).take(pa.array(kinds)),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA).take(pa.array(np.argsort(arrived, kind="stable")))


def stamp(micros: int) -> str:
    """A moment as the protocol writes it.

    >>> stamp(0)
    '1970-01-01T00:00:00.000Z'
    """
    return moment_of(micros).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def track(
    message_id: str, person: Person | str, account: str | None, event: str, micros: int, properties: str
) -> bytes:
    """A track call. person: a user, or an anonymousId as text."""
    context = {"groupId": account} if account else {}
    return _encode({
        "type": "track", "messageId": message_id, **_who(person), "event": event, "timestamp": stamp(micros),
        "properties": msgspec.Raw(properties.encode()), "context": context,
    })  # fmt: skip


def identify(message_id: str, person: Person, anonymous: str | None, account: str, micros: int) -> bytes:
    """An identify call, with the anonymousId that the user had until now where there is one."""
    body: dict[str, object] = {
        "type": "identify",
        "messageId": message_id,
        "userId": person.key,
        "timestamp": stamp(micros),
    }
    if anonymous is not None:
        body["anonymousId"] = anonymous
    body["traits"] = {"email": person.email, "name": person.name, "title": person.title}
    return _encode({**body, "context": {"groupId": account}})


def group(message_id: str, person: Person, life: AccountLife, micros: int) -> bytes:
    """A group call that names a user's account and its traits."""
    profile = life.profile
    traits = {"name": profile.name, "plan": profile.plan.name, "size": profile.size.value, "industry": profile.industry}
    return _encode({
        "type": "group", "messageId": message_id, "userId": person.key, "groupId": profile.key, "timestamp": stamp(micros),
        "traits": traits,
    })  # fmt: skip


def page(message_id: str, person: Person | str, number: int, micros: int) -> bytes:
    """A page call."""
    name, path = PAGES[number % len(PAGES)]
    properties = {"path": path, "url": f"https://app.ridgeline.example.com{path}", "title": name}
    return _encode({
        "type": "page", "messageId": message_id, **_who(person), "name": name, "timestamp": stamp(micros), "properties": properties,
    })  # fmt: skip


def _who(person: Person | str) -> dict[str, str]:
    return {"anonymousId": person} if isinstance(person, str) else {"userId": person.key}


def segment_messages(seed: int, part: Sent, known: set[int] | None = None) -> list[tuple[int, bytes]]:
    """Calls of the protocol with their arrival (microseconds UTC), unsorted.

    A user's first event is preceded by identify and group; an anonymous session begins with the anonymousId, and
    an identify with both ids follows. seed: part of the messages' names. known: users who were identified before; those of this part are added.
    """
    life, found, known = part.life, list[tuple[int, bytes]](), set() if known is None else known
    ids, keys, users = part.message_ids(seed), part.account_keys(), life.people.users
    order = np.argsort(part.arrived, kind="stable").tolist()
    at, names, kinds = part.usage.at.tolist(), part.usage.name.tolist(), part.usage.properties.tolist()
    for n in order:
        number, arrived = int(part.usage.user[n]), int(part.arrived[n])
        person, key = users[number], ids[n]
        anonymous = f"anon-{key}" if part.is_anonymous[n] and not part.is_second[n] else None
        if number not in known:
            known.add(number)
            found.append((arrived - 2, identify(f"{key}-id", person, None, life.profile.key, at[n])))
            found.append((arrived - 1, group(f"{key}-gr", person, life, at[n])))
        found.append(
            (arrived, track(key, anonymous or person, keys[n], EVENT_NAMES[names[n]], at[n], PROPERTIES[kinds[n]]))
        )
        if anonymous:
            found.append((arrived + 1, identify(f"{key}-as", person, anonymous, life.profile.key, at[n] + 1000)))
        if names[n] == 0:
            found.append((arrived + 2, page(f"{key}-pg", person, number, at[n] + 2000)))
    return found


def pack(messages: Iterable[bytes], sent_at: int | None = None) -> Iterator[bytes]:
    """Bodies for /v1/batch or /v1/import, each within the protocol's limits. sent_at: the sender's clock, live only."""
    tail = b"]}" if sent_at is None else b'],"sentAt":"' + stamp(sent_at).encode() + b'"}'
    held: list[bytes] = []
    size = 0
    for message in messages:
        if held and (size + len(message) > BODY_BYTES or len(held) >= BODY_MESSAGES):
            yield b'{"batch":[' + b",".join(held) + tail
            held, size = [], 0
        held.append(message)
        size += len(message) + 1
    if held:
        yield b'{"batch":[' + b",".join(held) + tail
