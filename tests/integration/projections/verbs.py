"""What people do with builds, as `carnet project` does it, and somebody who follows meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from infra.postgres import Connection
from projections import builds, following, rebuilding, switching
from projections.builds import Build
from projections.kernel import Projection
from projections.switching import Site, alone, go_live, next_build, roll_back
from tests.integration.projections.tally import TALLY


def prepared(site: Site, projection: Projection) -> Build:
    made = rebuilding.prepare(site, [projection])
    assert made
    return made[0]


def switch(site: Site, *some: Projection, lacking: bool = False) -> list[switching.Switched] | None:
    with alone(site, "switch", some) as connection:
        ready = [next_build(connection, one) for one in some]
        return go_live(connection, site, ready, lacking=lacking)


def rollback(site: Site, projection: Projection) -> switching.Switched:
    with alone(site, "rollback", [projection]) as connection:
        return roll_back(connection, site, projection)


def live(reading: Connection, projection: Projection = TALLY) -> int:
    build = builds.find(reading, projection, "live")
    assert build
    return build.number


@contextmanager
def followed(site: Site, *some: Projection) -> Iterator[None]:
    """While the block runs, a thread follows what readers see. It may not fail."""
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            following.follow(site.conninfo, site.log, some, site.clock, stop)
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert not faults
