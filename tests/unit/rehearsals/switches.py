"""The French i3 goes back to the dealers on 1 January 2019: the switch as a rehearsal reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from domain.kernel import Event, Recorded
from infra.markets.switching import Fragment, read_switch
from tests.examples import MARKETS, ORDER_ID
from tests.recording import history

SWITCH: Final = """
[provenance]
author = "market desk"
reason = "rehearsal of the day that the dealers were told"
published_on = 2018-10-31
verified_on = 2026-11-22
review_by = 2027-11-22

[[distribution]]
id = "FR-BMW-i-agency"
brands = ["BMW"]
lines = ["i3", "i8"]
ages = ["new", "nearly_new"]
model = "agency_non_genuine"
confidence = "M"
source = "letter to the network"
steps = [
  { step = "adopted", on = "2013", effective = "2013" },
  { step = "reversed", on = "2018-10", effective = "2019-01-01" },
]
"""
NEW_YEAR: Final = datetime(2018, 12, 31, 23, tzinfo=UTC)  # midnight in Paris
EFFECTIVE: Final = date(2019, 1, 1)
Told = tuple[datetime, Event]


def fragment(folder: Path, text: str = SWITCH) -> Fragment:
    """The fragment as it is read from a file."""
    path = folder / "i3-reversal.toml"
    path.write_text(text, encoding="utf-8")
    return read_switch(path, MARKETS)


def order(*told: Told) -> list[Recorded]:
    """The history of one order."""
    return history(ORDER_ID, told)
