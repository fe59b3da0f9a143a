"""A partner answers: he signs, signs under protest, or declines. Or a principal tells of an agreement that runs.

What an answer contradicts is told by codes: `not_offered` (by that day), `signed` (he had signed before, and
that answer stands), `ended`, `incompatible_roles` (a row of the market forbids this role beside another that he
signed), `costs_told_late` (a row asks for a list of costs, and it did not come in time), `notice_short`,
`term_short`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal
from uuid import UUID

from domain.checks import codes, hashes
from domain.context import Context
from domain.kernel import Refused
from domain.partners.asking import PartnerReport
from domain.partners.facts import Agreement, Answer
from domain.partners.offering import AgreementCommand
from domain.partners.state import Partner, PartnerEvent, known_agreement

Reply = Literal["signed", "under_protest", "declined"]


class AgreementSigned(PartnerEvent):
    """The partner signed on this local day. `under_protest`: he reserved his rights, and is bound all the same.
    `doc_sha256` (hex) is the signed document's."""

    agreement_id: UUID
    under_protest: bool
    doc_sha256: str
    signed_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        if "signed" in self.contradicts:
            return partner
        answer: Answer = "under_protest" if self.under_protest else "signed"
        return partner.with_agreement(self.agreement_id, answer=answer, answered_on=self.signed_on)


class AgreementDeclined(PartnerEvent):
    """The partner does not want the agreement; he may still sign it later."""

    agreement_id: UUID
    declined_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        if "signed" in self.contradicts:
            return partner
        return partner.with_agreement(self.agreement_id, answer="declined", answered_on=self.declined_on)


class RecordAnswer(PartnerReport):
    """The partner answered an offer; what he signed is known by `doc_sha256` (hex). The same answer again tells
    nothing new."""

    agreement_id: UUID
    answer: Reply
    doc_sha256: str = ""

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        agreement = known_agreement(partner, self.agreement_id)
        if self.answer != "declined":
            hashes(doc_sha256=self.doc_sha256)
        day = context.markets.today(agreement.market, context.occurred_at)
        if agreement.answer == self.answer:
            return
        contradicts = against(agreement, partner, day, context)
        if self.answer == "declined":
            yield AgreementDeclined(
                partner_id=self.partner_id,
                agreement_id=self.agreement_id,
                declined_on=day,
                contradicts=tuple(code for code in contradicts if code in {"not_offered", "signed", "ended"}),
            )
            return
        yield AgreementSigned(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            under_protest=self.answer == "under_protest",
            doc_sha256=self.doc_sha256,
            signed_on=day,
            contradicts=contradicts,
        )


class ReportAgreement(AgreementCommand, PartnerReport):
    """Tell of an agreement that was signed without us, as networks have that are older than their order book.
    It was signed on the day on which this happened. The same agreement again tells nothing new;
    one that we had offered is signed by it."""

    under_protest: bool = False

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        self.check()
        day = context.markets.today(self.market, context.occurred_at)
        offered = self.offered(self.partner_id, day)
        known = partner.agreement(self.agreement_id)
        if known is not None and _terms(known) != _terms(offered.agreement):
            raise Refused(
                "exists",
                "agreement_id {agreement_id} is another agreement: which of two holds nobody could tell",
                agreement_id=self.agreement_id,
            )
        if known is not None and known.signed:
            return
        if known is None:
            yield offered
        yield AgreementSigned(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            under_protest=self.under_protest,
            doc_sha256=self.terms_sha256,
            signed_on=day,
            contradicts=against(known or offered.agreement, partner, day, context),
        )


def against(agreement: Agreement, partner: Partner, day: date, context: Context) -> tuple[str, ...]:
    """The codes of what speaks against a signature on that day."""
    rules = context.partner_rules
    asked = tuple(rules.asked_of(agreement, surely=True))
    return codes(
        not_offered=day < agreement.offered_on,
        signed=agreement.signed,
        ended=agreement.last_end is not None and agreement.last_end <= day,
        incompatible_roles=rules.clash(agreement, partner.facts.agreements, surely=True) is not None,
        costs_told_late=any(row.costs_late(agreement, day) for row in asked),
        notice_short=any(row.notice_short(agreement) for row in asked),
        term_short=any(row.term_short(agreement) for row in asked),
    )


def _terms(agreement: Agreement) -> tuple[object, ...]:
    return (
        agreement.principal_id,
        agreement.role,
        agreement.brand,
        agreement.market,
        agreement.valid_from,
        agreement.valid_to,
        agreement.lines,
        agreement.customers,
        agreement.notice_months,
    )
