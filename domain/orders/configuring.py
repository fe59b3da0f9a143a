"""Whether the catalogue lets an order have the car that is asked for."""

from __future__ import annotations

from datetime import datetime

from domain.context import Context
from domain.kernel import Refused
from domain.markets.questions import line_of
from domain.orders.state import Order


def orderable(order: Order, options: tuple[str, ...], at: datetime, context: Context) -> None:
    """Check that the order's car, with these options, can be ordered on the local day of `at`, and built. A line
    that the catalogue does not list is not judged.

    Raises:
        Refused: what `Catalogue.check` raises.
    """
    markets = context.markets
    context.catalogue.check(
        order.brand,
        line_of(order.model),
        options,
        markets.today(order.market, at),
        order.market,
        powertrain=order.powertrain,
    )


def against_catalogue(
    order: Order, options: tuple[str, ...], at: datetime, context: Context
) -> tuple[str, ...]:
    """The code under which a request for this car would be refused, as a report is flagged with it."""
    try:
        orderable(order, options, at, context)
    except Refused as refusal:
        return (refusal.code,)
    return ()
