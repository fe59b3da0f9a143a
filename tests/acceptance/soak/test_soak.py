"""Twenty seconds of a soak. `make soak` runs ten minutes of it, with any seed."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.soak.run import soak

SECONDS = 20.0
SEED = 4


def test_nothing_is_wrong_after_kills_pauses_and_lost_connections(tmp_path: Path) -> None:
    report = soak(SECONDS, SEED, tmp_path / "soak")
    assert report.violations == []
    assert sum(report.disturbances.values()) > 0
    assert report.events > 0
