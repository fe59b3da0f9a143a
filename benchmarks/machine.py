"""What the figures were measured on, and when: kept beside them in `benchmarks/machine.json`."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

import psutil
import psycopg

from infra.embedded.postgres import OPTIONS

FILE = Path(__file__).parent / "machine.json"
LIBRARIES = ("eventsourcing", "psycopg", "kafka-python", "msgspec", "fastavro")


class Machine(TypedDict):
    """One machine and the versions on it."""

    cpu: str
    cores: int
    memory_gb: int
    system: str
    python: str
    postgres: str
    libraries: dict[str, str]
    postgres_settings: dict[str, str]


class Measured(TypedDict):
    """One part of the suite: which size of it was measured last, when, of which commit, on what."""

    size: str
    at: str
    seconds: int
    commit: str
    machine: Machine


def described(postgres: str) -> Machine:
    """This machine. `postgres` is the connection string of the server that was measured."""
    with psycopg.connect(postgres) as connection:
        row = connection.execute("show server_version").fetchone()
    return Machine(
        cpu=_cpu(),
        cores=len(psutil.Process().cpu_affinity())
        if hasattr(psutil.Process, "cpu_affinity")
        else os.cpu_count() or 0,
        memory_gb=round(psutil.virtual_memory().total / 1e9),
        system=platform.platform(),
        python=platform.python_version(),
        postgres=str(row[0]) if row else "",
        libraries={name: version(name) for name in LIBRARIES},
        postgres_settings={
            name: value for name, value in OPTIONS.items() if name not in {"port", "listen_addresses"}
        },
    )


def measured(machine: Machine, size: str, seconds: float) -> Measured:
    return Measured(
        size=size,
        at=datetime.now(UTC).isoformat(timespec="minutes"),
        seconds=round(seconds),
        commit=_commit(),
        machine=machine,
    )


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists() and (found := re.search(r"model name\s*: (.*)", information.read_text())):
        return found[1]
    return platform.processor() or platform.machine()


def _commit() -> str:
    """The commit of the working tree, with a + if something in it was changed; "" outside a repository."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=FILE.parent, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    # What the suite itself writes is no change of what is measured.
    changed = git("status", "--porcelain", "--", ":/", ":!/benchmarks/*.json", ":!/docs")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def remembered() -> dict[str, Measured]:
    """The parts that were measured, by name."""
    found: dict[str, Measured] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def remember(parts: dict[str, Measured]) -> None:
    FILE.write_text(json.dumps(parts, indent=2) + "\n", encoding="utf-8")
