"""The twelve playbooks that ship, one file each in `library/`.

Gives : PLAYBOOKS, shipped_journeys(), shipped_journey(), shipped_text()
Source: REQUIREMENTS E1, H1; issue 'Journeys' 8. Their messages are in actions/templates/playbooks-*.yaml; each has a
        scenario test in tests/journeys/scenarios
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from forestay.journeys.document import Journey
from forestay.journeys.read import from_text, read_journey

PLAYBOOKS = (
    "onboarding-milestones",
    "feature-adoption",
    "low-usage-rescue",
    "churn-prevention",
    "executive-turnover",
    "failed-payment",
    "renewal-180-90-30",
    "expansion-handoff",
    "marketing-nurture",
    "win-back",
    "nps-detractor",
    "beta-invitation",
)
"""Keys, in the order of a customer's life."""


@lru_cache(maxsize=1)
def shipped_journeys() -> tuple[Journey, ...]:
    """All twelve, in the order of PLAYBOOKS."""
    return tuple(read_journey(from_text(shipped_text(key))) for key in PLAYBOOKS)


def shipped_journey(key: str) -> Journey:
    """One of them. Raises KeyError when no such playbook ships."""
    return {journey.key: journey for journey in shipped_journeys()}[key]


def shipped_text(key: str) -> str:
    """The file of a playbook as it ships, with its comments. Raises KeyError when no such playbook ships."""
    if key not in PLAYBOOKS:
        raise KeyError(key)
    return files("forestay.journeys").joinpath("library", f"{key}.yaml").read_text("utf-8")
