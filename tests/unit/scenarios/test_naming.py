"""Names stand for ids, texts for hashes, `500.00 USD` for amounts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

import domain.everything  # noqa: F401 -- defines every command
from app.scenarios.naming import Names, amount, money
from domain.kernel import Rule
from domain.money import Money
from domain.orders.assigning import AssignReservation, Candidate
from domain.orders.contracting import SignContract
from domain.orders.offering import IssueQuote
from infra.errors import InputError


def test_a_name_is_one_id_in_its_scenario() -> None:
    names = Names("one")
    assert names.id("Anna") == names.id("Anna") == Names("one").id("Anna")
    assert names.id("Anna") != Names("another").id("Anna")


def test_fields_may_stand_without_id_and_within_lists() -> None:
    names = Names("one")
    told = {"order": "an order", "candidates": [{"dealer": "near", "distance_km": 3}]}
    assert names.command("AssignReservation", told) == AssignReservation(
        order_id=names.id("an order"),
        candidates=(Candidate(dealer_id=names.id("near"), distance_km=3),),
    )


def test_documents_are_hashed_and_days_of_days_kept() -> None:
    names = Names("one")
    told = {
        "order": "an order",
        "seller": "dealer",
        "seller_id": "a dealer",
        "contract_channel": "on_premises",
        "promised_from": date(2026, 5, 1),
        "promised_to": date(2026, 5, 2),
        "terms": "the contract",
    }
    command = names.command("SignContract", told)
    assert isinstance(command, SignContract)
    assert command.seller == "dealer"
    assert command.seller_id == names.id("a dealer")
    assert command.terms_sha256 == sha256(b"the contract").hexdigest()
    assert command.promised_from == date(2026, 5, 1)


def test_a_day_that_is_asked_as_a_time_is_noon() -> None:
    told = {
        "order": "an order",
        **dict.fromkeys(("list_price", "net", "gross"), "10.50 EUR"),
        "tax": "0.00 EUR",
        "price_authority": "dealer",
        "valid_until": date(2026, 5, 1),
    }
    command = Names("one").command("IssueQuote", told)
    assert isinstance(command, IssueQuote)
    assert command.gross == Money(1050, "EUR")
    assert command.valid_until == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["500 USD", "500.0 USD", "1,000.00 USD", "500.00", ""])
def test_an_amount_has_two_digits_and_a_currency(text: str) -> None:
    with pytest.raises(InputError, match=r"Write it as 500\.00 USD"):
        money(text)


@pytest.mark.parametrize("text", ["0.05 EUR", "-12.30 GBP", "48000.00 USD"])
def test_an_amount_comes_back_as_it_was_written(text: str) -> None:
    assert amount(money(text)) == text


def test_values_are_told_by_name() -> None:
    names = Names("one")
    found = {"a": names.id("Anna"), "b": None, "c": (Rule("US-01", 1), Money(5, "EUR")), "d": 3}
    assert names.plain(found) == {"a": "Anna", "b": "", "c": ["US-01 v1", "0.05 EUR"], "d": 3}
    assert names.in_words(f"order {names.id('Anna')} is gone") == "order Anna is gone"


def test_an_unknown_field_is_told() -> None:
    with pytest.raises(InputError, match="has no field colour"):
        Names("one").command("AssignReservation", {"order": "o", "candidates": [], "colour": "red"})


def test_an_unknown_command_is_told() -> None:
    with pytest.raises(InputError, match="There is no command FlyToTheMoon"):
        Names("one").command("FlyToTheMoon", {})
