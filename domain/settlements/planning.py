"""The terms of pay are published, version by version. A version never changes."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.checks import codes
from domain.context import Context
from domain.kernel import Command, Decision, Refused, Report, Request, State, States, Stream, replace
from domain.money import Money
from domain.settlements.state import CommissionPlanEvent, EarnOn, Plan, PlanTerms, PriceName
from domain.words import Fault


class PlanPublished(CommissionPlanEvent):
    """One version of a plan; the fields are those of `PlanTerms`. `principal_to_blame` in `contradicts`: the
    terms take commission back for the fault of the maker, which no agent has to bear."""

    plan_id: UUID
    version: int
    currency: str
    base_rate_bp: int
    handover_fee: Money
    basis: tuple[PriceName, ...]
    earn_on: EarnOn
    clawback_faults: tuple[Fault, ...]
    zone: str = "UTC"
    contradicts: tuple[str, ...] = ()

    @property
    def terms(self) -> PlanTerms:
        return PlanTerms(
            plan_id=self.plan_id,
            version=self.version,
            currency=self.currency,
            base_rate_bp=self.base_rate_bp,
            handover_fee=self.handover_fee,
            basis=self.basis,
            earn_on=self.earn_on,
            clawback_faults=self.clawback_faults,
            zone=self.zone,
        )

    def evolve(self, plan: Plan, /) -> Plan:
        return replace(plan, versions=(*plan.versions, self.terms))


class PlanCommand(Command, kind=True):
    """The next version of a plan; the first is 1."""

    plan_id: UUID
    version: int
    currency: str
    base_rate_bp: int
    handover_fee: Money
    basis: tuple[PriceName, ...]
    earn_on: EarnOn
    clawback_faults: tuple[Fault, ...]
    zone: str = "UTC"

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Plan, self.plan_id),)

    def published(self, contradicts: tuple[str, ...] = ()) -> PlanPublished:
        """These terms as they are published."""
        return PlanPublished(
            plan_id=self.plan_id,
            version=self.version,
            currency=self.currency,
            base_rate_bp=self.base_rate_bp,
            handover_fee=self.handover_fee,
            basis=self.basis,
            earn_on=self.earn_on,
            clawback_faults=self.clawback_faults,
            zone=self.zone,
            contradicts=contradicts,
        )

    @property
    def blames_principal(self) -> bool:
        """Whether commission is taken back for the fault of the maker, against rule CO-03."""
        return "principal" in self.clawback_faults

    def check(self, plan: Plan) -> None:
        """Check that these terms are well formed, and follow those that the plan has.

        Raises:
            Refused: `not_consecutive`, `rate`, `amount`, `currency`, `basis` or `zone`.
        """
        fee, latest = self.handover_fee, len(plan.versions)
        if not 0 <= self.base_rate_bp <= 10_000:
            raise Refused(
                "rate",
                "base_rate_bp is hundredths of a percent, from 0 to 10000, not {rate}",
                rate=self.base_rate_bp,
            )
        if fee.minor < 0:
            raise Refused("amount", "handover_fee is {fee}: it cannot be negative", fee=fee)
        if fee.currency != self.currency:
            raise Refused(
                "currency",
                "handover_fee is in {told}, but this plan is in {currency}",
                told=fee.currency,
                currency=self.currency,
            )
        if not self.basis or len(set(self.basis)) < len(self.basis):
            raise Refused("basis", "basis names each price that counts once, and at least one")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise Refused(
                "zone", "zone is an IANA name such as Europe/Berlin, not {zone}", zone=self.zone
            ) from None
        if self.version != latest + 1:
            raise Refused(
                "not_consecutive",
                "the latest version of this plan is {latest}, so the next is {expected}, not {version}",
                latest=latest,
                expected=latest + 1,
                version=self.version,
            )


class PublishPlan(PlanCommand, Request):
    """Publish the next version of a plan; the first is 1. An agent loses no commission by the fault of the
    maker: terms that say otherwise are refused. The refusal cites no rule, because what cites one is recorded
    on the stream of an order, and here is none."""

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Plan, self.plan_id)
        self.check(states[stream])
        if self.blames_principal:
            raise Refused(
                "unlawful_terms",
                "an agent keeps the commission when the maker is to blame: take principal out of clawback_faults",
            )
        yield stream, self.published()


class ReportPlan(PlanCommand, Report):
    """Somebody else published the next version of a plan, such as a maker whose agents we pay. Terms that
    take commission back for the fault of the maker are flagged `principal_to_blame`. The same version again
    tells nothing new; one that does not follow is refused, for which of two holds nobody could tell."""

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Plan, self.plan_id)
        told = self.published(codes(principal_to_blame=self.blames_principal))
        if told.terms in states[stream].versions:
            return
        self.check(states[stream])
        yield stream, told
