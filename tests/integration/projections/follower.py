"""A process that follows the log until SIGTERM: `python -m tests.integration.projections.follower CONNINFO [SLOT…]`."""

import _thread
import signal
import sys
import threading
from collections.abc import Sequence

from infra.log import Log
from tests.integration.projections.scene import CLOCK, runner
from tests.integration.projections.tally import ENDED, TALLY


def main(database: str, *slots: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _thread.start_new_thread(stop.set, ()))
    ours: Sequence[int] = [int(slot) for slot in slots] or range(64)
    with Log(database, CLOCK) as log, runner(database, log, TALLY, ENDED, slots=ours) as running:
        print("following", flush=True)
        running.follow(stop)


main(*sys.argv[1:])
