"""The configuration that has no versions: workspace, members, features and calendars, one file each.

Gives: PLAIN_FILES, place in the folder -> PlainFile
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forestay.app.client import ApiClient
from forestay.kit.errors import Invalid

_WORKSPACE = ("name", "zone", "currency")
_MEMBER = ("email", "name", "role", "zone", "calendar_key", "tasks_per_day")
_FEATURE = ("key", "name", "events", "is_sticky", "is_premium", "module", "deployed_on", "position")


@dataclass(frozen=True, slots=True)
class PlainFile:
    """How one file is read from and written to a running Forestay. key: what names an entry of a list."""

    read: Callable[[ApiClient], Any]
    write: Callable[[ApiClient, Any], None]
    key: str | None = None

    def is_covered(self, present: Any, wanted: Any) -> bool:
        """Whether everything that the file says is so already; what it leaves out does not matter."""
        if self.key is None:
            return _covers(present, wanted)
        by_key = {entry[self.key]: entry for entry in present}
        return all(_covers(by_key.get(entry.get(self.key)), entry) for entry in wanted)


def _covers(present: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return present is not None and all(
        name in present and _same(present[name], value) for name, value in wanted.items()
    )


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or str(one) == str(other))


def _read_workspace(client: ApiClient) -> dict[str, Any]:
    whole = client.get("/api/workspace")
    return {name: whole[name] for name in _WORKSPACE}


def _write_workspace(client: ApiClient, wanted: Mapping[str, Any]) -> None:
    client.call("PATCH", "/api/workspace", json=dict(wanted))


def _read_members(client: ApiClient) -> list[dict[str, Any]]:
    return [{name: member[name] for name in _MEMBER} for member in client.items("/api/members", limit=200)]


def _write_members(client: ApiClient, wanted: list[Mapping[str, Any]]) -> None:
    """Add who is missing, change who differs; nobody is removed by a file."""
    numbers = {member["email"].lower(): member["id"] for member in client.items("/api/members", limit=200)}
    for member in wanted:
        number = numbers.get(str(member.get("email", "")).lower())
        if number is None:
            client.post("/api/members", dict(member))
        else:
            change = {name: value for name, value in member.items() if name != "email"}
            client.call("PATCH", f"/api/members/{number}", json=change)


def _read_features(client: ApiClient) -> list[dict[str, Any]]:
    return [{name: feature[name] for name in _FEATURE} for feature in client.items("/api/features")]


def _write_features(client: ApiClient, wanted: list[Mapping[str, Any]]) -> None:
    for position, feature in enumerate(wanted):
        if "key" not in feature:
            raise Invalid("every feature needs a key", place=f"features.yaml[{position}]")
        body = {"position": position, **{name: _plain(value) for name, value in feature.items() if name != "key"}}
        client.call("PUT", f"/api/features/{feature['key']}", json=body)


def _plain(value: Any) -> Any:
    """YAML reads 2026-01-31 as a date; the API wants its text."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read_calendars(client: ApiClient) -> list[dict[str, Any]]:
    return [{"key": calendar["key"], **calendar["body"]} for calendar in client.items("/api/calendars")]


def _write_calendars(client: ApiClient, wanted: list[Mapping[str, Any]]) -> None:
    for calendar in wanted:
        body = {name: value for name, value in calendar.items() if name != "key"}
        client.call("PUT", f"/api/calendars/{calendar['key']}", json=body)


PLAIN_FILES: Mapping[str, PlainFile] = {
    "workspace.yaml": PlainFile(_read_workspace, _write_workspace),
    "calendars.yaml": PlainFile(_read_calendars, _write_calendars, "key"),
    "members.yaml": PlainFile(_read_members, _write_members, "email"),
    "features.yaml": PlainFile(_read_features, _write_features, "key"),
}
"""In the order in which one may name another."""
