"""`forestay export | diff | apply`: the configuration as files, one a document, with the API's own validation.

Gives: export_to(), show_difference(), apply_from(), Change

Layout: `triggers/<key>.yaml`, `scorecards/...`, `segments/...`, `measures/...`, `templates/...`, `journeys/...`, `event-roles/default.yaml`,
`features.yaml`, `calendars.yaml`, `members.yaml`, `workspace.yaml`. A key with slashes is a path of folders. What the folder does not mention is left alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from forestay.app.client import ApiClient
from forestay.app.commands.plain_configuration import PLAIN_FILES
from forestay.conditions.in_words import spelled_out
from forestay.journeys.read import body_of_text, text_of_body
from forestay.kit.errors import Invalid

DOCUMENTS = ("measures", "event-roles", "segments", "scorecards", "templates", "triggers", "journeys")
"""In the order in which one may name another."""
AS_TEXT = ("journeys/",)
"""Their files are kept word for word, with comments and layout."""
WITH_CONDITIONS = ("segments", "scorecards", "triggers")
"""Their files may say a condition in words; Forestay keeps the document."""


class _Loader(yaml.SafeLoader):
    """Safe YAML whose dates stay texts: documents are JSON, which has no dates."""


_Loader.yaml_implicit_resolvers = {
    letter: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Change:
    """One document or plain file that differs. before: as it is in Forestay, None when it is not there yet."""

    place: str
    before: Any
    after: Any
    etag: str | None = None

    def lines(self) -> list[str]:
        """The difference in the unified form."""
        old, new = _lines(self.place, self.before), _lines(self.place, self.after)
        return list(difflib.unified_diff(old, new, f"now/{self.place}", f"file/{self.place}", lineterm=""))


def export_to(folder: Path, url: str, key: str | None) -> None:
    """Write every live document and plain file; says how many."""
    count = 0
    with ApiClient(url, key) as client:
        for place, body in _present(client):
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_as_file(place, body), encoding="utf-8")
            count += 1
    Console(highlight=False).print(f"{count} files written to {folder}")


def show_difference(folder: Path, url: str, key: str | None) -> bool:
    """Print what `apply` would change; whether there is anything."""
    console = Console(highlight=False, soft_wrap=True)
    with ApiClient(url, key) as client:
        changes = list(_changes(client, folder))
    for change in changes:
        for line in change.lines():
            console.print(line, style={"+": "green", "-": "red"}.get(line[:1]), markup=False)
    console.print(f"{len(changes)} to change" if changes else "nothing to change")
    return bool(changes)


def apply_from(folder: Path, url: str, key: str | None, *, publish: bool) -> None:
    """Bring the live configuration to what the files say; stops at the first refusal, which names its place."""
    console = Console(highlight=False)
    with ApiClient(url, key) as client:
        changes = list(_changes(client, folder))
        for change in changes:
            apply_change(client, change, publish=publish)
            console.print(f"{'published' if publish else 'drafted'}  {change.place}")
    console.print(f"{len(changes)} changed" if changes else "nothing to change")


def apply_change(client: ApiClient, change: Change, *, publish: bool = True) -> None:
    """Write one document as a draft and publish it, or write one plain file."""
    if change.place in PLAIN_FILES:
        PLAIN_FILES[change.place].write(client, change.after)
        return
    plural, _, name = change.place.partition("/")
    address = f"/api/{plural}/{name.removesuffix('.yaml')}"
    headers = {"If-Match": change.etag or "*"}  # "*": whatever stands there, such as a retired document
    client.call("PUT", f"{address}/draft", json=change.after, headers=headers)
    if publish:
        client.post(f"{address}/publish")


def _present(client: ApiClient) -> Iterator[tuple[str, Any]]:
    for plural in DOCUMENTS:
        for pair in client.items(f"/api/{plural}"):
            if pair["live"] is not None:
                yield f"{plural}/{pair['key']}.yaml", pair["live"]["body"]
    for place, plain in PLAIN_FILES.items():
        yield place, plain.read(client)


def _changes(client: ApiClient, folder: Path) -> Iterator[Change]:
    present = dict(_present(client))
    for place in _places(folder):
        wanted = _with_key(_in_full(place, _read(folder, place)), present.get(place))
        plain = PLAIN_FILES.get(place)
        if plain is not None:
            if not plain.is_covered(present[place], wanted):
                yield Change(place, present[place], wanted)
        elif present.get(place) != wanted:
            yield Change(place, present.get(place), wanted, _etag(client, place))


def _with_key(wanted: Any, present: Any) -> Any:
    """The server writes a document's key into it; a file may leave that out."""
    if isinstance(wanted, dict) and isinstance(present, dict) and "key" in present and "key" not in wanted:
        return {"key": present["key"], **wanted}
    return wanted


def _etag(client: ApiClient, place: str) -> str | None:
    """The tag of the newest state, draft or live; None for a document that is new."""
    plural, _, name = place.partition("/")
    pairs = {pair["key"]: pair for pair in client.items(f"/api/{plural}")}
    pair = pairs.get(name.removesuffix(".yaml"))
    newest = pair and (pair["draft"] or pair["live"])
    return f'"{newest["hash"]}"' if newest else None


def _places(folder: Path) -> Iterator[str]:
    """The folder's files in the order in which they must be applied."""
    for place in PLAIN_FILES:
        if (folder / place).exists():
            yield place
    for plural in DOCUMENTS:
        yield from sorted(path.relative_to(folder).as_posix() for path in (folder / plural).rglob("*.yaml"))


def _in_full(place: str, wanted: Any) -> Any:
    """The document that Forestay would keep of it."""
    return spelled_out(wanted) if place.startswith(WITH_CONDITIONS) and isinstance(wanted, dict) else wanted


def _read(folder: Path, place: str) -> Any:
    if not place.startswith(AS_TEXT):
        return _load(folder / place)
    return body_of_text((folder / place).read_text(encoding="utf-8"))


def _as_file(place: str, body: Any) -> str:
    return text_of_body(body) if place.startswith(AS_TEXT) else _dump(body)


def _load(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise Invalid(f"this is no YAML: {error}", place=path.name) from error


def _dump(body: Any) -> str:
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)


def _lines(place: str, body: Any) -> list[str]:
    if body is None:
        return []
    if place.startswith(AS_TEXT):
        return text_of_body(body).splitlines()
    ordered = dict(sorted(body.items())) if isinstance(body, Mapping) else body
    return _dump(ordered).splitlines()


def files_in(folder: Path) -> Iterator[tuple[str, Any]]:
    """The folder's files with their content, in the order in which they must be applied."""
    for place in _places(folder):
        yield place, _read(folder, place)
