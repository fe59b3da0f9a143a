"""`carnet demo`: the same every time."""

from __future__ import annotations

import msgspec

from app.demo.summary import Summary
from tests.acceptance.conftest import ORDERS, SEED
from tests.acceptance.seasons import played_on


def test_the_same_seed_plays_the_same_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    again = played_on(postgres, kafka, ORDERS, SEED)
    assert msgspec.structs.replace(again, seconds=0) == msgspec.structs.replace(undisturbed, seconds=0)


def test_another_seed_plays_another_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    other = played_on(postgres, kafka, ORDERS, SEED + 1)
    assert other.orders == undisturbed.orders
    assert other.digest != undisturbed.digest
