"""`carnet demo`: a whole season comes out right, and the same every time."""

from __future__ import annotations

from typing import get_args

import msgspec

from app.demo.summary import Summary
from domain.orders.status import OrderStatus
from tests.acceptance.conftest import ORDERS, SEED
from tests.acceptance.seasons import played, played_on


def test_a_season_of_two_thousand_orders() -> None:
    summary = played(2000, 7)
    assert summary.orders == 2000
    assert summary.events == summary.published == summary.consumed > 2000
    assert summary.duplicates == 0
    assert summary.statuses == summary.statuses_from_kafka
    assert sum(summary.statuses.values()) == summary.orders
    assert summary.statuses.keys() == set(get_args(OrderStatus))
    assert summary.refused["US-01"] >= 1
    assert summary.clawbacks >= 1
    assert summary.kept_fault_principal >= 1
    assert summary.parked >= 1
    verdicts = {verdict for verdicts in summary.findings.values() for verdict in verdicts}
    assert {"PASS", "FAIL", "INDETERMINATE"} <= verdicts
    assert summary.findings.keys() == {"AL-01", "CO-03", "CR-03", "EU-01", "US-01"}
    assert all(minor > 0 for minor in summary.commission_total_minor.values())


def test_the_same_seed_plays_the_same_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    again = played_on(postgres, kafka, ORDERS, SEED)
    assert msgspec.structs.replace(again, seconds=0) == msgspec.structs.replace(undisturbed, seconds=0)


def test_another_seed_plays_another_season(undisturbed: Summary, postgres: str, kafka: str) -> None:
    other = played_on(postgres, kafka, ORDERS, SEED + 1)
    assert other.orders == undisturbed.orders
    assert other.digest != undisturbed.digest
