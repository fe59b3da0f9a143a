"""A question has the keys of `carnet market explain`, and no others."""

from __future__ import annotations

from datetime import date

import pytest

from app.scenarios.explaining import explain
from infra.errors import InputError
from infra.markets import load_markets

MARKETS = load_markets()
ASKED = {"brand": "MINI", "market": "DE", "on": date(2024, 10, 1)}


def test_what_is_left_out_has_its_default() -> None:
    assert explain(MARKETS, ASKED, None) == explain(
        MARKETS, {**ASKED, "customer": "private", "age": "new", "channel": "showroom", "home": "DE"}, None
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({**ASKED, "colour": "red"}, "colour"),
        ({"brand": "MINI", "market": "DE"}, "on"),
        ({**ASKED, "customer": "king"}, "customer"),
    ],
)
def test_a_wrong_key_is_told(told: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=rf"The question is wrong: .*{words}"):
        explain(MARKETS, told, None)
