"""Amounts of money: Decimal and currency together, written the way a reader expects.

Gives : amount_text(), rounded()
Source: ISO 4217 minor units; currencies without cents are listed here, all others have two places.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF ", "CAD": "CA$", "AUD": "A$"}
_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest unit, half to even.

    >>> rounded(Decimal("2.345"), "USD"), rounded(Decimal("2.5"), "JPY")
    (Decimal('2.34'), Decimal('2'))
    """
    places = 0 if currency in _WHOLE else 3 if currency in _THREE else 2
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def amount_text(amount: Decimal, currency: str, *, whole: bool = False) -> str:
    """For people: sign, thousands in commas; `whole` leaves out the cents. Missing is the caller's to say.

    >>> amount_text(Decimal("48000"), "USD", whole=True), amount_text(Decimal("-9.5"), "EUR")
    ('$48,000', '-€9.50')
    """
    exact = amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN) if whole else rounded(amount, currency)
    return f"{'-' if exact < 0 else ''}{_SIGNS.get(currency, currency + ' ')}{abs(exact):,f}"
