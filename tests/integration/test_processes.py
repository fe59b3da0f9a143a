"""A process that was noted is known again, and no other is taken for it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from infra.embedded.processes import BOOT, Identity, alive, identity_of, spawn, stop, wait_until
from infra.embedded.servers import Embedded
from infra.settings import read

PATIENCE_S = 60.0


def test_a_process_that_was_ended_by_somebody_else_leaves_no_zombie(tmp_path: Path) -> None:
    identity = spawn(["sleep", "600"], log=tmp_path / "log", folder=tmp_path)
    subprocess.run(["kill", str(identity.pid)], check=True)
    assert wait_until(lambda: not psutil.pid_exists(identity.pid), seconds=PATIENCE_S)
    assert not alive(identity)


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[Identity]:
    identity = spawn(["sleep", "600"], log=tmp_path / "log", folder=tmp_path)
    yield identity
    os.kill(identity.pid, signal.SIGKILL)


def correct_the_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """What psutil tells is the ticks of a process since the boot, and when that was by the clock of today."""
    boot = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + seconds)


def test_servers_are_found_and_stopped_though_the_clock_was_corrected(
    server_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Embedded(server_data, cache=read().cache)
    house.start("postgres")
    try:
        correct_the_clock(monkeypatch, seconds=4)
        assert {one.name: one.state for one in house.status()}["postgres"] == "running"
    finally:
        assert house.stop() == ["postgres"]


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_process_is_found_again_though_the_clock_was_corrected(
    sleeping: Identity, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    correct_the_clock(monkeypatch, seconds)
    assert alive(sleeping)
    assert identity_of(sleeping.pid) == sleeping


def test_another_process_with_the_same_id_is_left_alone(sleeping: Identity) -> None:
    mine = identity_of(os.getpid())
    noted = Identity(sleeping.pid, mine.born)
    assert not alive(noted)
    stop(noted, politely=signal.SIGTERM, seconds=0)
    assert alive(sleeping)


def test_the_same_id_and_the_same_ticks_after_another_boot_are_another_process(sleeping: Identity) -> None:
    boot, _, ticks = str(sleeping.born).partition(" ")
    assert boot == BOOT.read_text().strip()
    assert not alive(Identity(sleeping.pid, f"{uuid4()} {ticks}"))


def test_a_process_that_an_earlier_version_noted_is_found(sleeping: Identity) -> None:
    born = psutil.Process(sleeping.pid).create_time()
    assert alive(Identity(sleeping.pid, born))
    assert not alive(Identity(sleeping.pid, born - 60))


def test_a_process_is_known_whatever_its_name(tmp_path: Path) -> None:
    shutil.copy("/bin/sleep", tmp_path / ") 1 2 (")
    identity = spawn([str(tmp_path / ") 1 2 ("), "600"], log=tmp_path / "log", folder=tmp_path)
    mine = identity_of(os.getpid())
    assert int(str(identity.born).split()[1]) >= int(str(mine.born).split()[1])
    stop(identity, politely=signal.SIGTERM, seconds=PATIENCE_S)
    assert not alive(identity)
