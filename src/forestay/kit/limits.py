"""Bounds on what strangers send: how long a body may be, also once it is unpacked, and how much may come a second.

Gives : gathered(), Gunzip, TooMuch, NotGzip, TokenBucket
Reads : chunks of bytes, from wherever they come
"""

from __future__ import annotations

import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from forestay.kit.errors import ForestayError

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class TooMuch(ForestayError):
    """The body is longer than this route takes, perhaps only once unpacked: send it in smaller parts."""

    code = "too_large"
    http_status = 413

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(
            f"the body has more than {limit_bytes} bytes, counted after decompression; send smaller batches"
        )


class NotGzip(ForestayError):
    """The header promises a compressed body and the bytes are none, or break off: send it again, whole."""

    code = "not_gzip"
    http_status = 400

    def __init__(self) -> None:
        super().__init__("the body says it is gzip and is not, or it breaks off")


class Gunzip:
    """Unpacks chunk by chunk and stops at the limit: a bomb costs no more memory than the limit and one chunk."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._length = limit_bytes, 0
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)

    def feed(self, chunk: bytes) -> bytes:
        """What this chunk unpacks to. Raises TooMuch or NotGzip."""
        parts = []
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
            try:
                # One byte more than is left tells a body that just fits from one that does not.
                part = self._member.decompress(chunk, self._limit - self._length + 1)
            except zlib.error as error:
                raise NotGzip from error
            self._length += len(part)
            if self._length > self._limit:
                raise TooMuch(self._limit)
            parts.append(part)
            chunk = self._member.unconsumed_tail or self._member.unused_data
        return b"".join(parts)

    def finish(self) -> None:
        """Say that no chunk follows. Raises NotGzip when the body breaks off."""
        if not self._member.eof:
            raise NotGzip


async def gathered(chunks: AsyncIterator[bytes], limit_bytes: int, *, is_gzip: bool = False) -> bytes:
    """The whole body, unpacked when it is gzip (or zlib). Raises TooMuch as soon as it is too long, NotGzip."""
    gunzip = Gunzip(limit_bytes) if is_gzip else None
    parts, length = [], 0
    async for chunk in chunks:
        part = chunk if gunzip is None else gunzip.feed(chunk)
        length += len(part)
        if length > limit_bytes:
            raise TooMuch(limit_bytes)
        parts.append(part)
    if gunzip is not None:
        gunzip.finish()
    return parts[0] if len(parts) == 1 else b"".join(parts)


@dataclass(slots=True)
class TokenBucket:
    """So much a second, and at most one second's worth saved up. Not for several threads at once."""

    per_second: float
    seconds: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._at = self.per_second, self.seconds()

    def take(self, amount: float) -> float:
        """Take this many tokens and give 0; or take none and give the seconds after which it would work.

        What is larger than a second's worth passes when the bucket is full, and is paid off afterwards.
        """
        now = self.seconds()
        self._tokens = min(self.per_second, self._tokens + max(0.0, now - self._at) * self.per_second)
        self._at = now
        missing = min(amount, self.per_second) - self._tokens
        if missing > 0:
            return missing / self.per_second
        self._tokens -= amount
        return 0.0
