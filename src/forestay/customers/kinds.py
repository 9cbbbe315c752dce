"""The kinds of record a company hands over, and the fields that we know of each.

Gives: ImportKind, Field, FieldType, FIELDS, account_field(). The importer maps foreign columns onto these, the
       simulator writes them, and the tick reads them; nothing else names a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ImportKind(StrEnum):
    """What the rows of an import are."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    TICKETS = "tickets"
    INTERACTIONS = "interactions"
    SURVEYS = "surveys"
    EVENTS = "events"


class FieldType(StrEnum):
    """How a field travels in an Arrow body."""

    TEXT = "text"
    """utf8"""
    NUMBER = "number"
    """float64"""
    MONEY = "money"
    """float64 in the row's currency, rounded to cents; stored as numeric"""
    MOMENT = "moment"
    """timestamp[us, UTC]; a bare date is midnight in the workspace's zone"""
    DAY = "day"
    """date32"""
    FLAG = "flag"
    """bool"""
    JSON = "json"
    """utf8, a JSON object"""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. synonyms: other makers' column names, lower case, without punctuation."""

    name: str
    type: FieldType
    required: bool = False
    synonyms: tuple[str, ...] = ()
    meaning: str = ""


def _f(name: str, type_: FieldType, *synonyms: str, required: bool = False, meaning: str = "") -> Field:
    return Field(name, type_, required, synonyms, meaning)


_T, _N, _M, _AT, _D, _B, _J = (
    FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.MOMENT, FieldType.DAY, FieldType.FLAG,
    FieldType.JSON,
)  # fmt: skip
_ACCOUNT = _f("account_id", _T, "account", "accountid", "company", "companyid", "customer", "customerid", "groupid",
              "organizationid", required=True, meaning="external id of the account")  # fmt: skip
_CONTACT = _f(
    "contact_id",
    _T,
    "contact",
    "contactid",
    "userid",
    "user",
    "personid",
    "requesterid",
    meaning="external id of the contact",
)

