"""Which foreign column is which of our fields: guessed, shown, overridden, saved.

Gives: ImportMapping, guess_mapping(), header_hash(), load_mapping(), save_mapping()
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from forestay.customers.kinds import FIELDS, KEY, ImportKind
from forestay.kit.errors import Invalid
from forestay.store.tables.ingest import import_mappings

NATURAL_KEYS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CONTACTS: ("email",),
    ImportKind.SUBSCRIPTIONS: ("account_id", "product", "plan", "started_on"),
    ImportKind.INVOICES: ("account_id", "issued_on", "amount"),
    ImportKind.TICKETS: ("account_id", "opened_at", "subject"),
    ImportKind.INTERACTIONS: ("account_id", "channel", "at", "subject"),
    ImportKind.SURVEYS: ("account_id", "contact_id", "survey", "at"),
}
"""What stands in for a kind's key where the export has none; accounts have no substitute."""


class ImportMapping(BaseModel):
    """How a file's columns become fields."""

    model_config = ConfigDict(extra="forbid")

    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Field of ours -> column of the file, or several joined: 'account_id+user_id'.",
    )
    constants: dict[str, str] = Field(default_factory=dict, description="Field of ours -> the same text for every row.")
    lookups: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Column of the file -> its value -> the value to take instead."
    )

    only: dict[str, str] = Field(default_factory=dict, description="Column -> take only rows with this value.")
    without: dict[str, str] = Field(default_factory=dict, description="Column -> leave out rows with this value.")

    def over(self, guess: ImportMapping) -> ImportMapping:
        """This mapping's choices before those of the guess; a column given as '' is left out."""
        columns = {**guess.columns, **self.columns}
        columns = {name: column for name, column in columns.items() if column and name not in self.constants}
        constants = {**guess.constants, **self.constants}
        return self.model_copy(update={"columns": columns, "constants": constants})

    def parts_of(self, name: str) -> list[str]:
        """The file's columns that make a field; ids that count anew in every account are joined with the account's."""
        return self.columns[name].split("+")

    @property
    def used(self) -> set[str]:
        """Every column of the file that a field takes."""
        return {part for name in self.columns for part in self.parts_of(name)}

    def check(self, kind: ImportKind, header: Sequence[str]) -> None:
        """Raise Invalid with what to do when a field, a column or a required field is wrong."""
        known = {field.name for field in FIELDS[kind]}
        for name in (*self.columns, *self.constants):
            if name not in known:
                raise Invalid(f"'{name}' is no field of {kind}; fields are {', '.join(sorted(known))}", place=name)
        named = [(name, part) for name in self.columns for part in self.parts_of(name)]
        named += [("filter", column) for column in (*self.only, *self.without)]
        for name, column in named:
            if column not in header:
                raise Invalid(f"the file has no column '{column}'; it has {', '.join(header)}", place=name)
        given = {*self.columns, *self.constants}
        missing = [field.name for field in FIELDS[kind] if field.required and field.name not in given]
        missing = [name for name in missing if name != KEY[kind] or not has_natural_key(kind, given)]
        if missing:
            raise Invalid(
                f"no column was found for {', '.join(missing)}: name it with --map FIELD=COLUMN", place=missing[0]
            )


def has_natural_key(kind: ImportKind, fields: set[str]) -> bool:
    """Whether the fields at hand can name a row without its key."""
    natural = NATURAL_KEYS.get(kind, ())
    required = {field.name for field in FIELDS[kind] if field.required}
    return bool(natural) and all(name in fields for name in natural if name in required or len(natural) == 1)


def guess_mapping(kind: ImportKind, header: Sequence[str]) -> ImportMapping:
    """Match columns by our names first, then by other makers' words, each column once, in field order.

    >>> guess_mapping(ImportKind.ACCOUNTS, ["Account ID", "Company Name", "CSM"]).columns
    {'account_id': 'Account ID', 'name': 'Company Name', 'owner_email': 'CSM'}
    """
    plain = {_plain(column): column for column in reversed(header)}
    taken: dict[str, str] = {}
    for rank in (0, 1):
        for field in FIELDS[kind]:
            words = [_plain(field.name)] if rank == 0 else list(field.synonyms)
            column = next((plain[word] for word in words if word in plain), None)
            if column and field.name not in taken and column not in taken.values():
                taken[field.name] = column
    return ImportMapping(columns=taken)


def header_hash(header: Sequence[str]) -> str:
    """Names the shape of a file, so that a mapping made once serves the next export of the same report."""
    return hashlib.sha256("\x1f".join(header).encode()).hexdigest()[:32]


def load_mapping(
    connection: Connection, workspace_id: int, kind: ImportKind, header: Sequence[str]
) -> ImportMapping | None:
    """The mapping that was saved for this shape of file, if any."""
    row = connection.execute(
        select(import_mappings.c.mapping).where(
            import_mappings.c.workspace_id == workspace_id,
            import_mappings.c.kind == kind.value,
            import_mappings.c.header_hash == header_hash(header),
        )
    ).scalar_one_or_none()
    return None if row is None else ImportMapping.model_validate(row)


def save_mapping(
    connection: Connection, workspace_id: int, kind: ImportKind, header: Sequence[str], mapping: ImportMapping
) -> None:
    """Keep the mapping for the next file with the same header; the lookups' values are not kept."""
    body = {"columns": mapping.columns, "constants": mapping.constants}
    row = {"workspace_id": workspace_id, "kind": kind.value, "header_hash": header_hash(header), "mapping": body}
    statement = insert(import_mappings).values(row)
    connection.execute(statement.on_conflict_do_update(constraint="pk_import_mappings", set_={"mapping": body}))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
