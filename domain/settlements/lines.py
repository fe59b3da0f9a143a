"""One line of what an order owes a partner, as a statement prints it."""

from __future__ import annotations

from typing import Literal, NamedTuple
from uuid import UUID

from domain.frozen import frozen
from domain.money import Money
from domain.settlements.facts import Moment

LineType = Literal["base", "handover_fee", "clawback"]
LineState = Literal["provisional", "earned", "held", "kept", "reversed"]
Inputs = tuple[tuple[str, str], ...]


@frozen
class Line:
    """`basis` is the formula in words, `inputs` the name and value of each of its terms, `event_ids` the facts.

    `period` is the month whose statement carries it, "" while it is on none (provisional, held, or reversed
    before it was earned). `original_period` is the month that it is about: another one when the fact was
    learnt after its month was closed, and for what corrects an earlier line.
    """

    order_id: UUID
    partner_id: UUID
    plan_id: UUID
    plan_version: int
    line_type: LineType
    basis: str
    inputs: Inputs
    amount: Money
    state: LineState
    period: str
    original_period: str
    event_ids: tuple[UUID, ...]


class Due(NamedTuple):
    """What an order comes to for one partner and line type, before it is posted to months. `cause` is the fact
    that put it on a statement, None while it stands on none."""

    partner_id: UUID
    line_type: LineType
    basis: str
    inputs: Inputs
    amount: Money
    state: LineState
    cause: Moment | None
    event_ids: tuple[UUID, ...]
