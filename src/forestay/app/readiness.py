"""Asks a running server whether it is ready, with nothing but the standard library.

Gives: is_ready(settings)
"""

from __future__ import annotations

import http.client

from forestay.kit.settings import Settings

_OK = 200


def is_ready(settings: Settings, timeout_seconds: float = 1.0) -> bool:
    """Whether server, worker and store work. host 0.0.0.0 is asked on the loopback address."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=timeout_seconds)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == _OK
    except OSError:
        return False
    finally:
        connection.close()
