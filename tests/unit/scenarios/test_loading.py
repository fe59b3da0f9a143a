"""A market's shipped rows, changed as a scenario tells."""

from __future__ import annotations

from datetime import date

import pytest

from app.scenarios.loading import load_market
from app.scenarios.steps import Fields, Loaded
from infra.errors import InputError
from infra.markets import load_markets

SHIPPED = load_markets().rows
RULING: Fields = {
    "id": "US-WA-ruling",
    "of": ["US-WA-sb6354-summary", "US-WA-sb6354-press"],
    "selects": "US-WA-sb6354-press",
    "decided_by": ["one", "another"],
    "reason": "the act was read",
    "source": "the act",
}


def test_the_shipped_rows_are_loaded_with_what_is_told() -> None:
    step = Loaded(
        says="why", load="US-WA", without=["US-WA-tesla"], ruling=[{**RULING, "on": date(2026, 12, 1)}]
    )
    command = load_market(step, SHIPPED)
    assert {row.id for row in SHIPPED["US-WA"].claims()} - {row.id for row in command.rows.claims()} == {
        "US-WA-tesla"
    }
    assert [ruling.id for ruling in command.rows.rulings] == ["US-WA-ruling"]
    assert command.reason == "why"


def test_all_that_is_wrong_is_told() -> None:
    step = Loaded(says="why", load="US-WA", without=["US-WA-nothing"], ruling=[RULING], law=[{"id": "x"}])
    with pytest.raises(InputError) as raised:
        load_market(step, SHIPPED)
    told = str(raised.value)
    assert "no row US-WA-nothing to leave out" in told
    assert "[[ruling]] US-WA-ruling: `on` is missing" in told
    assert "[[law]] x: " in told


def test_a_market_without_a_file_is_told() -> None:
    with pytest.raises(InputError, match="No file is shipped for the market XX"):
        load_market(Loaded(says="why", load="XX"), SHIPPED)
