"""A process of its own that knows nothing but Kafka: reads every topic back and folds the orders again.

    python -m app.demo.readback BOOTSTRAP PREFIX

prints one JSON object: `consumed`, `duplicates`, and `statuses` (orders by status). What cannot be read is told
in one sentence, with its exit code.
"""

from __future__ import annotations

import sys
from collections import Counter
from uuid import UUID

from app.output import print_json
from domain.kernel import Event, fold
from domain.orders.state import Order
from domain.orders.status import status
from infra.errors import CarnetError, IntegrityFault
from infra.subscriber import Published, read_all


class Subscriber:
    """Takes each event once, in the order of its stream."""

    def __init__(self) -> None:
        self.consumed = 0
        self.duplicates = 0
        self._versions: Counter[UUID] = Counter()
        self._orders: dict[UUID, list[Event]] = {}

    def take(self, published: Published) -> None:
        """Raises IntegrityFault if an event of the stream is missing."""
        stream, version = published.stream_id, published.envelope.version
        if version <= self._versions[stream]:
            self.duplicates += 1
            return
        if version != self._versions[stream] + 1:
            raise IntegrityFault(f"Stream {stream} goes from version {self._versions[stream]} to {version}.")
        self._versions[stream] = version
        self.consumed += 1
        if published.family == "orders":
            self._orders.setdefault(stream, []).append(published.event)

    def statuses(self) -> dict[str, int]:
        """How many orders stand at each status, by its name."""
        orders = (fold(Order(), events) for events in self._orders.values())
        return dict(sorted(Counter(status(order) for order in orders if order.exists).items()))


def main() -> None:
    bootstrap, prefix = sys.argv[1:]
    subscriber = Subscriber()
    for published in read_all(bootstrap, prefix):
        subscriber.take(published)
    print_json(
        {
            "consumed": subscriber.consumed,
            "duplicates": subscriber.duplicates,
            "statuses": subscriber.statuses(),
        }
    )


if __name__ == "__main__":
    try:
        main()
    except CarnetError as fault:
        print(fault, file=sys.stderr)
        sys.exit(fault.exit_code)
