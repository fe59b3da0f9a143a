"""Money: whole minor units, one currency a sum, halves to even."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import CurrencyMismatch, Money

minors = st.integers(-(10**12), 10**12)
amounts = st.builds(Money, minors, st.just("EUR"))
rates = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("minor", "basis_points", "share"),
    [(3_200_000, 550, 176_000), (50, 100, 0), (150, 100, 2), (250, 100, 2), (-50, 100, 0), (-150, 100, -2)],
)
def test_a_share_rounds_halves_to_even(minor: int, basis_points: int, share: int) -> None:
    assert Money(minor, "EUR").share(basis_points) == Money(share, "EUR")


@given(amounts, rates)
def test_a_share_is_never_more_than_half_a_unit_off(amount: Money, rate: int) -> None:
    exact = Fraction(amount.minor * rate, 10_000)
    assert abs(amount.share(rate).minor - exact) <= Fraction(1, 2)


@given(amounts, rates)
def test_a_share_of_what_goes_back_goes_back_whole(amount: Money, rate: int) -> None:
    assert (-amount).share(rate) == -(amount.share(rate))


@given(amounts, amounts, amounts)
def test_sums_do_not_depend_on_their_order(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (c + b)
    assert a + b - b == a
    assert a + (-a) == Money(0, "EUR")


@given(amounts)
def test_the_whole_is_ten_thousand_basis_points(amount: Money) -> None:
    assert amount.share(10_000) == amount
    assert amount.share(0) == Money(0, "EUR")


@given(amounts, amounts)
def test_amounts_are_ordered_as_their_units(a: Money, b: Money) -> None:
    assert (a < b) == (a.minor < b.minor)
    assert (a <= b) == (a.minor <= b.minor)


def test_two_currencies_never_meet() -> None:
    euro, pound = Money(1, "EUR"), Money(1, "GBP")
    for meet in (euro.__add__, euro.__sub__, euro.__lt__, euro.__le__):
        with pytest.raises(CurrencyMismatch, match="EUR and GBP"):
            meet(pound)


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "", "€€€", "E1R", "EUR\n"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match=r"three capital letters such as EUR$"):
        Money(1, currency)
