"""The books after (and in the midst of) chaos: every run, every request, every effect and every line of history once.

Each of these is a question to the store whose answer must be empty, or a sum that must be the same on both sides.
"""

from __future__ import annotations

from collections import Counter

from tests.chaos.orders import FOLLOWED, Feed
from tests.chaos.site import Site

WITHOUT_ONE_WAY_ON = """
SELECT r.id, r.status, count(t.id) FROM journey_runs AS r LEFT JOIN journey_tokens AS t ON t.run_id = r.id
GROUP BY r.id, r.status
HAVING CASE WHEN r.status >= 10 THEN count(t.id) > 0
            ELSE count(t.id) = 0 OR (count(t.id) > 1 AND (bool_or(t.fork_step IS NULL) OR count(t.id) <> count(DISTINCT t.step)))
                 OR bool_or(t.state = 8 OR (t.due_at IS NULL AND t.state NOT IN (4, 6))) END
LIMIT 5"""
"""Ended with a token, live without one, with two that no fork made, or with one that nothing will ever wake."""

REPAIRED_OR_FAILED = "SELECT run_id, happening, detail FROM journey_history WHERE happening IN (7, 8, 15) LIMIT 5"
HISTORY_OF_ENDS = """
SELECT r.id, r.status, r.reason, h.entered, h.ended, h.port FROM journey_runs AS r LEFT JOIN (
  SELECT run_id, count(*) FILTER (WHERE happening = 0) AS entered, count(*) FILTER (WHERE happening = 14) AS ended,
         max(port) FILTER (WHERE happening = 14) AS port
  FROM journey_history WHERE happening IN (0, 14) GROUP BY run_id) AS h ON h.run_id = r.id
WHERE h.entered IS DISTINCT FROM 1 OR h.ended <> (r.status >= 10)::int
   OR split_part(h.port, ':', 2) IS DISTINCT FROM r.reason LIMIT 5"""
HISTORY_OF_REQUESTS = """
SELECT coalesce(h.run_id, q.run), coalesce(h.step, q.step), h.n, q.n FROM (
  SELECT run_id, step, count(*) AS n FROM journey_history WHERE happening = 4 GROUP BY 1, 2) AS h
FULL JOIN (
  SELECT split_part(cause, ':', 2)::bigint AS run, step, count(*) AS n FROM requests GROUP BY 1, 2) AS q
  ON q.run = h.run_id AND q.step = h.step
WHERE h.n IS DISTINCT FROM 1 OR q.n IS DISTINCT FROM 1 LIMIT 5"""
"""The journey passes each step once: one line of history and one request for each run and step, or neither."""
WENT_OTHERWISE = """
SELECT e.run_id, e.step, e.status, h.port FROM effects AS e JOIN journey_history AS h
  ON h.run_id = e.run_id AND h.step = e.step AND h.happening = 2
WHERE e.step = ANY(%(followed)s) AND NOT (h.port = 'failed' AND h.detail ->> 'outcome' = 'unknown' AND e.status = 'sent')
  AND h.port <> CASE e.status WHEN 'sent' THEN 'sent' WHEN 'skipped' THEN 'skipped' WHEN 'cancelled' THEN 'skipped' ELSE 'failed' END
LIMIT 5"""
"""Runs that went on by another way than what became of their message. Where the clock stepped past the lease of a call
under way, the run went on as told (unknown); the answer that came after all is the better word for the ledger."""
NOT_TOLD = """
SELECT e.run_id, e.step, e.status FROM effects AS e JOIN journey_runs AS r ON r.id = e.run_id
WHERE e.step = ANY(%(followed)s) AND e.status <> 'pending' AND r.status NOT IN (11) AND NOT EXISTS (
  SELECT FROM journey_history AS h WHERE h.run_id = e.run_id AND h.step = e.step AND h.happening = 2)
LIMIT 5"""
"""Messages of which their run never heard; a run that met its goal meanwhile does not listen any more."""

TAKEN_BACK = """
SELECT step, count(*)::int FROM requests AS r WHERE refusal IS NOT NULL
  AND NOT EXISTS (SELECT FROM effects AS e WHERE e.request_id = r.id) GROUP BY 1"""


def check_on_the_way(place: Site) -> None:
    """Invariant 2 holds at any moment: one statement sees one moment."""
    nothing(place, WITHOUT_ONE_WAY_ON)


def nothing(place: Site, question: str, **values: object) -> None:
    """The answer must be empty; what it holds is told with what stands in the store about the first of it."""
    found = place.ask(question, **values)
    if found:
        run = {"run": found[0][0]}
        told = {name: place.ask(f"SELECT * FROM {name} WHERE {key} = %(run)s", **run) for name, key in _ABOUT}
        raise AssertionError(f"{question}: {found}; {told}")


def check_runs(place: Site, feed: Feed) -> Counter[str]:
    """Entered = live + ended by reason; who was told twice came in once. Gives the ends."""
    counts = {str(name): int(n) for name, n in place.ask(
        "SELECT name, sum(count) FROM journey_counts WHERE step = -1 GROUP BY 1"
    )}  # fmt: skip
    refused = sum(n for name, n in counts.items() if name.startswith("refused:"))
    assert counts["entered"] == feed.placed
    assert counts["entered"] + refused == feed.told
    assert place.ask("SELECT count(*), count(DISTINCT run_values #>> '{event,order}') FROM journey_runs") == [
        (feed.placed, feed.placed)
    ]
    ended = Counter({name.removeprefix("ended:"): n for name, n in counts.items() if name.startswith("ended:")})
    assert ended == Counter(
        {f"{_STATUS[status]}:{reason}": n for status, reason, n in place.ask(
            "SELECT status, reason, count(*) FROM journey_runs GROUP BY 1, 2"
        )}
    )  # fmt: skip
    assert ended.total() == feed.placed
    return ended


_ABOUT = (("journey_runs", "id"), ("journey_tokens", "run_id"), ("journey_history", "run_id"), ("effects", "run_id"))
_STATUS = {0: "running", 10: "completed", 11: "goal_met", 12: "left", 13: "failed"}


def check_history(place: Site, steps: dict[str, int]) -> None:
    """It says of each run what the run's row, its requests and their effects say."""
    followed = {"followed": [steps[name] for name in FOLLOWED]}
    nothing(place, REPAIRED_OR_FAILED)
    nothing(place, HISTORY_OF_ENDS)
    nothing(place, HISTORY_OF_REQUESTS)
    nothing(place, WENT_OTHERWISE, **followed)
    nothing(place, NOT_TOLD, **followed)


def check_ledger(place: Site, steps: dict[str, int]) -> dict[str, Counter[str]]:
    """Per step: asked = sent + skipped + failed + cancelled + unknown + pending, and nothing is left pending."""
    asked = dict(place.ask("SELECT step, sum(count)::int FROM journey_counts WHERE name = 'asked' GROUP BY 1"))
    requested = dict(place.ask("SELECT step, count(*)::int FROM requests GROUP BY 1"))
    names = {number: name for name, number in steps.items()}
    ledger: dict[str, Counter[str]] = {}
    for step, status, count in place.ask("SELECT step, status, count(*)::int FROM effects GROUP BY 1, 2"):
        ledger.setdefault(names[step], Counter())[str(status)] = int(count)
    for step, count in place.ask(TAKEN_BACK):  # before it became an effect
        ledger.setdefault(names[step], Counter())["cancelled"] += int(count)
    assert asked == requested == {steps[name]: told.total() for name, told in ledger.items()}
    assert all(told["pending"] == 0 for told in ledger.values())
    return ledger
