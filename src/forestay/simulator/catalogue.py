"""The product that the made-up company sells: features, event names, pages, plans and prices.

Gives: ProductFeature, FEATURES, GENERAL, EVENT_NAMES, EVENT_NUMBER, PROPERTIES, PAGES, PLANS, ADD_ONS, EVENT_ROLES.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductFeature:
    """One feature. weight: share of use where adopted; adoption: log-odds that an account uses it at all."""

    key: str
    name: str
    events: tuple[tuple[str, float], ...]
    weight: float
    adoption: float
    is_sticky: bool = False
    is_premium: bool = False
    module: str = "core"
    deployed_days_ago: int | None = None
    """Days before the end of history; None: since long before."""


FEATURES: tuple[ProductFeature, ...] = (
    ProductFeature("reports", "Reports", (("Report Viewed", 0.75), ("Report Exported", 0.15), ("Report Scheduled", 0.1)), 5.0, 3.5),
    ProductFeature("dashboards", "Dashboards", (("Dashboard Viewed", 0.85), ("Dashboard Shared", 0.15)), 4.0, 2.4, is_sticky=True),
    ProductFeature("plans", "Plans", (("Plan Opened", 0.55), ("Plan Updated", 0.45)), 4.5, 3.0, is_sticky=True),
    ProductFeature("comments", "Comments", (("Comment Added", 1.0),), 1.5, 1.4),
    ProductFeature("scenarios", "Scenarios", (("Scenario Created", 0.4), ("Scenario Compared", 0.6)), 1.2, 1.3, module="planning"),
    ProductFeature("workflows", "Workflows", (("Workflow Created", 0.35), ("Workflow Completed", 0.65)), 1.6, 0.4, module="automation"),
    ProductFeature("automations", "Automations", (("Automation Created", 0.15), ("Automation Run", 0.85)), 2.5, 0.5,
                   is_sticky=True, module="automation"),
    ProductFeature("integrations", "Integrations", (("Integration Connected", 0.05), ("Data Synced", 0.95)), 2.0, 1.2, is_sticky=True,
                   module="integrations"),
    ProductFeature("forecasts", "Forecasts", (("Forecast Opened", 0.8), ("Forecast Shared", 0.2)), 1.8, 0.8, is_premium=True,
                   module="forecasting"),
    ProductFeature("capacity", "Capacity planner", (("Capacity Plan Opened", 0.7), ("Capacity Alert Set", 0.3)), 1.2, 0.3,
                   is_premium=True, module="planning", deployed_days_ago=210),
    ProductFeature("goals", "Goals", (("Goal Checked", 0.8), ("Goal Set", 0.2)), 1.0, 1.1, deployed_days_ago=140),
    ProductFeature("assistant", "Assistant", (("Assistant Asked", 0.7), ("Assistant Answer Used", 0.3)), 1.4, 0.3, is_premium=True,
                   module="assistant", deployed_days_ago=90),
    ProductFeature("mobile", "Mobile app", (("Mobile App Opened", 0.8), ("Mobile Approval Given", 0.2)), 1.0, 1.1,
                   deployed_days_ago=52),
)  # fmt: skip

GENERAL: tuple[tuple[str, float], ...] = (
    ("Settings Changed", 0.35),
    ("Help Article Viewed", 0.5),
    ("Billing Page Viewed", 0.12),
)
"""Events of no feature that happen in any session, with their weights."""

SIGNED_IN, INVITED, ACCEPTED, ESCALATED = "Signed In", "User Invited", "Invitation Accepted", "Support Escalated"

EVENT_NAMES: tuple[str, ...] = (
    SIGNED_IN, INVITED, ACCEPTED, ESCALATED, *(name for name, _ in GENERAL),
    *(name for feature in FEATURES for name, _ in feature.events),
)  # fmt: skip
EVENT_NUMBER: dict[str, int] = {name: number for number, name in enumerate(EVENT_NAMES)}

EVENT_ROLES: dict[str, tuple[str, ...]] = {
    "sign_in": (SIGNED_IN,),
    "invitation": (INVITED,),
    "workflow": ("Workflow Created", "Workflow Completed"),
    "core": ("Report Viewed", "Dashboard Viewed", "Plan Opened", "Plan Updated"),
}

PROPERTIES: tuple[str, ...] = (
    '{"surface":"web","release":"26.3"}', '{"surface":"web","release":"26.4"}', '{"surface":"web","team":"operations"}',
    '{"surface":"web","team":"finance","rows":1280}', '{"surface":"web","team":"sales","rows":96}',
    '{"surface":"api","release":"26.4"}', '{"surface":"mobile","os":"ios"}', '{"surface":"mobile","os":"android"}',
)  # fmt: skip
"""The properties an event may carry, as JSON text."""

PAGES: tuple[tuple[str, str], ...] = (
    ("Home", "/home"), ("Reports", "/reports"), ("Plans", "/plans"), ("Workflows", "/workflows"), ("Settings", "/settings"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. cents: list price of a seat and month; premium: whether premium features belong to it."""

    name: str
    cents: int
    premium: bool


PLANS: tuple[Plan, ...] = (Plan("Starter", 1_900, False), Plan("Growth", 3_500, False), Plan("Enterprise", 5_900, True))
ADD_ONS: tuple[tuple[str, int], ...] = (("Automation module", 500), ("Forecasting module", 900))
"""Name and price in cents of a seat and month."""
