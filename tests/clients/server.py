"""Collection over the file log on uvicorn, as the product runs it: python -m tests.clients.server FOLDER PORT RATE."""

import asyncio
import sys
from pathlib import Path

import uvicorn
import uvloop

from forestay.api.collection import collection_app
from forestay.events.drivers.file import FileLog
from tests.api.keyring import KeyRing


async def serve(log: FileLog, port: int, rate: int) -> None:
    app = collection_app(log, KeyRing(), events_per_second=rate)
    server = uvicorn.Server(uvicorn.Config(app, port=port, http="httptools", lifespan="off", log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print("ready", server.servers[0].sockets[0].getsockname()[1], flush=True)
    await running


if __name__ == "__main__":
    log = FileLog(Path(sys.argv[1]))
    uvloop.run(serve(log, int(sys.argv[2]), int(sys.argv[3])))
    log.close()
