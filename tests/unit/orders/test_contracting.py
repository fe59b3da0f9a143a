"""Offering and contracting: a price, the information before, and a seller whom the market allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.orders.contracting import ContractSigned
from domain.orders.offering import QuoteIssued
from domain.orders.settling import OrderSettled
from domain.orders.state import Order
from domain.orders.status import status
from domain.orders.withdrawing import WithdrawalWindowClosed
from domain.words import Party
from infra.codec import decode, encode
from tests.examples import (
    DAY,
    DEALER_ID,
    DELIVERED,
    EU_01,
    MK_01,
    NOON,
    OFFERED,
    US_01,
    WITHDRAW_UNTIL,
    deposit_paid,
    eur,
    hand_over,
    inform,
    informed,
    placed,
    placed_nc,
    quote,
    quoted,
    report_sale,
    sha,
    sign,
    signed,
    usd,
)
from tests.story import given

placed_mx = replace(placed, market="MX")
quoted_nc = replace(
    quoted,
    list_price=usd(66_000),
    net=usd(63_000),
    tax=usd(2_000),
    gross=usd(65_000),
    price_authority="dealer",
)


def test_a_quote_is_an_offer() -> None:
    outcome = given(placed).when(quote).then(quoted)
    assert status(outcome.after(Order)) == "offered"


def test_net_and_tax_make_gross() -> None:
    given(placed).when(replace(quote, tax=eur(1))).refused("amount")


def test_a_price_is_in_the_currency_of_the_order_and_positive() -> None:
    given(placed).when(replace(quote, net=usd(1))).refused("currency")
    given(placed).when(replace(quote, gross=eur(0))).refused("amount")


def test_a_quote_that_has_expired_is_none() -> None:
    given(placed).when(replace(quote, valid_until=NOON)).refused("past")


def test_after_the_contract_nothing_is_quoted() -> None:
    given(*OFFERED, signed).when(quote).refused("contracted")


def test_the_customer_is_informed_once_by_one_document() -> None:
    given(placed).when(inform).then(informed)
    given(placed, informed).when(inform).nothing()


def test_information_after_the_contract_is_flagged() -> None:
    given(placed, signed).when(inform).flagged("contracted")


def test_a_hash_is_64_hexadecimal_digits() -> None:
    given(placed).when(replace(inform, doc_sha256="abc")).refused("sha256")


def test_the_maker_sells_in_germany_through_an_agent() -> None:
    outcome = given(*OFFERED).when(sign).then(signed)
    assert status(outcome.after(Order)) == "contracted"


def test_a_contract_is_signed_once() -> None:
    given(*OFFERED, signed).when(sign).refused("contracted")


def test_a_contract_needs_a_price_that_stands() -> None:
    given(placed, informed).when(sign).refused("no_quote")
    given(*OFFERED).when(sign, at=quoted.valid_until).refused("quote_expired")


def test_a_contract_needs_the_information_before_it() -> None:
    given(placed, quoted).when(sign).refused("not_informed")


def test_a_promise_has_a_beginning_and_an_end() -> None:
    given(*OFFERED).when(replace(sign, promised_to=date(2026, 5, 31))).refused("promise")


@pytest.mark.parametrize("seller", ["dealer", "agent"])
def test_in_an_agency_nobody_but_the_maker_is_the_seller(seller: Party) -> None:
    given(*OFFERED).when(replace(sign, seller=seller)).refused("wrong_seller", rule=EU_01)


def test_in_an_agency_the_maker_sets_the_price() -> None:
    by_dealer = replace(quoted, price_authority="dealer")
    given(placed, by_dealer, informed).when(sign).refused("wrong_price_setter", rule=EU_01)


@pytest.mark.parametrize("seller", ["maker", "agent"])
def test_in_the_united_states_neither_the_maker_nor_its_agent_sells(seller: Party) -> None:
    given(placed_nc, quoted_nc, informed).when(replace(sign, seller=seller)).refused(
        "wrong_seller", rule=US_01
    )


def test_the_law_speaks_before_anything_is_missing() -> None:
    given(placed_nc).when(sign).refused("wrong_seller", rule=US_01)


def test_a_dealer_may_contract_in_the_united_states() -> None:
    outcome = given(placed_nc, quoted_nc, informed).when(replace(sign, seller="dealer", agent_id=None))
    contract = outcome.event(ContractSigned)
    assert (contract.seller, contract.invoicer, contract.withdrawal_days) == ("dealer", "dealer", 0)


def test_where_the_market_is_undetermined_nobody_sells() -> None:
    given(placed_mx, quoted, informed).when(sign).refused("market_undetermined", rule=MK_01)
    given(placed_mx).when(replace(sign, seller="dealer")).refused("market_undetermined", rule=MK_01)


def test_the_model_of_the_local_day_decides() -> None:
    """23:30 UTC on 30 September 2024 is 1 October in Germany, the first day of the agency."""
    long_quote = replace(quoted, valid_until=datetime(2024, 12, 1, tzinfo=UTC))
    story = given(placed, long_quote, informed)
    story.when(sign, at=datetime(2024, 9, 30, 21, 30, tzinfo=UTC)).refused("wrong_seller", rule=EU_01)
    story.when(sign, at=datetime(2024, 9, 30, 23, 30, tzinfo=UTC)).then(ContractSigned)


@pytest.mark.parametrize(
    ("channel", "days"), [("distance", 14), ("off_premises", 14), ("on_premises", 0), ("unknown", 0)]
)
def test_the_contract_remembers_whether_it_gives_a_right_to_withdraw(channel: str, days: int) -> None:
    asked = replace(sign, contract_channel=channel)  # type: ignore[arg-type]  # one of the four
    assert given(*OFFERED).when(asked).event(ContractSigned).withdrawal_days == days


def test_a_business_gets_no_right_to_withdraw() -> None:
    business = replace(placed, customer_type="fleet")
    contract = given(business, *OFFERED[1:]).when(sign).event(ContractSigned)
    assert (contract.withdrawal_days, contract.withdrawal_rule) == (0, None)


def test_a_dealers_sale_is_recorded_as_he_tells_it() -> None:
    outcome = given(placed_nc, informed).when(report_sale).flagged()
    contract = outcome.event(ContractSigned)
    assert (contract.seller_id, contract.gross, contract.signed_at) == (DEALER_ID, usd(65_000), NOON)


def test_a_sale_by_the_maker_in_the_united_states_is_recorded_and_flagged() -> None:
    sale = replace(report_sale, seller="maker", price_setter="maker", invoicer="maker")
    outcome = given(placed_nc, informed).when(sale)
    outcome.flagged("seller", "price_setter", "invoicer")
    contract = outcome.event(ContractSigned)
    assert (contract.rule, contract.distribution_model) == ("US-01", "franchise")


def test_a_sale_that_no_row_decides_has_no_confidence() -> None:
    unheard = replace(placed_nc, brand="ZONDA")
    contract = given(unheard, informed).when(report_sale).event(ContractSigned)
    assert (contract.distribution_model, contract.confidence, contract.decided_by) == (
        "undetermined",
        None,
        (),
    )
    assert decode("ContractSigned", encode(contract)) == contract


def test_a_sale_without_information_or_after_the_end_is_flagged() -> None:
    given(placed_nc).when(report_sale).flagged("not_informed")


def test_a_second_sale_of_one_order_is_flagged_and_the_same_terms_tell_nothing() -> None:
    first = given(placed_nc, informed).when(report_sale).event(ContractSigned)
    story = given(placed_nc, informed, first)
    story.when(report_sale, at=NOON + DAY).nothing()
    story.when(replace(report_sale, terms_sha256=sha("4"))).flagged("contracted")


def test_the_first_contract_stands_and_no_money_moves() -> None:
    settled = (*DELIVERED, WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL), OrderSettled())
    second = replace(report_sale, seller="maker", gross=eur(1), net=eur(1), terms_sha256=sha("4"))
    before = given(*settled).when(hand_over).after(Order)
    outcome = given(*settled).when(second, at=WITHDRAW_UNTIL + DAY).then(ContractSigned)
    assert "contracted" in outcome.event(ContractSigned).contradicts
    assert replace(outcome.after(Order), told=before.told) == before
    given(*settled, outcome.event(ContractSigned)).when(second, at=WITHDRAW_UNTIL + DAY).nothing()


def test_a_sale_in_another_currency_or_of_an_unknown_order_is_refused() -> None:
    given(placed_nc).when(replace(report_sale, gross=eur(1))).refused("currency")
    given().when(report_sale).refused("unknown_order")


def test_a_later_quote_replaces_an_earlier_one() -> None:
    cheaper = QuoteIssued(
        list_price=eur(39_000),
        net=eur(30_000),
        tax=eur(5_700),
        gross=eur(35_700),
        options=(),
        price_authority="maker",
        valid_until=NOON + DAY,
    )
    contract = given(placed, deposit_paid, quoted, cheaper, informed).when(sign).event(ContractSigned)
    assert (contract.gross, contract.options) == (eur(35_700), ())
