"""When a task is due: the response time of its risk level on the owner's business calendar.

Reads : risk level, the moment the signal fired, the owner's calendar
Gives : due_at(), Due
Source: REQUIREMENTS D4; DESIGN section 5: 'same day' = end of the owner's business day, fired in its last
        two hours: next business noon and escalated at once; 24 h and 48 h are business hours; weekly is
        five business days.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from forestay.customers.words import RiskLevel
from forestay.kit.calendars import BusinessCalendar
from forestay.kit.local_time import local_of

LAST_CALL = timedelta(hours=2)
BUSINESS_HOURS = {RiskLevel.HIGH: timedelta(hours=24), RiskLevel.MEDIUM: timedelta(hours=48)}
BUSINESS_DAYS_OF_A_WEEK = 5


class Due(NamedTuple):
    """moment: UTC; escalate_now: nobody can be expected to see it today, so tell the next level already."""

    moment: datetime
    escalate_now: bool


def due_at(risk_level: RiskLevel, fired_at: datetime, calendar: BusinessCalendar) -> Due:
    """When work of this risk level must be done, and whether it is escalated at once."""
    if risk_level is RiskLevel.CRITICAL:
        return _same_day(fired_at, calendar)
    if risk_level is RiskLevel.LOW:
        return Due(calendar.end_of(_days_later(fired_at, calendar)), escalate_now=False)
    return Due(calendar.add_business_time(fired_at, BUSINESS_HOURS[risk_level]), escalate_now=False)


def _same_day(fired_at: datetime, calendar: BusinessCalendar) -> Due:
    day = calendar.business_day_of(fired_at)
    if day > local_of(fired_at, calendar.zone).date():
        return Due(calendar.noon_of(day), escalate_now=True)
    if fired_at >= calendar.end_of(day) - LAST_CALL:
        return Due(calendar.noon_of(calendar.next_business_day(day)), escalate_now=True)
    return Due(calendar.end_of(day), escalate_now=False)


def _days_later(fired_at: datetime, calendar: BusinessCalendar) -> date:
    today = local_of(fired_at, calendar.zone).date()
    day = calendar.business_day_of(fired_at)
    already = 1 if day > today else 0  # fired on a closed day or after hours: the next business day is the first
    return calendar.next_business_day(day, BUSINESS_DAYS_OF_A_WEEK - already)
