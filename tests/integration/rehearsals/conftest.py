"""A desk over an empty order book, in the autumn of 2018."""

from collections.abc import Iterator

import pytest

from infra.clock import SimulatedClock
from tests.integration.log.conftest import desk, keys, log, vault
from tests.unit.orders.i3 import NOVEMBER

__all__ = ["desk", "keys", "log", "vault"]


@pytest.fixture
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedClock]:
    simulated = SimulatedClock(tmp_path_factory.mktemp("clock") / "clock")
    simulated.set(NOVEMBER)
    yield simulated
    simulated.close()
