"""What the measures mean, and which documents are refused."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from forestay.kit.errors import Invalid
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.definition import DOCUMENT, Difference, Ratio, schema
from forestay.measures.evaluate import MeasureSet, evaluate
from forestay.measures.event_kinds import Count
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.measure import Measure
from forestay.measures.online import Memory, evaluate_all
from forestay.measures.series import SeriesBook

TODAY = 20_000
CONTEXT = MeasureContext(
    FeatureBook(
        (
            Feature("reports", "Reports", ("Report",), is_sticky=True),
            Feature("api", "API", ("Call",), is_premium=True, deployed_on=TODAY - 45),
            Feature("new", "New", ("New",), deployed_on=TODAY - 44),
            Feature("coming", "Coming", ("Coming",), deployed_on=TODAY + 1),
        )
    ),
    {EventRole.WORKFLOW: ("Flow",)},
)
BOOK = SeriesBook.build(CONTEXT.features, CONTEXT.roles)


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


@pytest.fixture
def memory() -> Memory:
    """One account, row 0, of which nothing is known yet."""
    empty = Memory.empty(BOOK, TODAY)
    empty.cube.grow(1)
    return empty


def use(memory: Memory, event: str, days_ago: int, times: int = 1, user: int = 1) -> None:
    entries = BOOK.expand(BOOK.codes([event]), ints(0), ints(TODAY - days_ago), ints(times))
    memory.cube.add(entries.rows, entries.series, entries.days, entries.weights)
    memory.users.touch(ints(user), ints(0), ints(TODAY - days_ago))


def fact(memory: Memory, name: str, days_ago: int, value: float = 1.0) -> None:
    memory.facts.add(name, ints(0), ints(TODAY - days_ago), np.array([value]))


def measured(memory: Memory, key: str) -> float:
    return float(MeasureSet(DEFAULT_MEASURES, CONTEXT).evaluate(memory.substrate(ints(0)), [key])[key][0])


def unused_features(feature: Feature, used_days_ago: int | None = None) -> float:
    """The measure of an account whose company offers just this feature."""
    context = MeasureContext(FeatureBook((feature,)), {})
    book = SeriesBook.build(context.features, context.roles)
    memory = Memory.empty(book, TODAY)
    memory.cube.grow(1)
    days = ints() if used_days_ago is None else ints(TODAY - used_days_ago)
    entries = book.expand(
        book.codes(list(feature.events) * len(days)), ints(*[0] * len(days)), days, ints(*[1] * len(days))
    )
    memory.cube.add(entries.rows, entries.series, entries.days, entries.weights)
    measures = MeasureSet(DEFAULT_MEASURES, context)
    return float(measures.evaluate(memory.substrate(ints(0)), ["unused_features_45d"])["unused_features_45d"][0])


def test_every_default_measure_says_what_it_is() -> None:
    assert [m.key for m in DEFAULT_MEASURES if not m.description or not m.label] == []


def test_every_default_measure_survives_the_round_trip_through_its_document() -> None:
    assert tuple(DOCUMENT.validate_python(DOCUMENT.dump_python(m)) for m in DEFAULT_MEASURES) == DEFAULT_MEASURES


def test_the_schema_names_every_kind() -> None:
    assert set(schema()["discriminator"]["mapping"]) >= {m.kind for m in DEFAULT_MEASURES}


def test_an_account_of_which_nothing_is_known_has_no_invented_numbers(memory: Memory) -> None:
    columns = evaluate_all(MeasureSet(DEFAULT_MEASURES, CONTEXT), memory, 1)
    zero = {key for key, values in columns.items() if values[0] == 0}
    assert zero == {
        "active_users_7d", "active_users_30d", "active_days_28d", "events_7d", "events_30d", "premium_events_14d", "premium_first_60d",
        "features_used_30d", "feature_adoption_30d", "workflow_events_30d", "workflows_first_30d", "open_tickets",
        "tickets_30d", "escalations_14d", "escalations_30d", "interactions_90d", "meetings_90d", "inbound_90d",
        "sponsor_left_90d", "contacts_left_90d", "invoices_overdue", "overdue_amount", "late_payments_180d",
    }  # fmt: skip


def test_usage_that_halved_is_a_change_of_one_half(memory: Memory) -> None:
    use(memory, "other", 28, times=10)
    use(memory, "other", 27, times=5)
    assert measured(memory, "usage_change_28d") == 0.5


def test_a_sticky_feature_is_compared_with_the_mean_week_before(memory: Memory) -> None:
    use(memory, "Report", 34, times=40)
    use(memory, "Report", 6, times=5)
    assert measured(memory, "sticky_change_7d") == 0.5


@pytest.mark.parametrize(
    ("deployed_days_ago", "is_premium", "unused"),
    [
        (44, False, math.nan),
        (45, False, 1),
        (180, False, 1),
        (181, False, math.nan),
        (60, True, math.nan),
        (None, False, math.nan),
    ],
)
def test_only_features_for_everybody_deployed_in_the_last_half_year_can_be_unused(
    deployed_days_ago: int | None, is_premium: bool, unused: float
) -> None:
    deployed_on = None if deployed_days_ago is None else TODAY - deployed_days_ago
    guide = Feature("guide", "Guide", ("Guide",), is_premium=is_premium, deployed_on=deployed_on)
    assert unused_features(guide) == pytest.approx(unused, nan_ok=True)


def test_a_feature_used_in_the_last_45_days_is_not_unused() -> None:
    guide = Feature("guide", "Guide", ("Guide",), deployed_on=TODAY - 60)
    assert unused_features(guide, used_days_ago=44) == 0


def test_premium_use_is_new_for_sixty_days(memory: Memory) -> None:
    use(memory, "Call", 59)
    assert measured(memory, "premium_first_60d") == 1
    use(memory, "Call", 60)
    assert measured(memory, "premium_first_60d") == 0


def test_features_that_are_coming_do_not_lower_adoption(memory: Memory) -> None:
    use(memory, "New", 3)
    assert measured(memory, "feature_adoption_30d") == pytest.approx(1 / 3)


def test_a_first_workflow_is_only_the_first_one(memory: Memory) -> None:
    use(memory, "Flow", 5)
    first = measured(memory, "workflows_first_30d")
    use(memory, "Flow", 300)
    assert (first, measured(memory, "workflows_first_30d")) == (1, 0)


def test_an_event_name_that_nobody_gave_a_role_is_missing_and_not_zero(memory: Memory) -> None:
    assert np.isnan(measured(memory, "sign_ins_30d"))


def test_an_account_silent_for_longer_than_the_ring_still_tells_since_when(memory: Memory) -> None:
    use(memory, "other", 0)
    memory.roll_to(TODAY + 200)
    assert measured(memory, "days_since_activity") == 200


def test_seats_come_from_subscriptions_before_the_account_itself(memory: Memory) -> None:
    memory.traits.set(0, "seats", 50)
    own = measured(memory, "seats_contracted")
    fact(memory, "seats", 10, 20.0)
    use(memory, "other", 1)
    assert (own, measured(memory, "seats_contracted"), measured(memory, "seat_use_30d")) == (50, 20, 1 / 20)


def test_seat_use_is_compared_with_the_seats_of_then(memory: Memory) -> None:
    fact(memory, "seats", 90, 10.0)
    fact(memory, "seats", 20, 10.0)
    use(memory, "other", 65, user=1)
    use(memory, "other", 1, user=1)
    assert measured(memory, "seat_use_change_60d") == 0.5


def test_payments_in_time_are_a_delay_of_zero_and_no_payments_are_unknown(memory: Memory) -> None:
    unknown = measured(memory, "payment_delay_days_180d")
    fact(memory, "invoice.settled", 9)
    in_time = measured(memory, "payment_delay_days_180d")
    fact(memory, "invoice.paid_late", 5, 12.0)
    assert (np.isnan(unknown), in_time, measured(memory, "payment_delay_days_180d")) == (True, 0, 12)


def test_satisfaction_is_the_mean_of_tickets_and_surveys(memory: Memory) -> None:
    fact(memory, "ticket.csat", 80, 5.0)
    fact(memory, "survey.csat", 2, 2.0)
    assert measured(memory, "csat_90d") == 3.5


def test_a_renewal_that_passed_is_negative(memory: Memory) -> None:
    memory.traits.set(0, "renews_on", TODAY - 3)
    assert measured(memory, "days_to_renewal") == -3


def test_revenue_that_grew_by_half_is_a_change_of_one_and_a_half(memory: Memory) -> None:
    fact(memory, "mrr", 200, 100.0)
    fact(memory, "mrr", 20, 50.0)
    assert measured(memory, "mrr_change_90d") == 1.5


def test_a_measure_may_read_another(memory: Memory) -> None:
    use(memory, "other", 0, times=30)
    use(memory, "other", 10, times=30)
    own = [*DEFAULT_MEASURES, Ratio(key="recent", of="events_7d", over="events_30d")]
    assert evaluate(own, memory.substrate(ints(0)), ["recent"], CONTEXT)["recent"][0] == 0.5


def test_measures_that_read_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(Invalid, match="a -> b -> a"):
        MeasureSet([Difference(key="a", of="b", minus="b"), Ratio(key="b", of="a", over="a")])


def test_a_measure_that_reads_nothing_known_is_refused() -> None:
    with pytest.raises(Invalid, match="ghost"):
        MeasureSet([Ratio(key="a", of="ghost", over="ghost")])


def test_two_measures_with_one_key_are_refused() -> None:
    with pytest.raises(Invalid):
        MeasureSet([Count(key="a", days=1), Count(key="a", days=2)])


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "count", "key": "x", "days": 101},
        {"kind": "count", "key": "x", "days": 60, "ending_days_ago": 60},
        {"kind": "count", "key": "x", "days": 5, "series": "role"},
        {"kind": "change", "key": "x", "days": 60, "before_days": 60},
        {"kind": "seat_use_change", "key": "x", "days": 30, "before_days": 80},
        {"kind": "guess", "key": "x"},
        {"kind": "count", "key": "Bad Key", "days": 5},
        {"kind": "count", "key": "x", "days": 5, "surprise": 1},
    ],
)
def test_a_document_beyond_reach_or_reason_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DOCUMENT.validate_python(document)


def test_the_defaults_need_no_more_users_than_are_kept() -> None:
    assert MeasureSet(DEFAULT_MEASURES, CONTEXT).needs.kept_windows == {30}


def test_many_accounts_are_measured_block_by_block_like_one(memory: Memory) -> None:
    use(memory, "Report", 2, times=7)
    whole = evaluate_all(MeasureSet(DEFAULT_MEASURES, CONTEXT), memory, 5000)
    assert (whole["events_7d"][0], whole["events_7d"].sum(), len(whole["mrr"])) == (7, 7, 5000)


def test_measures_say_of_themselves_only_what_is_known() -> None:
    assert set(Measure.model_fields) == {"key", "label", "description", "unit", "higher_is_better"}
