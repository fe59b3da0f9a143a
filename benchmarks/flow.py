"""The work that is measured: the commands of one order's sale, each decided by the real domain."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from domain.kernel import Command
from tests import examples

NOON = examples.NOON

# The buyer is a reference already, so neither side seals: what is measured is load, decide and append.
SALE: tuple[Command, ...] = (
    examples.reserve,
    examples.pay_deposit,
    examples.quote,
    examples.inform,
    examples.sign,
    examples.change,
    examples.revise,
    examples.schedule,
    examples.pay_balance,
    examples.cancel,
)


def sale() -> list[Command]:
    """The commands of a new order, in order."""
    order_id = uuid4()
    return [replace(command, order_id=order_id) for command in SALE]


class NoonClock:
    """It is always noon, so that every run decides alike."""

    def now(self) -> datetime:
        return NOON.astimezone(UTC)
