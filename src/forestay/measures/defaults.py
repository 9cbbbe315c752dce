"""The measures that every workspace starts with.

Gives : DEFAULT_MEASURES
Source: docs/architecture.md 'Default measures'; REQUIREMENTS B1 (dimensions), D3 (triggers); DESIGN section 5
        ('sharp decline' = last 7 days against the mean week of the 28 before).

A quotient is 1 when nothing changed. Missing (NaN) is never 0: no ticket rated is not a rating of 0.
"""

from __future__ import annotations

from forestay.measures.definition import Definition
from forestay.measures.event_kinds import (
    ActiveDays,
    Change,
    Count,
    DaysSince,
    DistinctUsers,
    FeaturesUsed,
    FirstSeenWithin,
    PerSeat,
    SeatUseChange,
    ShareOfFeatures,
    UnusedFeatures,
)  # fmt: skip
from forestay.measures.fact_kinds import DaysSinceFact, FactCount, FactMean, FactTotal, FactTotalChange, Trait
from forestay.measures.measure import Unit

_USAGE: tuple[Definition, ...] = (
    DistinctUsers(key="active_users_7d", label="Active users, 7 days", days=7, unit=Unit.USERS, higher_is_better=True,
        description="Users with at least one product event in the last 7 days."),
    DistinctUsers(key="active_users_30d", label="Active users, 30 days", days=30, unit=Unit.USERS,
        higher_is_better=True, description="Users with at least one product event in the last 30 days."),
    PerSeat(key="seat_use_30d", label="Seat use", of="active_users_30d", unit=Unit.SHARE, higher_is_better=True,
        description="Active users of the last 30 days over seats contracted; above 1 when seats are exceeded; "
        "missing without seats."),
    ActiveDays(key="active_days_28d", label="Active days, 28 days", days=28, unit=Unit.DAYS, higher_is_better=True,
        description="Days of the last 28 with at least one product event."),
    Count(key="events_7d", label="Events, 7 days", days=7, unit=Unit.EVENTS, higher_is_better=True,
        description="Product events in the last 7 days."),
    Count(key="events_30d", label="Events, 30 days", days=30, unit=Unit.EVENTS, higher_is_better=True,
        description="Product events in the last 30 days."),
    Change(key="usage_change_28d", label="Change of usage", days=28, before_days=28, unit=Unit.QUOTIENT,
        higher_is_better=True, description="Product events of the last 28 days over those of the 28 days before; "
        "1 = unchanged; missing when there were none before."),
    DaysSince(key="days_since_activity", label="Days since activity", unit=Unit.DAYS, higher_is_better=False,
        description="Whole days since the last product event; missing when there never was one."),
    Count(key="sign_ins_30d", label="Sign-ins, 30 days", series="role:sign_in", days=30, unit=Unit.EVENTS,
        higher_is_better=True, description="Events with the role sign_in in the last 30 days; missing when no event "
        "has that role."),
    SeatUseChange(key="seat_use_change_60d", label="Change of seat use", days=30, before_days=60, unit=Unit.QUOTIENT,
        higher_is_better=True, description="Seat use now over seat use 60 days ago; 1 = unchanged; missing without "
        "seats, or without users then."),
)  # fmt: skip

