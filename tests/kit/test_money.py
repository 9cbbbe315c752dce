"""Amounts read the way people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestay.kit.money import amount_text, rounded


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("48000", "USD", "$48,000.00"),
        ("1234567.5", "EUR", "€1,234,567.50"),
        ("-3", "JPY", "-¥3"),
        ("1.2345", "KWD", "KWD 1.234"),
    ],
)
def test_amounts_are_written_in_the_smallest_unit_of_their_currency(amount: str, currency: str, text: str) -> None:
    assert amount_text(Decimal(amount), currency) == text


@given(st.decimals(-(10**12), 10**12, places=6, allow_nan=False), st.sampled_from(["USD", "JPY", "KWD"]))
def test_rounding_twice_changes_nothing_more(amount: Decimal, currency: str) -> None:
    assert rounded(rounded(amount, currency), currency) == rounded(amount, currency)
    assert abs(rounded(amount, currency) - amount) <= Decimal("0.5")
