"""A partner's month is closed. What is learnt later is posted to the month that is open then."""

from __future__ import annotations

from uuid import UUID

from domain.context import Context
from domain.kernel import Decision, Refused, Request, State, States, Stream, replace
from domain.settlements.periods import end_of, next_period
from domain.settlements.state import AccountEvent, PartnerAccount


class PeriodClosed(AccountEvent):
    """Nothing is posted to `period` any more, nor to one before it; `next_period` is open."""

    partner_id: UUID
    period: str
    next_period: str

    def evolve(self, account: PartnerAccount, /) -> PartnerAccount:
        return replace(account, open_period=self.next_period)


class ClosePeriod(Request):
    """Close a month such as 2026-04. The first may be any month that is over, then one follows the other."""

    partner_id: UUID
    period: str

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(PartnerAccount, self.partner_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(PartnerAccount, self.partner_id)
        following = next_period(self.period)
        open_period = states[stream].open_period
        if open_period and self.period < open_period:
            raise Refused("closed", "{period} is closed already", period=self.period)
        if open_period and self.period > open_period:
            raise Refused(
                "not_consecutive",
                "{open_period} is still open: close it before {period}",
                open_period=open_period,
                period=self.period,
            )
        if context.now < end_of(self.period):
            raise Refused(
                "not_over",
                "{period} is over everywhere only at {end}: close it then",
                period=self.period,
                end=end_of(self.period).isoformat(),
            )
        yield (
            stream,
            PeriodClosed(partner_id=self.partner_id, period=self.period, next_period=following),
        )
