"""Dividing the work of publishing among another number of relays, while none of them runs.

The old shards are first brought to one position, and the new ones go on from there. The record of shard 0 is written
last: until then no relay starts, old or new, because the records differ, and this can be run again.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from threading import Event as Flag

import msgspec

from infra.errors import AlreadyRunning, IntegrityFault
from infra.only_one import only_one
from infra.position import NOTHING, Positions, all_positions, shard_positions
from infra.publisher import Publisher
from infra.relay import Relay, name_of
from infra.shard import Shard


def reshard(
    *, postgres: str, bootstrap: str, prefix: str, source: str, shards: int, stop: Flag
) -> int | None:
    """Let `shards` relays go on where those before stopped. Returns up to which position all is published; None if
    `stop` was set, and nothing changed.

    Raises:
        AlreadyRunning: a relay runs.
        InputError: there are more shards than partitions.
        IntegrityFault: a relay ran in between.
        PostgresFault, KafkaFault: a server cannot be reached; what was done stands, run it again.
    """
    try:
        return _reshard(postgres, bootstrap, prefix, source, shards, stop)
    except AlreadyRunning as fault:
        raise AlreadyRunning(fault.message, hint="Stop every relay first, then run this again.") from fault


def _reshard(postgres: str, bootstrap: str, prefix: str, source: str, shards: int, stop: Flag) -> int | None:
    before = shard_positions(bootstrap, prefix)
    goal = max((one.position for one in before), default=0)
    for number, reached in enumerate(before):
        if reached.position < goal and not stop.is_set():
            shard = Shard(number, len(before))
            relay = Relay(postgres=postgres, bootstrap=bootstrap, prefix=prefix, source=source, shard=shard)
            relay.run(stop, until=goal)
    if stop.is_set():
        return None
    with ExitStack() as locks:
        for number in range(max(shards, len(before))):
            locks.enter_context(only_one(postgres, name_of(prefix, number)))
        _divide(bootstrap, prefix, shards, all_positions(bootstrap, prefix))
    return goal


def _divide(bootstrap: str, prefix: str, shards: int, found: Positions) -> None:
    """Write a record for every shard that there is or was."""
    last = found.get(0, NOTHING)
    if {found.get(number, NOTHING).position for number in range(last.shards)} != {last.position}:
        raise IntegrityFault(
            "The old shards are not at one position any more: a relay ran.",
            hint="Stop all relays and try again.",
        )
    position = msgspec.structs.replace(last, shards=shards)
    for number in sorted({*found, *range(shards)}, reverse=True):
        with closing(Publisher(bootstrap, prefix, shard=Shard(number, shards), start=position)):
            pass  # it has written where it starts