FIELDS: dict[ImportKind, tuple[Field, ...]] = {
    ImportKind.ACCOUNTS: (
        _f("account_id", _T, "id", "account", "accountid", "companyid", "customerid", "groupid", required=True),
        _f("name", _T, "accountname", "companyname", "company", "customer"),
        _f("parent_id", _T, "parent", "parentid", "parentaccount", "parentaccountid"),
        _f("merged_into", _T, "mergedinto", "masterid", meaning="the account that this one became part of"),
        _f("owner_email", _T, "owner", "owneremail", "csm", "csmemail", "accountowner"),
        _f("lifecycle_stage", _T, "stage", "lifecyclestage", "lifecycle", "status"),
        _f("plan", _T, "plantier", "tier", "edition"),
        _f("industry", _T, "sector", "vertical"),
        _f("country", _T, "region"),
        _f("zone", _T, "timezone", "tz"),
        _f("seats", _N, "licenses", "licences", "seatcount"),
        _f("arr", _M, "annualrecurringrevenue", "acv"),
        _f("currency", _T),
        _f("customer_since", _D, "createdat", "created", "signupdate", "signup", "startdate"),
        _f("churned_on", _D, "churndate", "churnedat", "cancelledat"),
    ),
    ImportKind.CONTACTS: (
        _f("contact_id", _T, "id", "contactid", "userid", "user", "personid", required=True),
        _f("account_id", _T, "account", "accountid", "companyid", "customerid", "company", required=True),
        _f("email", _T, "emailaddress", "mail"),
        _f("name", _T, "fullname", "displayname"),
        _f("title", _T, "role", "jobtitle", "position"),
        _f("is_sponsor", _B, "sponsor", "executivesponsor"),
        _f("is_champion", _B, "champion"),
        _f("zone", _T, "timezone", "tz"),
        _f("phone", _T, "phonenumber", "mobile"),
        _f("created_on", _D, "createdat", "created"),
        _f("left_on", _D, "leftat", "departed", "deactivatedat", "enddate"),
        _f("email_consent", _B, "optin", "subscribed", "marketingconsent", "consent"),
    ),
    ImportKind.SUBSCRIPTIONS: (
        _f("subscription_id", _T, "id", "subscription", "subscriptionid", required=True),
        _ACCOUNT,
        _f("product", _T, "productname", "addon", "item"),
        _f("plan", _T, "plantier", "tier"),
        _f("seats", _N, "quantity", "licenses", "licences", "units"),
        _f("mrr", _M, "mrramount", "monthlyamount", "monthlyrevenue", "monthly"),
        _f("arr", _M, "arramount", "annualamount", "annual"),
        _f("currency", _T),
        _f("started_on", _D, "startdate", "start", "startsat", "startedat", "starttime", required=True),
        _f("ended_on", _D, "enddate", "end", "endsat", "endedat", "endtime", "cancelledat", "canceledat"),
        _f("renews_on", _D, "renewaldate", "renewal", "renewsat", "termend", "nextrenewal"),
        _f("billing_period", _T, "billingfrequency", "interval", "billingperiod", "billperiodmonths"),
    ),
    ImportKind.INVOICES: (
        _f("invoice_id", _T, "id", "invoice", "invoiceid", "number", required=True),
        _ACCOUNT,
        _f("amount", _M, "total", "amountdue", required=True),
        _f("currency", _T),
        _f("issued_on", _D, "issuedat", "date", "created", "createdat", "invoicedate", required=True),
        _f("due_on", _D, "duedate", "dueat"),
        _f("paid_on", _D, "paidat", "paiddate", "paymentdate"),
        _f("is_void", _B, "void", "voided"),
    ),
    ImportKind.TICKETS: (
        _f("ticket_id", _T, "id", "ticket", "ticketid", "caseid", "conversationid", required=True),
        _ACCOUNT,
        _CONTACT,
        _f("subject", _T, "title", "summary"),
        _f("body", _T, "description", "text", "message"),
        _f("priority", _T, "severity", "urgency"),
        _f("opened_at", _AT, "createdat", "created", "openedat", "submittedat", "opened", required=True),
        _f("first_response_at", _AT, "firstresponseat", "firstreplyat"),
        _f("first_response_minutes", _N, "firstresponsetimeminutes", "firstresponseminutes"),
        _f("closed_at", _AT, "closedat", "resolvedat", "solvedat", "closed"),
        _f("escalated_at", _AT, "escalatedat"),
        _f("is_escalated", _B, "escalated", "escalationflag", "isescalated"),
        _f("csat", _N, "satisfaction", "satisfactionscore", "csatscore", "rating", meaning="1 (worst) to 5 (best)"),
    ),
    ImportKind.INTERACTIONS: (
        _f("interaction_id", _T, "id", "activityid", "messageid", "meetingid", required=True),
        _ACCOUNT,
        _CONTACT,
        _f("channel", _T, "kind", "type", "activitytype", required=True, meaning="email, meeting, call or note"),
        _f("direction", _T, meaning="inbound or outbound"),
        _f("at", _AT, "date", "occurredat", "timestamp", "sentat", "createdat", required=True),
        _f("subject", _T, "title"),
        _f("body", _T, "text", "notes", "content"),
        _f("minutes", _N, "duration", "durationminutes"),
    ),
    ImportKind.SURVEYS: (
        _f("response_id", _T, "id", "responseid", "surveyresponseid", required=True),
        _ACCOUNT,
        _CONTACT,
        _f("survey", _T, "kind", "type", "surveytype", meaning="nps (0-10), csat (1-5) or ces (1-7)"),
        _f("score", _N, "rating", "value", "npsscore", required=True),
        _f("comment", _T, "text", "feedback", "verbatim"),
        _f("at", _AT, "date", "respondedat", "createdat", "timestamp", "submittedat", required=True),
    ),
    ImportKind.EVENTS: (
        _f("event", _T, "eventname", "eventtype", "name", "action", "featurename", required=True),
        _f("at", _AT, "timestamp", "time", "eventtime", "date", "day", "occurredat", "usagedate", "createdat", required=True),
        _f("account_id", _T, "account", "accountid", "companyid", "customerid", "groupid", "organizationid"),
        _f("user_id", _T, "user", "userid", "contactid", "distinctid", "personid"),
        _f("message_id", _T, "messageid", "eventid", "id", "uuid", "insertid", "usageid"),
        _f("weight", _N, "count", "events", "nevents", "usagecount", "quantity", meaning="how many events the row stands for, 1 if empty"),
        _f("value", _N, "amount", "eventvalue"),
        _f("properties", _J, "props", "attributes", "payload"),
    ),
}  # fmt: skip

_ACCOUNT_NAMES = {
    word: spec.name
    for spec in reversed(FIELDS[ImportKind.ACCOUNTS])
    for word in (*spec.synonyms, spec.name.replace("_", ""))
}


def account_field(name: str) -> str:
    """The field that a trait of accounts becomes when it is told under another maker's name for it, else the name.

    >>> account_field("tier"), account_field("go_live")
    ('plan', 'go_live')
    """
    return _ACCOUNT_NAMES.get("".join(letter for letter in name.lower() if letter.isalnum()), name)


KEY: dict[ImportKind, str] = {
    ImportKind.ACCOUNTS: "account_id",
    ImportKind.CONTACTS: "contact_id",
    ImportKind.SUBSCRIPTIONS: "subscription_id",
    ImportKind.INVOICES: "invoice_id",
    ImportKind.TICKETS: "ticket_id",
    ImportKind.INTERACTIONS: "interaction_id",
    ImportKind.SURVEYS: "response_id",
    ImportKind.EVENTS: "message_id",
}
"""The field that names a record; a later row with the same key replaces the earlier one (events: is a duplicate)."""