_FEATURES: tuple[Definition, ...] = (
    Change(key="sticky_change_7d", label="Change of sticky features", series="features:sticky", days=7,
        before_days=28, unit=Unit.QUOTIENT, higher_is_better=True, description="Events of sticky features in the last "
        "7 days over the mean week of the 28 days before; 1 = unchanged; missing when there were none before."),
    Count(key="premium_events_14d", label="Premium interest, 14 days", series="features:premium", days=14,
        unit=Unit.EVENTS, higher_is_better=True, description="Events of premium features in the last 14 days; missing "
        "when no feature is premium."),
    FeaturesUsed(key="features_used_30d", label="Features used, 30 days", days=30, unit=Unit.FEATURES,
        higher_is_better=True, description="Features with at least one event in the last 30 days; missing when the "
        "workspace lists no features."),
    ShareOfFeatures(key="feature_adoption_30d", label="Feature adoption", days=30, unit=Unit.SHARE,
        higher_is_better=True, description="Features used in the last 30 days over features deployed by then; missing "
        "when none is deployed."),
    UnusedFeatures(key="unused_features_45d", label="Unused features", days=45, unit=Unit.FEATURES,
        higher_is_better=False, description="Features deployed 45 to 180 days ago and not used in the last 45 days; "
        "missing when none was deployed in that time."),
    FirstSeenWithin(key="premium_first_60d", label="New to premium features", series="features:premium", days=60,
        unit=Unit.YES_NO, higher_is_better=True, description="1 when the first event ever of a premium feature fell "
        "into the last 60 days, else 0; missing when no feature is premium."),
    Count(key="invitations_14d", label="Invitations, 14 days", series="role:invitation", days=14, unit=Unit.EVENTS,
        higher_is_better=True, description="Events with the role invitation in the last 14 days; missing when no "
        "event has that role."),
    Count(key="workflow_events_30d", label="Workflow events, 30 days", series="role:workflow", days=30,
        unit=Unit.EVENTS, higher_is_better=True, description="Events with the role workflow in the last 30 days; "
        "missing when no event has that role."),
    FirstSeenWithin(key="workflows_first_30d", label="First workflow", series="role:workflow", days=30,
        unit=Unit.YES_NO, higher_is_better=True, description="1 when the first workflow event ever fell into the last "
        "30 days, else 0; missing when no event has the role workflow."),
)  # fmt: skip

_SUPPORT: tuple[Definition, ...] = (
    FactTotal(key="open_tickets", label="Open tickets", fact="ticket.opened", minus="ticket.closed",
        unit=Unit.TICKETS, higher_is_better=False, description="Tickets opened so far less tickets closed so far."),
    FactCount(key="tickets_30d", label="Tickets, 30 days", fact="ticket.opened", days=30, unit=Unit.TICKETS,
        higher_is_better=False, description="Tickets opened in the last 30 days."),
    FactCount(key="escalations_14d", label="Escalations, 14 days", fact="ticket.escalated", days=14,
        unit=Unit.TICKETS, higher_is_better=False, description="Tickets escalated in the last 14 days."),
    FactCount(key="escalations_30d", label="Escalations, 30 days", fact="ticket.escalated", days=30,
        unit=Unit.TICKETS, higher_is_better=False, description="Tickets escalated in the last 30 days."),
    FactMean(key="csat_90d", label="CSAT, 90 days", facts=("ticket.csat", "survey.csat"), days=90, unit=Unit.SCORE,
        higher_is_better=True, description="Mean rating, 1 (worst) to 5 (best), of tickets and CSAT surveys of the "
        "last 90 days; missing when nobody rated."),
    FactMean(key="response_hours_90d", label="First response", facts=("ticket.response_hours",), days=90,
        unit=Unit.HOURS, higher_is_better=False, description="Mean hours to our first response, of responses in the "
        "last 90 days; missing when there were none."),
    FactMean(key="ticket_sentiment_90d", label="Tone of tickets, 90 days", facts=("ticket.sentiment",), days=90,
        unit=Unit.SCORE, higher_is_better=True, description="Mean tone of the tickets of the last 90 days, -1 (angry) "
        "to 1 (pleased), read from their words; missing when there were none."),
)  # fmt: skip

