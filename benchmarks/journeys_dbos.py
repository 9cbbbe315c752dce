"""The benchmark's journey on DBOS Transact, for comparison; run by benchmarks/journeys.py in an environment of its own.

    python journeys_dbos.py DSN RUNS

A workflow enters (started durably), branches (a step), asks for a message (a row of an outbox, in a transaction step on
the same server), waits (a durable sleep of a millisecond; the other side waits for a clock that is moved) and exits: the
five transitions that are counted on the other side. Prints transitions a second, the best of started at once and queued.
"""

from __future__ import annotations

import sys
import time

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SQLAlchemyDatasource  # type: ignore[import-not-found]

_, dsn, runs = sys.argv[0], sys.argv[1].replace("postgresql://", "postgresql+psycopg://"), int(sys.argv[2])
config: DBOSConfig = {"name": "journeys", "system_database_url": dsn, "log_level": "ERROR", "sys_db_pool_size": 20}
DBOS(config=config)
with sa.create_engine(dsn).begin() as connection:
    connection.execute(sa.text("CREATE TABLE dbos_outbox (id bigserial PRIMARY KEY, account bigint, body jsonb)"))
source = SQLAlchemyDatasource.create(dsn)


@DBOS.step()
def branch(account: int) -> bool:
    return account >= 0


@source.transaction(isolation_level="READ COMMITTED")
def ask(account: int) -> None:
    insert = sa.text('INSERT INTO dbos_outbox (account, body) VALUES (:account, \'{"template": "low-usage"}\')')
    source.sql_session().execute(insert, {"account": account})


@DBOS.workflow()
def journey(account: int) -> str:
    if branch(account):
        ask(account)
    DBOS.sleep(0.001)
    return "done"


DBOS.launch()
DBOS.register_queue("journeys", polling_interval_sec=0.01)
DBOS.start_workflow(journey, 1).get_result()


def started() -> None:
    handles = [DBOS.start_workflow(journey, account) for account in range(runs)]
    for handle in handles:
        handle.get_result()


def queued() -> None:
    handles = [DBOS.enqueue_workflow("journeys", journey, account) for account in range(runs)]
    for handle in handles:
        handle.get_result()


speeds = []
for way in (started, queued):
    began = time.perf_counter()
    way()
    speeds.append(5 * runs / (time.perf_counter() - began))
DBOS.destroy()
print(max(speeds))
