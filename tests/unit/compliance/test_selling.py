"""EU-01 and US-01: who sold, against who may."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.orders.contracting import ContractSigned
from infra.codec import encode
from tests.examples import CONTRACTED, OFFERED, placed, placed_nc, sha, signed
from tests.unit.compliance.audited import under

by_dealer = replace(
    signed,
    seller="dealer",
    price_setter="dealer",
    stock_owner="dealer",
    invoicer="dealer",
    agent_id=None,
    terms_sha256=sha("3"),
)


def test_a_sale_as_the_agency_wants_it_passes() -> None:
    found = under("EU-01", *CONTRACTED)
    assert (found.verdict, found.severity) == ("PASS", 1)


def test_without_a_contract_nothing_is_asked() -> None:
    assert under("EU-01", *OFFERED).verdict == "N/A"
    assert under("US-01", *OFFERED).verdict == "N/A"


@pytest.mark.parametrize(
    ("contract", "role"),
    [
        (replace(signed, seller="dealer"), "seller"),
        (replace(signed, price_setter="dealer"), "price setter"),
        (replace(signed, stock_owner="agent"), "stock owner"),
        (replace(signed, invoicer="dealer"), "invoicer"),
    ],
)
def test_whoever_steps_out_of_the_model_fails(contract: ContractSigned, role: str) -> None:
    found = under("EU-01", *OFFERED, contract)
    assert found.verdict == "FAIL"
    assert f"the {role} was the " in found.says


def test_the_model_of_the_day_of_the_contract_counts_not_that_of_today() -> None:
    before = datetime(2024, 9, 30, 21, 59, tzinfo=UTC)
    after = datetime(2024, 9, 30, 22, 0, tzinfo=UTC)
    assert under("EU-01", placed, replace(by_dealer, signed_at=before)).verdict == "PASS"
    assert under("EU-01", placed, replace(by_dealer, signed_at=after)).verdict == "FAIL"


def test_one_wrong_contract_among_several_is_found() -> None:
    found = under("EU-01", *CONTRACTED, by_dealer)
    assert found.verdict == "FAIL"


def test_flags_of_ours_are_not_believed() -> None:
    clean = replace(by_dealer, contradicts=(), distribution_model="franchise", rule="EU-01")
    assert under("EU-01", placed, clean).verdict == "FAIL"
    accused = replace(signed, contradicts=("seller", "invoicer"))
    assert under("EU-01", placed, accused).verdict == "PASS"


@pytest.mark.parametrize(
    ("market", "brand", "why"),
    [
        ("MX", "MINI", "is not determined"),
        ("FR", "MINI", "is not determined"),
        ("DE", "Zonda", "is not determined"),
        ("DE", "ROLLS-ROYCE", "DE-ROLLS-ROYCE-direct, DE-ROLLS-ROYCE-franchise"),
        ("ZZ", "MINI", "there is no market ZZ"),
    ],
)
def test_what_the_rows_do_not_know_is_indeterminate(market: str, brand: str, why: str) -> None:
    found = under("EU-01", replace(placed, market=market, brand=brand), by_dealer)
    assert found.verdict == "INDETERMINATE"
    assert why in found.says


def test_evidence_is_the_event_and_the_hash_of_its_body() -> None:
    (told,) = under("EU-01", placed, signed).evidence
    assert told.name == "ContractSigned"
    assert told.sha256 == hashlib.sha256(encode(signed)).hexdigest()
    assert dict(told.facts)["seller"] == "maker"
    assert "contradicts" not in dict(told.facts)


def test_in_the_united_states_a_dealer_sells() -> None:
    assert under("US-01", placed_nc, by_dealer).verdict == "PASS"
    failed = under("US-01", placed_nc, signed)
    assert failed.verdict == "FAIL"
    assert "the maker sold in US-NC" in failed.says
    assert under("EU-01", placed_nc, signed).verdict == "N/A"


def test_outside_the_united_states_us_01_does_not_ask() -> None:
    assert under("US-01", *CONTRACTED).verdict == "N/A"


def test_the_row_of_the_place_says_which_rule_asks_who_sold() -> None:
    assert "where EU-01 asks" in under("US-01", *CONTRACTED).says
    assert "where US-01 asks" in under("EU-01", placed_nc, signed).says
    assert under("US-01", replace(placed, market="MX"), by_dealer).verdict == "N/A"


def test_a_place_without_a_row_that_permits_is_indeterminate() -> None:
    assert under("US-01", replace(placed_nc, market="US-DC"), signed).verdict == "INDETERMINATE"
    early = replace(signed, signed_at=datetime(2015, 1, 1, tzinfo=UTC))
    assert under("US-01", placed_nc, early).verdict == "INDETERMINATE"


IN_2023 = datetime(2023, 5, 5, 12, tzinfo=UTC)
rolls_royce = replace(placed, brand="ROLLS-ROYCE")


def test_a_weak_row_never_fails_anybody_but_says_that_it_would() -> None:
    found = under("EU-01", rolls_royce, replace(signed, signed_at=IN_2023))
    assert found.verdict == "INDETERMINATE"
    assert "it would fail if row DE-ROLLS-ROYCE-franchise holds" in found.says


def test_a_weak_row_never_passes_anybody() -> None:
    found = under("EU-01", rolls_royce, replace(by_dealer, signed_at=IN_2023))
    assert found.verdict == "INDETERMINATE"
    assert "too weak to pass" in found.says


def test_an_overdue_row_is_as_weak() -> None:
    late = datetime(2027, 11, 23, 12, tzinfo=UTC)
    assert under("EU-01", placed, replace(signed, signed_at=late)).verdict == "INDETERMINATE"
    found = under("EU-01", placed, replace(by_dealer, signed_at=late))
    assert found.verdict == "INDETERMINATE"
    assert "it would fail if row DE-MINI-agency holds" in found.says


def test_a_weak_prohibition_would_fail_and_a_weak_permission_never_passes() -> None:
    tesla = replace(placed_nc, brand="TESLA")
    alaska = under("US-01", replace(tesla, market="US-AK"), signed)
    assert alaska.verdict == "INDETERMINATE"
    carolina = under("US-01", replace(tesla, market="US-SC"), signed)
    assert carolina.verdict == "INDETERMINATE"
    assert "it would fail if row US-SC-never-franchised" in carolina.says


def test_a_maker_whom_law_lets_sell_is_not_asked_about() -> None:
    tesla = replace(placed_nc, brand="TESLA")
    assert under("US-01", tesla, signed).verdict == "N/A"
    assert under("US-01", replace(tesla, market="US-TX"), signed).verdict == "FAIL"
