"""`carnet consume`: what others tell us becomes commands, policies follow our own events, timers fire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import reaching
from app.stopping import stop_signals
from app.wiring import opened
from consumers.run import CONSUMERS, run
from consumers.workshop import Workshop
from infra.settings import Settings


@contextmanager
def workshop() -> Iterator[tuple[Settings, Workshop]]:
    """What consumers work with, on the order book that the settings name."""
    with (
        opened() as book,
        Workshop.opened(
            conninfo=book.conninfo, desk=book.desk, log=book.log, vault=book.vault, clock=book.clock
        ) as shop,
    ):
        yield book.settings, shop


def consume(*names: str) -> None:
    """Run consumers until stopped: payments, factory, policies, timers; all of them if NAMES has none.

    What cannot be processed is parked (`carnet parked`). At any other fault it stops with an exit code, and a
    supervisor starts it again; nothing is lost or done twice.
    """
    with workshop() as (settings, shop), stop_signals() as stop:
        reads_kafka = not names or any(name in CONSUMERS for name in names)
        bootstrap = reaching.kafka(settings) if reads_kafka else ""
        run(names, shop, stop, bootstrap=bootstrap, prefix=settings.topic_prefix)
