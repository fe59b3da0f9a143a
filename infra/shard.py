"""A relay's share of the work: a fixed subset of Kafka's partitions.

Shard k of n publishes what goes to the partitions p with `p % n == k`. A key has one partition, so its events have
one relay, and their order is kept; and a transaction touches few partitions.
"""

from __future__ import annotations

from typing import NamedTuple

from infra.errors import InputError


class Shard(NamedTuple):
    """Number `number` (from 0) of `of` shards."""

    number: int
    of: int

    def owns(self, partition: int) -> bool:
        """Whether it is this shard that publishes to a partition."""
        return partition % self.of == self.number

    def __str__(self) -> str:
        return f"{self.number} of {self.of}"


WHOLE = Shard(0, 1)


def shard_numbered(number: int | None, of: int) -> Shard:
    """The shard that was asked for; the only one need not be named.

    Raises:
        InputError: there is no such shard.
    """
    if number is None and of > 1:
        raise InputError(
            f"There are {of} shards: name one with --shard, from 0 to {of - 1}.",
            hint="Each is a relay of its own, and all of them must run.",
        )
    number = number or 0
    if not 0 <= number < of:
        numbers = "only shard 0" if of == 1 else f"only the shards 0 to {of - 1}"
        raise InputError(f"There is no shard {number}, {numbers}.", hint="CARNET_RELAY_SHARDS says how many.")
    return Shard(number, of)
