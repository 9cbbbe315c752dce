"""The steps of a journey in the order in which one comes to them: a store that keeps JSON forgets the author's order.

Gives: steps_in_order()
"""

from __future__ import annotations

from forestay.journeys.document import Journey


def steps_in_order(journey: Journey) -> list[str]:
    """Ids of all steps, nearest to the start first; those that nothing leads to at the end."""
    found: dict[str, None] = {}
    waiting = [journey.start]
    for step in waiting:
        if step is not None and step in journey.steps and step not in found:
            found[step] = None
            waiting += journey.steps[step].ports.values()
    return list(found | dict.fromkeys(journey.steps))
