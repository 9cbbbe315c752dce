"""What counts as the event, and on which day it happened."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.labels import (
    AnyOf,
    BadLabel,
    Cancelled,
    Contracted,
    Expanded,
    LabelForm,
    LastActivity,
    NotRenewed,
    Silent,
    days_until,
    event_days,
    known_after,
    label_schema,
    read_label,
)
from tests.predictions.past import DatedFacts, dated

STARTED = {0: 1.0}


def days_of(label: LabelForm, facts: DatedFacts, silence: list[float] | None = None) -> list[int]:
    quiet = None if silence is None else np.array([silence])
    return np.flatnonzero(event_days(label, facts, quiet)[0]).tolist()


def test_an_account_that_churns_or_loses_all_revenue_has_cancelled() -> None:
    assert days_of(Cancelled(), dated(9, mrr={0: 100.0, 5: -100.0})) == [5]
    assert days_of(Cancelled(), dated(9, mrr={0: 100.0}, account__churned={7: 1.0})) == [7]


def test_a_term_that_ends_and_is_followed_by_another_within_grace_was_renewed() -> None:
    ended = dated(30, mrr={0: 100.0, 10: -100.0, 14: 100.0}, subscription__ended={10: 1.0})
    assert days_of(NotRenewed(grace_days=7), ended) == []
    assert days_of(NotRenewed(grace_days=3), ended) == [10]


def test_losing_a_fifth_of_revenue_is_a_contraction_and_losing_all_is_not() -> None:
    facts = dated(12, mrr={0: 100.0, 3: -20.0, 6: -4.0, 9: -76.0})
    assert days_of(Contracted(at_least=0.1), facts) == [3]


def test_a_first_subscription_is_no_expansion() -> None:
    assert days_of(Expanded(at_least=0.05), dated(12, mrr={1: 100.0, 3: 3.0, 6: 20.0})) == [6]


def test_silence_happens_on_the_day_that_completes_it() -> None:
    silence = [0, 1, 2, 3, 4, 0, 1]
    assert days_of(Silent(days=3), dated(7, mrr=STARTED), silence) == [3]


def test_the_last_activity_lies_where_the_silence_began_or_before_the_end() -> None:
    silence = [0, 1, 0, *range(1, 9)]
    assert days_of(LastActivity(silent_days=7), dated(11, mrr=STARTED), silence) == [2]
    left = dated(11, mrr=STARTED, account__churned={5: 1.0})
    assert days_of(LastActivity(silent_days=60), left, silence) == [2]


def test_whichever_comes_first_and_what_is_known_when() -> None:
    either = AnyOf(any=(Cancelled(), NotRenewed(grace_days=14)))
    assert known_after(either) == 14
    assert days_of(either, dated(9, mrr={0: 50.0, 4: -50.0})) == [4]


def test_silence_without_activity_to_look_at_is_refused() -> None:
    with pytest.raises(BadLabel, match="days since the last activity"):
        event_days(Silent(), dated(5, mrr=STARTED), None)


def test_documents_are_read_and_bad_ones_say_where() -> None:
    assert read_label({"label": "silent", "days": 21}) == Silent(days=21)
    assert read_label({"any": [{"label": "cancelled"}, {"label": "expanded"}]}) == AnyOf(any=(Cancelled(), Expanded()))
    with pytest.raises(BadLabel, match="days"):
        read_label({"label": "silent", "days": 0})
    with pytest.raises(BadLabel):
        read_label({"label": "sad"})
    assert "silent" in str(label_schema())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=15), st.data())
def test_days_until_the_next_event_count_from_the_day_after(happened: list[bool], data: st.DataObject) -> None:
    at = np.array(sorted(data.draw(st.sets(st.integers(0, len(happened) - 1), min_size=1))))
    later = [[day - start for day in range(start + 1, len(happened)) if happened[day]] for start in at]
    expected = [min(days, default=np.inf) for days in later]
    assert days_until(np.array([happened]), at)[0].tolist() == expected
