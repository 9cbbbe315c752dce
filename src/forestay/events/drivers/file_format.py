"""How one record lies in a segment file, and how to find one's way among damaged bytes.

Gives : Header, HEADER_BYTES, frame_of(), header_at(), is_intact(), acknowledged_after()

A record is a header of 48 bytes and the body. Little endian: magic and version u32, crc32 u32 (of the body,
then of the header behind it), length u32, codec u8, 3 empty, position u64, received_at i64 (microseconds),
workspace_id i64, group_first u64. `group_first` is the position of the first record of the same group commit:
whatever is before it had been synced when this record was written. That tells a torn tail (the last group,
never acknowledged) from damage in the middle.
"""

from __future__ import annotations

import zlib
from struct import Struct
from typing import NamedTuple

MAGIC = b"FSR\x01"
_HEADER = Struct("<4sIIB3xQqqQ")
HEADER_BYTES = _HEADER.size
_CRC_FROM = 8
"""The magic and the checksum itself are not part of what is summed."""


class Header(NamedTuple):
    """What stands before a body. length: bytes of the body; received_at: microseconds since the epoch, UTC."""

    magic: bytes
    crc: int
    length: int
    codec: int
    position: int
    received_at: int
    workspace_id: int
    group_first: int


def frame_of(
    body: bytes, body_crc: int, codec: int, position: int, received_at: int, workspace_id: int, group: int
) -> bytes:
    """The 48 bytes that go before a body; body_crc is crc32(body), taken where the body came in."""
    bare = _HEADER.pack(MAGIC, 0, len(body), codec, position, received_at, workspace_id, group)
    crc = zlib.crc32(bare[_CRC_FROM:], body_crc)
    return MAGIC + crc.to_bytes(4, "little") + bare[_CRC_FROM:]


def header_at(buffer: memoryview, offset: int) -> Header | None:
    """The header at this byte, or None when there are too few bytes or they are not ours. Nothing is verified yet."""
    if offset + HEADER_BYTES > len(buffer):
        return None
    header = Header._make(_HEADER.unpack_from(buffer, offset))
    return header if header.magic == MAGIC else None


def is_intact(buffer: memoryview, offset: int, header: Header) -> bool:
    """Whether the whole record is there and its checksum holds."""
    start = offset + HEADER_BYTES
    end = start + header.length
    if end > len(buffer):
        return False
    crc = zlib.crc32(buffer[offset + _CRC_FROM : start], zlib.crc32(buffer[start:end]))
    return crc == header.crc


def acknowledged_after(content: bytes, offset: int, position: int) -> bool:
    """Whether an intact record behind this byte proves that record `position` had once been synced."""
    buffer = memoryview(content)
    while (offset := content.find(MAGIC, offset)) >= 0:
        header = header_at(buffer, offset)
        if header is not None and header.group_first > position and is_intact(buffer, offset, header):
            return True
        offset += 1
    return False
