"""What every kind of job works with: settings, store, progress and the way into the event log.

Gives: Workshop
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forestay.api.append import INTERNAL_PATH, SECRET_NAME, WORKSPACE_HEADER
from forestay.kit.errors import ForestayError
from forestay.kit.secret_files import secret_in
from forestay.kit.settings import Settings
from forestay.store import jobs
from forestay.store.database import Store
from forestay.store.jobs import Job
from forestay.store.shapes import Json

_RETRY_SECONDS, _GIVE_UP_SECONDS = 0.5, 300.0
_SAY_SECONDS = 0.5
_OK = 200
_PASSING = {429, 502, 503, 504}


class AppendRefused(ForestayError):
    """The server did not take an import's rows; the sentence is its own."""

    code = "append_refused"

    def __init__(self, status: int, answer: str) -> None:
        super().__init__(f"the server refused the rows ({status}): {answer[:300]}")


@dataclass(frozen=True, slots=True)
class Workshop:
    """store is of the worker's role."""

    settings: Settings
    store: Store

    def say(self, job: Job, done: float, total: float, what: str) -> None:
        """Tell how far it is."""
        with self.store.begin_worker() as connection:
            jobs.progress(connection, job, done, total, what)

    def teller(self, job: Job, total: float, what: str) -> Callable[[float], None]:
        """Tells how far it is whenever it is called, but not more often than a person can read; raises JobLost."""
        said = 0.0

        def tell(done: float) -> None:
            nonlocal said
            if time.monotonic() - said >= _SAY_SECONDS or done >= total:
                said = time.monotonic()
                self.say(job, done, total, what)

        return tell

    def remember(self, job: Job, saved: Mapping[str, Json]) -> None:
        """Save what the next attempt starts from."""
        with self.store.begin_worker() as connection:
            jobs.checkpoint(connection, job, saved)

    def append(self, workspace_id: int, body: bytes) -> int:
        """Put one Arrow body into the log through the server, its only writer; gives its position.

        Waits while the server restarts or its disk is full, for five minutes. Raises AppendRefused.
        """
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                status, answer = self._post(workspace_id, body)
            except OSError as error:
                status, answer = 503, str(error)
            if status == _OK:
                return int(answer)
            if status not in _PASSING or time.monotonic() > deadline:
                raise AppendRefused(status, answer)
            time.sleep(_RETRY_SECONDS)

    def _post(self, workspace_id: int, body: bytes) -> tuple[int, str]:
        host = "127.0.0.1" if self.settings.host in ("0.0.0.0", "::", "") else self.settings.host  # noqa: S104
        connection = http.client.HTTPConnection(host, self.settings.port, timeout=60)
        secret = secret_in(self.settings.data_dir, SECRET_NAME)
        headers = {"Authorization": f"Bearer {secret}", WORKSPACE_HEADER: str(workspace_id)}
        try:
            connection.request("POST", INTERNAL_PATH, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()
