"""A process that appends until it is killed, and says each acknowledged position and body on its standard output."""

import asyncio
import os
import sys
from pathlib import Path

from forestay.events.log import Codec, EventLog
from tests.events.drivers import DRIVERS


async def write(log: EventLog, writer: int) -> None:
    number = 0
    while True:
        body = f"{writer}:{number}:".encode() + os.urandom(8).hex().encode() * (1 + number % 40)
        position = await log.append(writer, Codec.SEGMENT, body)
        sys.stdout.write(f"{position} {body.decode()}\n")
        sys.stdout.flush()
        number += 1


async def main() -> None:
    driver = next(one for one in DRIVERS if one.name == sys.argv[1])
    log = driver.writer(Path(sys.argv[2]))
    await asyncio.gather(*(write(log, writer) for writer in range(1, 9)))


asyncio.run(main())
