"""A relay in a process of its own: `python -m tests.integration.kafka.relaying CONNINFO KAFKA PREFIX BATCH [DIES]`.

It publishes until SIGTERM, or, as `kill -9` would end it, until it has encoded the event number DIES.
"""

import _thread
import os
import signal
import sys
import threading

import domain.everything  # noqa: F401 -- registers the events
from domain.kernel import Event
from infra.avro import Catalogue, Codec
from infra.clock import SystemClock
from infra.errors import CarnetError
from infra.log import Log
from infra.relay import Relay


class Mortal(Codec):
    """Dies in the middle of a batch."""

    def __init__(self, dies_at: int) -> None:
        super().__init__(Catalogue.load())
        self._left = dies_at

    def encode(self, event: Event) -> bytes:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(event)


def main(database: str, kafka: str, prefix: str, batch: str, dies_at: str = "0") -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _thread.start_new_thread(stop.set, ()))
    with Log(database, SystemClock()) as log:
        relay = Relay(
            log,
            postgres=database,
            bootstrap=kafka,
            prefix=prefix,
            codec=Mortal(int(dies_at)),
            batch_max=int(batch),
            patience_seconds=10,
        )
        try:
            relay.run(stop)
        except CarnetError as error:
            print(error, file=sys.stderr)
            return error.exit_code
    return 0


sys.exit(main(*sys.argv[1:]))
