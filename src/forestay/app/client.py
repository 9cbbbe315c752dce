"""A small client of our own API for the command line: one place for keys, problems and pages.

Gives: ApiClient; its refusals are CallRefused with the server's own sentence
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx

from forestay.kit.errors import ForestayError


class NotReachable(ForestayError):
    """Nothing answers at the address: start it with `forestay up`, or say where it is with --url."""

    code = "not_reachable"
    retryable = True

    def __init__(self, url: str) -> None:
        super().__init__(f"no Forestay answers at {url}: start one with `forestay up`, or give --url")


class CallRefused(ForestayError):
    """The server said no; the sentence is its own."""

    code = "refused"

    def __init__(self, response: httpx.Response) -> None:
        self.http_status = response.status_code
        problem = _problem(response)
        self.code = str(problem.get("code", "refused"))
        super().__init__(str(problem.get("detail") or problem.get("title") or f"HTTP {response.status_code}"))


class ApiClient:
    """Calls under one management key."""

    def __init__(self, url: str, key: str | None, timeout_seconds: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout_seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any call; raises NotReachable or CallRefused."""
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise NotReachable(self.url) from error
        if response.is_error:
            raise CallRefused(response)
        return response

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer of a GET; None-valued query parameters are left out."""
        return self.call("GET", path, params={k: v for k, v in query.items() if v is not None}).json()

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer of a POST."""
        response = self.call("POST", path, json=body)
        return response.json() if response.content else None

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
