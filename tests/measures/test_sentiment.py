"""What customers write is read as they mean it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.measures.sentiment import NEGATIVE, sentiment


@pytest.mark.parametrize(
    "text",
    [
        "The export is broken again and nobody answers.",
        "This does not work.",
        "It won't even open any more!",
        "We have been waiting for a reply for three weeks.",
        "I would not recommend it to anybody.",
        "Frankly, people here use it less and less.",
        "We want to cancel our subscription.",
        "Support was not helpful.",
        "👎",
    ],
)
def test_a_complaint_is_negative(text: str) -> None:
    assert sentiment(text) < NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "Great session yesterday, very helpful!",
        "No problem, all good now.",
        "I couldn't be happier, it works great :)",
        "Not bad at all.",
    ],
)
def test_praise_is_positive(text: str) -> None:
    assert sentiment(text) > -NEGATIVE


@pytest.mark.parametrize(
    "text", ["Hello, please help me with the report on Monday.", "Could we move our call to next week?"]
)
def test_courtesy_is_no_mood(text: str) -> None:
    assert abs(sentiment(text)) < 0.25


def test_what_comes_after_but_weighs_more() -> None:
    assert sentiment("It is slow, but the reports are great.") > sentiment("The reports are great, but it is slow.")


def test_louder_is_stronger() -> None:
    assert sentiment("This is TERRIBLE!!!") < sentiment("This is very terrible.") < sentiment("This is terrible.") < 0


def test_mail_quoted_from_others_is_not_read() -> None:
    answer = "Thanks, this works great now.\n> the export is broken and useless\n> nobody answers, this is unacceptable"
    assert sentiment(answer) > 0


def test_subject_and_body_are_read_together() -> None:
    assert (
        sentiment("Export broken", None)
        == sentiment("Export broken", "  ")
        < sentiment("Export broken", "Solved, thanks!")
    )


def test_nothing_written_is_no_tone() -> None:
    assert math.isnan(sentiment(None, "", "  \n"))
    assert sentiment("Invoice 2026-11") == 0.0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_every_text_has_a_tone_between_minus_one_and_one(text: str) -> None:
    tone = sentiment(text)
    assert math.isnan(tone) or -1 <= tone <= 1
