"""A process that follows the log until SIGTERM: `python -m tests.integration.projections.follower CONNINFO`."""

import _thread
import signal
import sys
import threading

from infra.clock import SystemClock
from infra.log import Log
from projections.run import Runner
from tests.integration.projections.tally import ENDED, TALLY


def main(database: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _thread.start_new_thread(stop.set, ()))
    with Log(database, SystemClock()) as log, Runner(database, log, [TALLY, ENDED], SystemClock()) as runner:
        print("following", flush=True)
        runner.follow(stop)


main(sys.argv[1])