_ENGAGEMENT: tuple[Definition, ...] = (
    DaysSinceFact(key="days_since_interaction", label="Days since contact", fact="interaction.any", unit=Unit.DAYS,
        higher_is_better=False, description="Whole days since the last interaction; missing when there was none."),
    FactCount(key="interactions_90d", label="Interactions, 90 days", fact="interaction.any", days=90,
        unit=Unit.INTERACTIONS, higher_is_better=True, description="Interactions in the last 90 days."),
    FactCount(key="meetings_90d", label="Meetings, 90 days", fact="interaction.meeting", days=90,
        unit=Unit.INTERACTIONS, higher_is_better=True, description="Meetings in the last 90 days."),
    FactCount(key="inbound_90d", label="Inbound, 90 days", fact="interaction.inbound", days=90,
        unit=Unit.INTERACTIONS, higher_is_better=True, description="Interactions that the customer began, last 90 "
        "days."),
    FactMean(key="nps_180d", label="NPS answers, 180 days", facts=("survey.nps",), days=180, unit=Unit.SCORE,
        higher_is_better=True, description="Mean NPS answer, 0 to 10, of the last 180 days; missing without answers."),
    FactCount(key="sponsor_left_90d", label="Sponsors lost, 90 days", fact="sponsor.left", days=90, unit=Unit.PEOPLE,
        higher_is_better=False, description="Executive sponsors who left in the last 90 days."),
    FactCount(key="contacts_left_90d", label="Contacts lost, 90 days", fact="contact.left", days=90,
        unit=Unit.PEOPLE, higher_is_better=False, description="Contacts who left in the last 90 days."),
)  # fmt: skip

_MONEY: tuple[Definition, ...] = (
    FactTotal(key="invoices_overdue", label="Overdue invoices", fact="invoice.due", minus="invoice.settled",
        unit=Unit.INVOICES, higher_is_better=False, description="Invoices past their due date and not paid."),
    FactTotal(key="overdue_amount", label="Overdue amount", fact="invoice.due_amount",
        minus="invoice.settled_amount", unit=Unit.MONEY, higher_is_better=False, description="Amount of invoices past "
        "their due date and not paid."),
    FactCount(key="late_payments_180d", label="Late payments, 180 days", fact="invoice.paid_late", days=180,
        unit=Unit.INVOICES, higher_is_better=False, description="Invoices paid after their due date, last 180 days."),
    FactMean(key="payment_delay_days_180d", label="Payment delay", facts=("invoice.paid_late",), days=180,
        zero_when="invoice.settled", unit=Unit.DAYS, higher_is_better=False, description="Mean delay, in days, of the "
        "late payments of the last 180 days; 0 when all were in time; missing when nothing was paid."),
    FactTotal(key="mrr", label="MRR", fact="mrr", or_trait="arr", trait_divisor=12, unit=Unit.MONEY_A_MONTH,
        higher_is_better=True, description="Monthly recurring revenue of the subscriptions in force, else ARR / 12; "
        "missing when neither is known."),
    FactTotal(key="seats_contracted", label="Seats", fact="seats", or_trait="seats", unit=Unit.SEATS,
        higher_is_better=True, description="Seats of the subscriptions in force, else the account's own number; "
        "missing when neither is known."),
    FactTotalChange(key="mrr_change_90d", label="Change of MRR", fact="mrr", days=90, unit=Unit.QUOTIENT,
        higher_is_better=True, description="MRR of subscriptions now over 90 days ago; 1 = unchanged; missing when "
        "there was none."),
    Trait(key="days_to_renewal", label="Days to renewal", trait="renews_on", reading="days_until", unit=Unit.DAYS,
        description="Whole days until the renewal date, negative when it passed; missing without a date."),
    Trait(key="tenure_days", label="Days as a customer", trait="customer_since", reading="days_since",
        unit=Unit.DAYS, description="Whole days since the account became a customer; missing without a date."),
)  # fmt: skip

DEFAULT_MEASURES: tuple[Definition, ...] = (*_USAGE, *_FEATURES, *_SUPPORT, *_ENGAGEMENT, *_MONEY)
"""All of them; features and roles of events come from the MeasureContext at evaluation."""
