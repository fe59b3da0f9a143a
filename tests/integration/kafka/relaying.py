"""A relay in a process of its own:
`python -m tests.integration.kafka.relaying CONNINFO KAFKA PREFIX EVENTS_MAX [DIES [SHARD OF]]`.

It publishes until SIGTERM, or, as `kill -9` would end it, until it has sent the event number DIES (0: never).
"""

import _thread
import os
import signal
import sys
import threading
from typing import Any

from infra import relay
from infra.errors import CarnetError
from infra.outgoing import Record
from infra.publisher import Publisher
from infra.shard import Shard


class Mortal(Publisher):
    """Dies in the middle of a transaction."""

    dies_at = 0

    def _send(self, record: Record) -> Any:
        sent = super()._send(record)
        self.dies_at -= 1
        if self.dies_at == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return sent


def main(
    database: str,
    kafka: str,
    prefix: str,
    events_max: str,
    dies_at: str = "0",
    shard: str = "0",
    of: str = "1",
) -> int:
    Mortal.dies_at = int(dies_at)
    vars(relay)["Publisher"] = Mortal
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _thread.start_new_thread(stop.set, ()))
    mortal = relay.Relay(
        postgres=database,
        bootstrap=kafka,
        prefix=prefix,
        shard=Shard(int(shard), int(of)),
        events_max=int(events_max),
        patience_s=10,
    )
    try:
        mortal.run(stop)
    except CarnetError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
