"""Seasons as `carnet demo` plays them, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import msgspec
import psycopg
from psycopg import sql

from app.demo.summary import Summary
from tests.acceptance.installation import inherited

WITHIN_S = 600.0


def played(orders: int, seed: int, *options: str, **environment: str) -> Summary:
    """What `carnet demo --json` tells of a season; it must end well."""
    command = [sys.executable, "-m", "app", "demo", "--orders", str(orders), "--seed", str(seed), "--json"]
    done = subprocess.run(
        [*command, *options],
        env={**inherited(), **environment},
        capture_output=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Summary)


def played_on(postgres: str, kafka: str, orders: int, seed: int) -> Summary:
    """The same on servers that the demo did not start, in databases that are gone afterwards."""
    name = f"season_{uuid4().hex[:12]}"
    try:
        return played(
            orders,
            seed,
            *("--database", name, "--topic-prefix", f"{name}."),
            CARNET_POSTGRES=postgres,
            CARNET_KAFKA=kafka,
        )
    finally:
        with psycopg.connect(postgres, autocommit=True) as server:
            for database in (name, f"{name}_keys"):
                drop = sql.SQL("drop database if exists {} with (force)")
                server.execute(drop.format(sql.Identifier(database)))
