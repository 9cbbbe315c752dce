"""Random conditions and columns for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from forestay.conditions.document import (
    All,
    Any_,
    Compare,
    Comparison,
    Condition,
    EventWithin,
    InSegment,
    NoEvent,
    Not,
    Sequence,
)

COLUMNS = ["measure.a", "measure.b", "account.plan", "trait.Company Size"]
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
scalars = st.one_of(numbers, st.booleans(), names)
windows = st.integers(1, 400)
_columns = st.sampled_from(COLUMNS)
_order = st.sampled_from([Comparison.BELOW, Comparison.AT_MOST, Comparison.ABOVE, Comparison.AT_LEAST])


def _compare(how: st.SearchStrategy[Comparison], value: st.SearchStrategy[object]) -> st.SearchStrategy[Compare]:
    return st.builds(lambda c, h, v: Compare(column=c, is_=h, value=v), _columns, how, value)


numeric_leaves = _compare(_order, numbers)
leaves: st.SearchStrategy[Condition] = st.one_of(
    numeric_leaves,
    _compare(st.sampled_from([Comparison.EQUAL, Comparison.NOT_EQUAL]), scalars),
    _compare(st.sampled_from([Comparison.IN, Comparison.NOT_IN]), st.lists(scalars, min_size=1, max_size=4).map(tuple)),
    _compare(st.just(Comparison.BETWEEN), st.tuples(numbers, numbers)),
    _compare(st.sampled_from([Comparison.MISSING, Comparison.PRESENT]), st.none()),
    st.builds(EventWithin, event=names, within_days=st.integers(1, 100), at_least=st.integers(1, 99)),
    st.builds(NoEvent, no_event=names, within_days=windows),
    st.builds(Sequence, sequence=st.lists(names, min_size=2, max_size=4).map(tuple), within_days=windows),
    st.builds(InSegment, segment=st.sampled_from(["big", "new-logo", "7"])),
)


def trees(of: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions whose leaves come from a strategy."""
    return st.recursive(
        of,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(all=tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any_(any=tuple(parts))),
            inner.map(lambda part: Not(not_=part)),
        ),
        max_leaves=8,
    )


conditions = trees(leaves)
