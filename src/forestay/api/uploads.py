"""Takes an uploaded file into the data folder, as it comes, with a bound on its size.

Gives: Upload, receive()
A file may be the raw body (name in `X-File-Name` or `?name=`) or the part `file` of a multipart form, whose
other parts are settings. Nothing is kept in memory beyond one piece.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from forestay.api.problems import TooLarge
from forestay.events.log import LogFull
from forestay.kit.errors import Invalid

LARGEST_BYTES = 4_000_000_000
LARGEST_FIELD_BYTES = 1_000_000
_MOST_PARTS = 20
_PIECE_BYTES = 1_048_576
_KNOWN = {
    ".csv": ".csv",
    ".tsv": ".csv",
    ".txt": ".csv",
    ".parquet": ".parquet",
    ".jsonl": ".jsonl",
    ".ndjson": ".jsonl",
}


@dataclass(slots=True)
class Upload:
    """A file that arrived. name: as the sender called it; sha256: of its bytes, in hex; fields: the form's other parts."""

    path: Path
    name: str
    size: int
    sha256: str
    fields: dict[str, str] = field(default_factory=dict)

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


async def receive(request: Request, folder: Path, name: str | None = None, limit: int = LARGEST_BYTES) -> Upload:
    """Write the request's file into the folder. Raises TooLarge, Invalid, LogFull for a full disk.

    What was written is removed again when anything goes wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{secrets.token_hex(16)}.part"
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        with part.open("wb") as file:
            sink = _Sink(file, limit)
            if kind == b"multipart/form-data":
                form = _Form(sink)
                await form.read(request, options.get(b"boundary", b""))
                upload = sink.upload(part, form.name or name or "", form.fields)
            else:
                await _copy(request.stream(), sink)
                upload = sink.upload(part, name or request.headers.get("x-file-name", ""), {})
        return _settled(upload)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LogFull(str(folder)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _settled(upload: Upload) -> Upload:
    if upload.size == 0:
        raise Invalid("the file is empty; send it as the body or as the form's part 'file'", place="body")
    suffix = _KNOWN.get(Path(upload.name).suffix.lower())
    if suffix is None:
        allowed = ", ".join(sorted(_KNOWN))
        raise Invalid(f"give the file's name with its ending ({allowed}) in ?name= or X-File-Name", place="name")
    final = upload.path.with_suffix(suffix)
    os.replace(upload.path, final)
    upload.path, upload.name = final, re.sub(r"[\x00-\x1f/\\]", "_", upload.name)[-200:]
    return upload


class _Sink:
    """Writes, counts and hashes."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit, self._size, self._hash = file, limit, 0, hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Raises TooLarge."""
        self._size += len(piece)
        if self._size > self._limit:
            raise TooLarge(self._limit)
        self._file.write(piece)
        self._hash.update(piece)

    def upload(self, path: Path, name: str, fields: dict[str, str]) -> Upload:
        return Upload(path, name, self._size, self._hash.hexdigest(), fields)


async def _copy(pieces: AsyncIterator[bytes], sink: _Sink) -> None:
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= _PIECE_BYTES:
            await run_in_threadpool(sink.write, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(sink.write, bytes(waiting))


class _Form:
    """A multipart form whose part 'file' is written as it comes."""

    def __init__(self, sink: _Sink) -> None:
        self.sink = sink
        self.name, self.fields = "", dict[str, str]()
        self._header, self._value = b"", b""
        self._part, self._text, self._parts = "", bytearray(), 0

    async def read(self, request: Request, boundary: bytes) -> None:
        """Take the whole form."""
        if not boundary:
            raise Invalid("the multipart form has no boundary", place="Content-Type")
        parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
            },
        )
        async for piece in request.stream():
            await run_in_threadpool(parser.write, piece)
        parser.finalize()

    def _on_part_begin(self) -> None:
        self._part, self._text = "", bytearray()
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Invalid(f"a form has at most {_MOST_PARTS} parts", place="body")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._part = options.get(b"name", b"").decode("utf-8", "replace")
            if self._part == "file":
                self.name = options.get(b"filename", b"").decode("utf-8", "replace")
        self._header, self._value = b"", b""

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == "file":
            self.sink.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > LARGEST_FIELD_BYTES:
            raise TooLarge(LARGEST_FIELD_BYTES)

    def _on_part_end(self) -> None:
        if self._part and self._part != "file":
            self.fields[self._part] = self._text.decode("utf-8", "replace")
