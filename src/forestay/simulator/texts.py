"""What people write: ticket texts, e-mails and survey comments, from templates with a known sentiment.

Gives: ticket_text(), email_text(), comment(), Text.

Sentiment is -1 (hostile) to 1 (delighted) and goes to the truth, so that a reader of texts can be tested against it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A subject and a body. sentiment: -1 to 1."""

    subject: str
    body: str
    sentiment: float


_TOPICS: tuple[tuple[str, str], ...] = (
    ("Report export", "exporting the weekly report to a spreadsheet"), ("Dashboard loading", "opening the operations dashboard"),
    ("Plan update", "saving changes to our quarterly plan"), ("Data sync", "the nightly sync from our warehouse"),
    ("Sign-in", "signing in with our identity provider"), ("Permissions", "giving a colleague edit rights"),
    ("Scheduled reports", "the reports that should arrive on Monday morning"), ("Automation", "the approval automation"),
    ("Invoice", "the amounts on our last invoice"), ("Forecast", "the forecast for next quarter"),
    ("Import", "importing last month's figures"), ("Mobile app", "approvals on the phone"),
)  # fmt: skip
_INTEGRATION_TOPICS = (3, 7, 10)

_OPEN = {
    "calm": (
        ("Question about {topic}", "Hello, could you tell me how {thing} is meant to work? No hurry. Thanks!", 0.3),
        ("{topic}: how do I", "Hi team, we would like to get more out of {thing}. Is there a guide?", 0.4),
        ("{topic} request", "Could we get a small change in {thing}? It works well otherwise, thank you.", 0.5),
        ("{topic}", "A quick one: is {thing} included in our plan?", 0.1),
    ),
    "annoyed": (
        ("{topic} does not work", "We have trouble with {thing} since this morning. Please have a look.", -0.3),
        ("{topic} fails again", "This is the second time this month that {thing} fails. It costs us an hour each time.", -0.5),
        ("Slow {topic}", "{thing} has become slow, and people here have started to complain about it.", -0.4),
    ),
    "angry": (
        ("{topic} broken, urgent", "{thing} is broken and nobody answers. This is not acceptable. We need this solved today.", -0.9),
        ("Very disappointed with {topic}", "We are really disappointed. {thing} has failed for days and our board meeting depends on it.", -0.8),
        ("Escalation: {topic}", "Please escalate this. {thing} is useless to us in this state and we are looking at alternatives.", -0.95),
    ),
}  # fmt: skip


def ticket_text(mood: str, topic_draw: float, form_draw: float, *, integration: bool = False) -> Text:
    """A ticket. mood: calm, annoyed or angry; draws: uniform 0-1; integration: whether it is about syncing.

    >>> ticket_text("calm", 0.0, 0.0).subject
    'Question about report export'
    """
    number = _INTEGRATION_TOPICS[int(topic_draw * 3)] if integration else int(topic_draw * len(_TOPICS))
    topic, thing = _TOPICS[number]
    subject, body, sentiment = _OPEN[mood][int(form_draw * len(_OPEN[mood]))]
    fit = {"topic": topic if subject.startswith("{") else topic[0].lower() + topic[1:]}
    opened = body.format(thing=thing)
    return Text(subject.format(**fit), _sentences(opened), sentiment)


def _sentences(text: str) -> str:
    """Every sentence with a capital."""
    return ". ".join(part[:1].upper() + part[1:] for part in text.split(". "))


_OUTBOUND = (
    ("Checking in", "Hi {name}, how are things going with your plans this month? Anything we can help with?", 0.4),
    ("What is new in Ridgeline", "Hi {name}, three improvements that fit the way your team works. Shall I show you?", 0.5),
    ("Your usage this quarter", "Hi {name}, here is a short summary of what your team achieved this quarter.", 0.3),
    ("Ideas for your next planning round", "Hi {name}, two ideas from companies like yours that may save you time.", 0.4),
)  # fmt: skip
_INBOUND = {
    "good": (
        ("Re: Checking in", "Thanks, all is well here. The team likes the new dashboards a lot.", 0.8),
        ("More users", "We would like to bring another team on board. What do we need to do?", 0.7),
        ("Thank you", "Great session yesterday, very helpful. Thank you!", 0.9),
        ("Question on forecasts", "Could you tell me what the forecasting module would cost for us?", 0.4),
    ),
    "even": (
        ("Re: Your usage this quarter", "Received, thank you. I will come back to you.", 0.1),
        ("Moving our meeting", "Could we move our call to next week?", 0.0),
        ("A question", "Who is our contact for billing questions?", 0.0),
    ),
    "bad": (
        ("Our concerns", "Frankly, people here use it less and less and I struggle to defend the cost.", -0.7),
        ("Contract question", "What is the notice period of our contract?", -0.4),
        ("Re: Checking in", "We are still waiting for the fix you promised. It is frustrating.", -0.6),
    ),
}  # fmt: skip
MEETINGS = {
    "review": "Business review", "training": "Training session", "planning": "Planning call", "recovery": "Recovery plan",
    "onboarding": "Onboarding workshop",
}  # fmt: skip
_INTERVENTIONS = {
    "check_in": ("Personal check-in call", "Called to ask what has changed and agreed on next steps."),
    "training": ("Training for the team", "Hands-on training with the people who use it least."),
    "executive_outreach": (
        "Executive outreach",
        "Our executive spoke with their sponsor about goals and a recovery plan.",
    ),
    "discount": ("Offer: price adjustment", "Offered a lower price for the coming term."),
}


def intervention_text(kind: str) -> Text:
    """How an intervention stands in the communication log."""
    subject, body = _INTERVENTIONS[kind]
    return Text(subject, body, 0.2)


def email_text(direction: str, mood: float, draw: float, first_name: str) -> Text:
    """An e-mail. mood: the account's satisfaction (latent scale); draw: uniform 0-1."""
    if direction == "outbound":
        subject, body, sentiment = _OUTBOUND[int(draw * len(_OUTBOUND))]
    else:
        shelf = _INBOUND["good" if mood > 0.35 else "bad" if mood < -0.55 else "even"]
        subject, body, sentiment = shelf[int(draw * len(shelf))]
    return Text(subject, body.format(name=first_name), sentiment)


_COMMENTS = (
    (
        2,
        ("Too many things break and support is slow.", "We do not see the value any more.", "Nobody here uses it."),
        -0.8,
    ),
    (4, ("Promised much, works half of the time.", "Reports are fine, everything around them is a struggle."), -0.5),
    (6, ("It does the job, but it has become slow.", "Okay, but other tools have caught up."), -0.1),
    (
        8,
        (
            "Good product, the exports could be better.",
            "Useful for our planning rounds.",
            "Solid. More templates, please.",
        ),
        0.4,
    ),
    (
        10,
        ("Could not plan without it.", "Great support and very easy to use.", "Our whole team loves the dashboards."),
        0.9,
    ),
)


def comment(score_of_ten: float, draw: float) -> Text:
    """A survey comment for a score of 0-10; draw: uniform 0-1."""
    for most, texts, sentiment in _COMMENTS:
        if score_of_ten <= most:
            return Text("", texts[int(draw * len(texts))], sentiment)
    return Text("", "", 0.0)
