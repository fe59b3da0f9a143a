"""An agreement ends: one side gives notice, or ends it at once. Told by codes: `not_signed`, `ended` (it had
ended before), `notice_short`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.deadlines import months_later
from domain.kernel import Refused
from domain.partners.asking import PartnerReport, PartnerRequest
from domain.partners.facts import earliest
from domain.partners.state import Partner, PartnerEvent, known_agreement

Side = Literal["principal", "partner"]
TerminationReason = Literal["mutual", "breach", "insolvency", "licence_lost", "market_left"]


class NoticeGiven(PartnerEvent):
    """One side gave notice on this local day; `ends_on` is the first day without the agreement."""

    agreement_id: UUID
    given_by: Side
    given_on: date
    ends_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        agreement = partner.agreement(self.agreement_id)
        if agreement is None:
            return partner
        return partner.with_agreement(
            self.agreement_id,
            notice_on=earliest(agreement.notice_on, self.given_on),
            ends_on=earliest(agreement.ends_on, self.ends_on),
        )


class AgreementTerminated(PartnerEvent):
    """The agreement ended at once; `ends_on` is the first day without it."""

    agreement_id: UUID
    ended_by: Side
    reason: TerminationReason
    ends_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        agreement = partner.agreement(self.agreement_id)
        if agreement is None:
            return partner
        return partner.with_agreement(self.agreement_id, ends_on=earliest(agreement.ends_on, self.ends_on))


class GiveNotice(PartnerRequest):
    """The principal gives notice. The agreement ends when the notice is over, or on the later day of `ends_on`."""

    agreement_id: UUID
    ends_on: date | None = None

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        agreement = known_agreement(partner, self.agreement_id)
        day = context.markets.today(agreement.market, context.occurred_at)
        first = months_later(day, agreement.notice_months)
        if agreement.standing(day) != "signed":
            raise Refused(
                "not_signed",
                "an agreement that is {standing} takes no notice",
                standing=agreement.standing(day).replace("_", " "),
            )
        if self.ends_on is not None and self.ends_on < first:
            raise Refused(
                "notice_short",
                "ends_on is {ends_on}, but {months} months of notice run until {first}",
                ends_on=self.ends_on,
                months=agreement.notice_months,
                first=first,
            )
        yield NoticeGiven(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            given_by="principal",
            given_on=day,
            ends_on=self.ends_on or first,
        )


class ReportNotice(PartnerReport):
    """One side gave notice to the other. A notice that ends nothing earlier tells nothing new."""

    agreement_id: UUID
    given_by: Side
    ends_on: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        agreement = known_agreement(partner, self.agreement_id)
        day = context.markets.today(agreement.market, context.occurred_at)
        if self.ends_on < day:
            raise Refused(
                "period",
                "ends_on is {ends_on}: that lies before the notice of {day}",
                ends_on=self.ends_on,
                day=day,
            )
        if (
            agreement.notice_on is not None
            and agreement.ends_on is not None
            and agreement.ends_on <= self.ends_on
        ):
            return
        yield NoticeGiven(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            given_by=self.given_by,
            given_on=day,
            ends_on=self.ends_on,
            contradicts=codes(
                not_signed=not agreement.signed,
                ended=agreement.standing(day) == "ended",
                notice_short=self.ends_on < months_later(day, agreement.notice_months),
            ),
        )


class ReportTermination(PartnerReport):
    """One side ended the agreement at once; it does not hold from the day on which this happened. If it had
    ended by then, that tells nothing new."""

    agreement_id: UUID
    ended_by: Side
    reason: TerminationReason

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        agreement = known_agreement(partner, self.agreement_id)
        day = context.markets.today(agreement.market, context.occurred_at)
        if agreement.last_end is not None and agreement.last_end <= day:
            return
        yield AgreementTerminated(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            ended_by=self.ended_by,
            reason=self.reason,
            ends_on=day,
            contradicts=codes(not_signed=not agreement.signed),
        )
