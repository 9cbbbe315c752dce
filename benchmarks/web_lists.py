"""What stands behind the workspace's pages, as the server answers it: one request after the other, and 50 a second.

Gives : measure(), LISTS, ANSWERS
Source: UX.md, budgets: lists p95 <= 150 ms at 50 requests a second; issue 5. Times are the client's, on the same machine.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import httpx
from tests.browser.conftest import ADMIN

from benchmarks.report import Report

LISTS = (
    "/api/accounts?limit=100&sort=score",
    "/api/accounts?limit=100&sort=-arr",
    "/api/accounts?limit=100&sort=name",
    "/api/accounts?limit=100&sort=-churn",
    "/api/accounts?limit=100&sort=trend",
    "/api/accounts?limit=100&sort=score&q=north",
    "/api/accounts?limit=100&sort=score&band=red&has_task=true",
    "/api/accounts?limit=8&q=raven",
    "/api/account-groups",
    "/api/tasks?limit=50&status=open&status=claimed",
    "/api/signals?limit=50",
    "/api/journeys",
    "/api/runs?limit=50",
    "/api/effects?limit=50",
    "/api/audit?limit=50",
)
"""What is asked all day, and 50 times a second here."""
ANSWERS = (
    "/api/account-groups?by=owner",
    "/api/account-groups?by=segment",
    "/api/account-groups?by=renewal_month",
    "/api/today/movers?days=1",
    "/api/today/movers?days=30",
    "/api/today/wins",
    "/api/today/team",
    "/api/conditions/vocabulary",
    "/api/conditions/segments",
    "/api/triggers",
    "/api/learning/triggers",
    "/api/health/book?measure=active_users_30d",
    "/api/insights/pipeline?months=12",
    "/api/impact",
    "/api/models",
    "/api/status",
    "/api/kpis",
    "/api/kpis/time_to_intervention/course?parts=12",
    "/api/kpis/automation_coverage/rows?limit=50&side=counted",
    "/api/insights/attribution",
    "/api/insights/capacity",
    "/api/insights/health-audit",
)
"""Dearer ones: each <= 300 ms, or the page says that it waits."""
TIMES = 12


class Caller:
    """A member's session at a running Forestay."""

    def __init__(self, url: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        told = self.http.post("/api/sessions", json={"email": ADMIN, "password": password, "workspace": "default"})
        self.csrf = {"X-CSRF-Token": str(told.raise_for_status().json()["csrf_token"])}

    def seconds(self, method: str, path: str, body: Any = None) -> float:
        """How long one answer took, read to its end."""
        began = time.perf_counter()
        self.http.request(method, path, json=body, headers=self.csrf).raise_for_status()
        return time.perf_counter() - began


def measure(report: Report, url: str, password: str, seconds: float) -> None:
    """Every list and answer by itself, then the lists together at 50 requests a second."""
    caller = Caller(url, password)
    report.conditions["accounts"] = caller.http.get("/api/account-groups").raise_for_status().json()["count"]
    for path in LISTS:
        _one(report, caller, "GET", path, "")
    for method, path, body in [*(("GET", path, None) for path in ANSWERS), *_asked(caller)]:
        _one(report, caller, method, path, "<= 300", body)
    took = sorted(asyncio.run(_steadily(url, dict(caller.http.cookies), seconds)))
    report.add("lists at 50 requests a second: p50", 1e3 * statistics.median(took), "ms")
    report.add("lists at 50 requests a second: p95", 1e3 * took[int(0.95 * len(took))], "ms", target="<= 150")


def _one(report: Report, caller: Caller, method: str, path: str, target: str, body: Any = None) -> None:
    took = sorted(caller.seconds(method, path, body) for _ in range(TIMES))
    name = f"{method if method == 'POST' else ''} {path}".strip()
    report.add(f"{name}: p50", 1e3 * statistics.median(took), "ms")
    report.add(f"{name}: p95", 1e3 * took[int(0.95 * len(took))], "ms", target=target)


def _asked(caller: Caller) -> list[tuple[str, str, Any]]:
    """Questions with a body, and those of single things that this company has."""
    one = caller.http.get("/api/accounts?limit=1&sort=score").json()["items"][0]["external_id"]
    of = f"/api/accounts/{one}"
    condition = {
        "all": [
            {"column": "health.score", "is": "below", "value": 60},
            {"column": "account.arr", "is": "above", "value": 10_000},
        ]
    }
    cards = caller.http.get("/api/scorecards").json()["items"]
    card = next(document["live"]["body"] for document in cards if document["live"])
    gone = f"{card['key']}/preview"
    return [
        ("GET", of, None), ("GET", f"{of}/health/explanation", None), ("GET", f"{of}/timeline?limit=50", None),
        ("POST", "/api/conditions/matching", {"condition": condition, "sample": 5}),
        ("POST", f"/api/scorecards/{gone}", {"document": card}),
        ("POST", "/api/account-export", {"matching": {}, "sort": "score"}),
    ]  # fmt: skip


async def _steadily(url: str, cookies: dict[str, str], seconds: float) -> list[float]:
    """An open loop: a request is due at its moment whether or not earlier ones are answered."""
    took: list[float] = []
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=60, limits=limits, trust_env=False) as http:
        began = time.perf_counter()

        async def ask(number: int) -> None:
            due = began + number / 50
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            (await http.get(LISTS[number % len(LISTS)])).raise_for_status()
            took.append(time.perf_counter() - due)

        await asyncio.gather(*(ask(number) for number in range(int(50 * seconds))))
    return took
