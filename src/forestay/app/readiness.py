"""Asks a running server whether it is ready, with nothing but the standard library.

Gives: is_ready(settings), PID_HEADER
"""

from __future__ import annotations

import http.client

from forestay.kit.settings import Settings

_OK = 200


PID_HEADER = "X-Forestay-Pid"
"""In the answer to /readyz from this machine: the server's process number."""


def is_ready(settings: Settings, timeout_seconds: float = 1.0, server_pid: int | None = None) -> bool:
    """Whether server, worker and store work. host 0.0.0.0 is asked on the loopback address.

    server_pid: only this process's answer counts; None: whoever answers.
    """
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=timeout_seconds)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        is_ours = server_pid is None or answer.headers.get(PID_HEADER) == str(server_pid)
        return answer.status == _OK and is_ours
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
