"""What is due is posted to months. A closed month never changes: the difference goes to the open one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from domain.money import Money
from domain.settlements.lines import Due, Line
from domain.settlements.periods import period_of
from domain.settlements.state import PlanTerms


class Ledger(NamedTuple):
    """The lines of one order that stand, and which month is open for each partner."""

    order_id: UUID
    plan: PlanTerms
    open_periods: Mapping[UUID, str]
    standing: tuple[Line, ...]

    def post(self, due: Due, *, about: str = "") -> tuple[Line, ...]:
        """The lines of this due: the closed ones as they stand, then one for what they do not cover.
        `about` is the month of the line that it corrects."""
        closed = tuple(line for line in self.standing if is_closed(line, due, self.open_periods))
        if due.cause is None:
            return closed or (self._line(due, due.amount, "", about),)
        rest = due.amount - Money(sum(line.amount.minor for line in closed), due.amount.currency)
        told = any(line.state == due.state for line in closed)
        if closed and not rest.minor and (told or due.state != "kept"):
            return closed
        month = period_of(due.cause.at, self.plan.zone)
        period = max(month, self.open_periods.get(due.partner_id, ""))
        original = about or (closed[0].period if closed else month)
        return (*closed, self._line(due, rest, period, original))

    def _line(self, due: Due, amount: Money, period: str, original_period: str) -> Line:
        return Line(
            order_id=self.order_id,
            partner_id=due.partner_id,
            plan_id=self.plan.plan_id,
            plan_version=self.plan.version,
            line_type=due.line_type,
            basis=due.basis,
            inputs=due.inputs,
            amount=amount,
            state=due.state,
            period=period,
            original_period=original_period,
            event_ids=due.event_ids,
        )


def is_closed(line: Line, due: Due, open_periods: Mapping[UUID, str]) -> bool:
    """Whether this line stands for such a due in a month that is closed."""
    same = (line.line_type, line.partner_id) == (due.line_type, due.partner_id)
    return same and bool(line.period) and line.period < open_periods.get(due.partner_id, "")
