"""A body that is not faultless: what can be set right is, what cannot is taken out with its reason.

Gives : mend(), Examined, Malformed

Set right, because real clients send it: a missing messageId, a time in another ISO 8601 spelling (no zone means UTC),
the context of the whole batch, traits of an identify call that stand in its context (RudderStack), NaN and Infinity (Python's json writes them; they become null), half of an emoji
(JavaScript's text.slice leaves it; it becomes U+FFFD), a byte order mark. Everything else is the sender's to mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from forestay.events.wire import Rejected
from forestay.kit.errors import Invalid
from forestay.sources.segment_rules import ITEM_LIMIT_BYTES, Item, Problem, check

_KEPT_APART = 100
"""Bad items of one body that are kept one by one; the rest stays together, so that a body cannot flood the log."""
_TIMES = ("timestamp", "originalTimestamp", "sentAt")
_BOM = b"\xef\xbb\xbf"
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)", re.DOTALL)
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]..", re.DOTALL)
_NUL = rb"\u0000"


class _LooseBatch(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815
    context: dict[str, msgspec.Raw] | None = None


_items = msgspec.json.Decoder(Item)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_loose = msgspec.json.Decoder(_LooseBatch)
_moment = msgspec.json.Decoder(str | None)
_encode = msgspec.json.Encoder().encode


class Malformed(Invalid):
    """No item of the body can be read: mend the sender. It is kept in the quarantine as it came."""

    code = "malformed"
    http_status = 400


@dataclass(frozen=True, slots=True)
class Examined:
    """body: what goes into the log, empty when no item was right; accepted: the items in it."""

    body: bytes
    accepted: int
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What items get where they do not say it themselves. type: of a single call's route, None in a batch."""

    type: str | None
    group: msgspec.Raw | None
    new_id: Callable[[int], str]


def mend(body: bytes, single: str | None, source: str, new_id: Callable[[int], str]) -> Examined:
    """Examine item by item. single: the type of a single call, None for a batch; source: the route, for the quarantine.

    Raises Malformed when there are no items to look at.
    """
    loose = _LooseBatch([msgspec.Raw(_object(body))]) if single else _loose_batch(body)
    group = None if loose.context is None else loose.context.get("groupId")
    defaults = _Defaults(single, group, new_id)
    good: list[bytes] = []
    rejected: list[Rejected] = []
    for place, raw in enumerate(loose.batch):
        outcome = _mended(raw, place, defaults)
        if isinstance(outcome, Problem):
            rejected.append(Rejected(outcome.code, outcome.reason, source, bytes(raw).decode()))
        else:
            good.append(outcome)
    return Examined(_body_of(good, loose.sentAt) if good else b"", len(good), _bounded(rejected))


def has_nul(item: bytes) -> bool:
    """Whether a text in this JSON holds U+0000, which PostgreSQL cannot."""
    return b"\\" in item and _NUL in item and any(match.group() == _NUL for match in _ESCAPE.finditer(item))


def _mended(raw: msgspec.Raw, place: int, defaults: _Defaults) -> bytes | Problem:
    """The item as it goes into the log, or why it cannot."""
    content = bytes(raw)
    if len(content) > ITEM_LIMIT_BYTES:
        return Problem("item_too_large", f"an item may have {ITEM_LIMIT_BYTES} bytes, this one has {len(content)}")
    if has_nul(content):
        return Problem("nul_in_text", "a text holds the character U+0000, which cannot be stored")
    try:
        fields = _fields.decode(content)
    except msgspec.ValidationError:
        return Problem("not_an_object", "an item must be a JSON object")
    changes = _changes(fields, place, defaults)
    if isinstance(changes, Problem):
        return changes
    mended = _encode(fields | changes) if changes else content
    try:
        item = _items.decode(mended)
    except msgspec.ValidationError as error:
        return Problem("invalid_field", str(error))
    return check(item) or mended


