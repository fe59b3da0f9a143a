"""A refusal by a rule is evidence: that it was refused is recorded, and nothing else changes."""

from __future__ import annotations

from domain.orders.state import Order, OrderEvent


class CommandRefused(OrderEvent):
    """`command` (its class name) was refused with `code`, under version `rule_version` of `rule`. Where rows of a
    market decided: on which grounds, by which rows, and what they rest on."""

    command: str
    code: str
    rule: str
    rule_version: int
    grounds: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    source: str = ""

    def evolve(self, order: Order, /) -> Order:
        return order
