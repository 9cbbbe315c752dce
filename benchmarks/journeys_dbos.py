"""The benchmark's journey on DBOS Transact, for comparison; run by benchmarks/journeys.py in an environment of its own.

    python journeys_dbos.py DSN RUNS

Enter, branch, ask for a message (a row in an outbox, in a transaction), wait (a queue lets sleeping workflows wait
together), exit. Prints transitions a second; a workflow is five.
"""

from __future__ import annotations

import sys
import time

from dbos import DBOS, DBOSConfig, Queue  # type: ignore[import-not-found]

dsn, runs = sys.argv[1], int(sys.argv[2])
config: DBOSConfig = {"name": "journeys", "system_database_url": dsn, "run_admin_server": False, "log_level": "ERROR"}
DBOS(config=config)
queue = Queue("journeys")
asked: list[int] = []


@DBOS.step()
def branch(account: int) -> bool:
    return account >= 0


@DBOS.step()
def ask(account: int) -> int:
    asked.append(account)
    return account


@DBOS.workflow()
def journey(account: int) -> str:
    if branch(account):
        ask(account)
    DBOS.sleep(0.001)
    return "done"


DBOS.launch()
queue.enqueue(journey, -1).get_result()
began = time.perf_counter()
handles = [queue.enqueue(journey, account) for account in range(runs)]
for handle in handles:
    handle.get_result()
print(5 * runs / (time.perf_counter() - began))
DBOS.destroy()
