"""A process that rebuilds, one event a write: `python -m tests.integration.projections.rebuilder CONNINFO`."""

import sys

from infra.log import Log
from projections import rebuilding, run
from projections.switching import Site
from tests.integration.projections.scene import CLOCK
from tests.integration.projections.tally import ENDED, TALLY


def main(database: str) -> None:
    run.READ_EVENTS = run.WRITE_ROWS = 1
    with Log(database, CLOCK) as log:
        rebuilding.rebuild(
            Site(conninfo=database, log=log, clock=CLOCK),
            [TALLY, ENDED],
            progress=lambda position, _: print(position, flush=True),
        )


main(sys.argv[1])
