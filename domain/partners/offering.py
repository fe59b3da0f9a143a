"""A principal offers a partner an agreement, and tells him what his pay has to cover.

An agreement is for one role and one brand in one market, and a period: a partner who is dealer and agent, for
several brands and principals, has several.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from domain.checks import codes, hashes
from domain.context import Context
from domain.kernel import Command, Refused
from domain.partners.asking import PartnerReport, PartnerRequest, named_once, period
from domain.partners.facts import Agreement, AgreementRole
from domain.partners.state import Partner, PartnerEvent, known_agreement
from domain.words import CustomerType, Medium


class AgreementOffered(PartnerEvent):
    """From `valid_from` (included) to `valid_to` (excluded; None: until one side gives notice of
    `notice_months`). `lines` and `customers` narrow it; empty, it is for all. `terms_sha256` (hex) is the
    document's, `offered_on` the local day."""

    agreement_id: UUID
    principal_id: UUID
    role: AgreementRole
    brand: str
    market: str
    valid_from: date
    valid_to: date | None
    lines: tuple[str, ...]
    customers: tuple[CustomerType, ...]
    notice_months: int
    terms_sha256: str
    offered_on: date

    @property
    def agreement(self) -> Agreement:
        return Agreement(
            agreement_id=self.agreement_id,
            principal_id=self.principal_id,
            role=self.role,
            brand=self.brand,
            market=self.market,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            lines=self.lines,
            customers=self.customers,
            notice_months=self.notice_months,
            offered_on=self.offered_on,
        )

    def evolve(self, partner: Partner, /) -> Partner:
        return partner.with_facts(agreements=(*partner.facts.agreements, self.agreement))


class CostListDelivered(PartnerEvent):
    """The partner was given the list of the services that his pay covers and of what they come to, as the
    document with this SHA-256 (hex). `late` in `contradicts`: a row of the market asks for it earlier."""

    agreement_id: UUID
    doc_sha256: str
    medium: Medium
    delivered_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        return partner.with_agreement(self.agreement_id, costs_told_on=self.delivered_on)


class AgreementCommand(Command, kind=True):
    """The terms of a new agreement; the fields are those of `AgreementOffered`."""

    agreement_id: UUID
    principal_id: UUID
    role: AgreementRole
    brand: str
    market: str
    valid_from: date
    valid_to: date | None = None
    lines: tuple[str, ...] = ()
    customers: tuple[CustomerType, ...] = ()
    notice_months: int = 0
    terms_sha256: str

    def offered(self, partner_id: UUID, on: date) -> AgreementOffered:
        """These terms as they are offered."""
        return AgreementOffered(
            partner_id=partner_id,
            agreement_id=self.agreement_id,
            principal_id=self.principal_id,
            role=self.role,
            brand=self.brand,
            market=self.market,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            lines=self.lines,
            customers=self.customers,
            notice_months=self.notice_months,
            terms_sha256=self.terms_sha256,
            offered_on=on,
        )

    def check(self) -> None:
        """Check that these terms are well formed.

        Raises:
            Refused: `sha256`, `period`, `named_twice` or `notice`.
        """
        hashes(terms_sha256=self.terms_sha256)
        period(self.valid_from, self.valid_to)
        named_once(lines=self.lines, customers=self.customers)
        if self.notice_months < 0:
            raise Refused(
                "notice", "notice_months is {months}: it cannot be negative", months=self.notice_months
            )


class OfferAgreement(AgreementCommand, PartnerRequest):
    """Offer an agreement that is yet to begin. What the rows of its market forbid is refused: a role beside
    another that was signed, a notice or a term that is too short."""

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        self.check()
        if partner.agreement(self.agreement_id):
            raise Refused(
                "exists", "agreement {agreement_id} is offered already", agreement_id=self.agreement_id
            )
        today = context.markets.today(self.market, context.occurred_at)
        if self.valid_from < today:
            raise Refused(
                "past",
                "valid_from is {valid_from}, which has passed: report an agreement that is in force already",
                valid_from=self.valid_from,
            )
        offered = self.offered(self.partner_id, today)
        allowed(offered.agreement, partner, context)
        yield offered


class RecordCostList(PartnerReport):
    """The partner was given the list. The same day, or a later list, tells nothing new: the first counts."""

    agreement_id: UUID
    doc_sha256: str
    medium: Medium

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        hashes(doc_sha256=self.doc_sha256)
        agreement = known_agreement(partner, self.agreement_id)
        day = context.markets.today(agreement.market, context.occurred_at)
        if agreement.costs_told_on is not None and agreement.costs_told_on <= day:
            return
        dues = [row.costs_due(agreement) for row in context.partner_rules.asked_of(agreement, surely=True)]
        yield CostListDelivered(
            partner_id=self.partner_id,
            agreement_id=self.agreement_id,
            doc_sha256=self.doc_sha256,
            medium=self.medium,
            delivered_on=day,
            contradicts=codes(late=any(due is not None and day > due for due in dues)),
        )


def allowed(agreement: Agreement, partner: Partner, context: Context) -> None:
    """Refuse what the rows of the market forbid.

    Raises:
        Refused: `incompatible_roles`, `notice_short` or `term_short`, with the rule and the row.
    """
    if clash := context.partner_rules.clash(agreement, partner.facts.agreements):
        row, other = clash
        raise Refused(
            "incompatible_roles",
            "role is {role}, but this partner is {other} for {brand} in {market}, and {row} forbids both "
            "together: end {agreement_id} first",
            rule=row.rule,
            grounds=("contract",),
            rows=(row.id,),
            source=row.source,
            role=agreement.role,
            other=other.role,
            brand=other.brand,
            market=other.market,
            row=row.id,
            agreement_id=other.agreement_id,
        )
    for asked in context.partner_rules.asked_of(agreement):
        if asked.notice_short(agreement):
            raise Refused(
                "notice_short",
                "notice_months is {months}, but {row} asks for {least} where the agreement has no end",
                rule=asked.rule,
                grounds=("contract",),
                rows=(asked.id,),
                source=asked.source,
                months=agreement.notice_months,
                row=asked.id,
                least=asked.notice_months_min,
            )
        if asked.term_short(agreement):
            raise Refused(
                "term_short",
                "valid_to is {valid_to}, but {row} asks for a term of {least} months",
                rule=asked.rule,
                grounds=("contract",),
                rows=(asked.id,),
                source=asked.source,
                valid_to=agreement.valid_to,
                row=asked.id,
                least=asked.term_months_min,
            )
