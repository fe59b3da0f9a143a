"""Our own side: a desk on a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.flow import NoonClock
from domain.sealed import Clear, Personal, Sealed
from infra.clock import Clock
from infra.handle import Desk
from infra.log import Log
from infra.markets import load_markets
from infra.vault.sealing import SealedRow


@contextmanager
def desk(conninfo: str, clock: Clock | None = None) -> Iterator[Desk]:
    """A desk of an order book, with every market, and without a vault."""
    clock = clock or NoonClock()
    with Log(conninfo, clock) as log:
        yield Desk(log, _Unused(), load_markets(), clock, digest_key=bytes(32))


class _Unused:
    """No command that is measured has clear text."""

    def known(self, clear: Clear, how: Personal, subject: object) -> Sealed | None:
        raise AssertionError("there is clear text")

    def seal(self, clear: Clear, how: Personal, subject: object) -> tuple[Sealed, SealedRow]:
        raise AssertionError("there is clear text")
