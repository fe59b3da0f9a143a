"""`carnet demo`: a whole season comes out right."""

from __future__ import annotations

from typing import get_args

from domain.orders.status import OrderStatus
from tests.acceptance.seasons import played


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