def _changes(fields: dict[str, msgspec.Raw], place: int, defaults: _Defaults) -> dict[str, msgspec.Raw] | Problem:
    """The fields that must be added or written otherwise."""
    changes: dict[str, msgspec.Raw] = {}
    if bytes(fields.get("messageId", b"")) in (b"", b"null", b'""'):
        changes["messageId"] = msgspec.Raw(_encode(defaults.new_id(place)))
    if defaults.type:
        changes["type"] = msgspec.Raw(_encode(defaults.type))
    if defaults.group is not None:
        changes["context"] = _with_group(fields.get("context"), defaults.group)
    if bytes(changes.get("type", fields.get("type", b""))) == b'"identify"' and _is_empty(fields.get("traits")):
        changes |= _traits_in(fields.get("context"))
    for name in _TIMES:
        if name in fields:
            written = _as_rfc3339(bytes(fields[name]))
            if written is None:
                return Problem(
                    "time_unreadable", f"{name} is no moment in ISO 8601: {bytes(fields[name])[:60].decode()}"
                )
            changes[name] = msgspec.Raw(written)
    return {name: value for name, value in changes.items() if bytes(fields.get(name, b"")) != bytes(value)}


def _traits_in(context: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    """The traits of an identify call that has them in its context, as RudderStack's libraries send them."""
    if _is_empty(context):
        return {}
    try:
        inside = _fields.decode(bytes(context or b""))
    except msgspec.ValidationError:
        return {}
    return {} if _is_empty(inside.get("traits")) else {"traits": inside["traits"]}


def _is_empty(raw: msgspec.Raw | None) -> bool:
    return raw is None or bytes(raw) == b"null"


def _with_group(context: msgspec.Raw | None, group: msgspec.Raw) -> msgspec.Raw:
    """The item's context with the batch's groupId where it has none of its own; a context that is none stays."""
    if context is None or _is_empty(context):
        return msgspec.Raw(_encode({"groupId": group}))
    try:
        return msgspec.Raw(_encode({"groupId": group} | _fields.decode(bytes(context))))
    except msgspec.ValidationError:
        return context


def _as_rfc3339(written: bytes) -> bytes | None:
    """The moment as it is when msgspec reads it, else rewritten; None when it is no moment. null stays null."""
    try:
        text = _moment.decode(written)
        moment = None if not text else datetime.fromisoformat(text)
    except (msgspec.ValidationError, ValueError):
        return None
    if moment is None:
        return b"null"
    try:
        msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        pass
    else:
        if moment.tzinfo is not None:
            return written
    return _encode(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _object(body: bytes) -> bytes:
    """The body of a single call; what is wrong inside the object is found with the item."""
    try:
        _fields.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed("the body must be a JSON object") from error
    except msgspec.DecodeError as error:
        return _rescued(body, error)
    return body


def _loose_batch(body: bytes) -> _LooseBatch:
    """The items of a batch, unread."""
    try:
        try:
            loose = _loose.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError as error:
            loose = _loose.decode(_rescued(body, error))
    except msgspec.ValidationError as error:
        raise Malformed(f'the body must be {{"batch": [...]}}: {error}') from error
    sent_at = _as_rfc3339(bytes(loose.sentAt)) if loose.sentAt else b"null"
    if sent_at is None:
        raise Malformed(f"sentAt is no moment in ISO 8601: {bytes(loose.sentAt)[:60].decode()}", place="sentAt")
    loose.sentAt = msgspec.Raw(sent_at)
    return loose


def _rescued(body: bytes, why: msgspec.DecodeError) -> bytes:
    """Strict JSON out of what Python's and JavaScript's writers let through. Raises Malformed when it is no JSON at all."""
    try:
        loaded = json.loads(_ESCAPE.sub(_whole_escape, body.removeprefix(_BOM)))
        return _encode(loaded)
    except (ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise Malformed(f"the body is no JSON: {why}") from error


def _whole_escape(match: re.Match[bytes]) -> bytes:
    escape = match.group()
    return rb"\ufffd" if len(escape) == len(rb"\ud800") and _HALF_PAIR.match(escape) else escape


def _body_of(items: list[bytes], sent_at: msgspec.Raw) -> bytes:
    tail = b',"sentAt":' + bytes(sent_at) if sent_at else b""
    return b'{"batch":[' + b",".join(items) + b"]" + tail + b"}"


def _bounded(rejected: list[Rejected]) -> list[Rejected]:
    """At most about a hundred: what is above stays together as one batch."""
    apart, rest = rejected[:_KEPT_APART], rejected[_KEPT_APART:]
    if not rest:
        return apart
    together = '{"batch":[' + ",".join(one.item for one in rest) + "]}"
    reason = f"{len(rest)} more bad items of one body; the first: {rest[0].reason}"
    return [*apart, Rejected("many_bad_items", reason, "/v1/import", together)]
