"""What the rules about orders need to know, folded from the order's events, and from the plan's.

Only what was told about the world counts here. Flags such as `contradicts` or `in_time` were set by us, and
an audit that believed them would audit nothing. All of it can be stored as JSON and read back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from domain.compliance.finding import Evidence, evidence
from domain.frozen import frozen
from domain.handovers.delivering import Delivered
from domain.kernel import Recorded, replace
from domain.markets.claims import Role
from domain.markets.resolver import Markets
from domain.orders.cancelling import OrderCancelled
from domain.orders.contracting import ContractSigned
from domain.orders.novating import OrderNovated
from domain.orders.offering import PrecontractInfoGiven
from domain.orders.reserving import ReservationPlaced
from domain.orders.state import Channel
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared, WithdrawalDenied
from domain.settlements.planning import PlanPublished
from domain.words import ContractChannel, CustomerType, Fault, Party, Powertrain


@frozen
class ContractFact:
    """One contract as it was signed or told, or as a novation made it. An order may be told to have several.
    `signed_at` is when it was signed, or novated."""

    evidence: Evidence
    signed_at: datetime
    seller: Party
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    agent_id: UUID | None
    channel: ContractChannel
    plan_id: UUID | None
    plan_version: int | None
    made_by: Literal["contract", "novation"] = "contract"


@frozen
class MomentFact:
    """Something that counts by when it happened."""

    evidence: Evidence
    at: datetime


@frozen
class AnswerFact:
    """A withdrawal was accepted, or denied under an exception."""

    evidence: Evidence
    answer: Literal["accepted", "denied"]
    exception: str


@frozen
class CancellationFact:
    evidence: Evidence
    fault: Fault


@frozen
class OrderFacts:
    """By when it happened, in whatever order it was told: `informed` is when the customer was first told of the
    right to withdraw, `possession` when he first had the car `delivered_id`, `declared` his first withdrawal."""

    order_id: UUID | None = None
    brand: str = ""
    model: str = ""
    powertrain: Powertrain | None = None
    market: str = ""
    region: str = ""
    channel: Channel = "maker_online"
    customer_type: CustomerType = "private"
    contracts: tuple[ContractFact, ...] = ()
    novations: tuple[ContractFact, ...] = ()
    informed: MomentFact | None = None
    possession: MomentFact | None = None
    delivered_id: UUID | None = None
    declared: MomentFact | None = None
    answers: tuple[AnswerFact, ...] = ()
    cancellations: tuple[CancellationFact, ...] = ()

    @property
    def standing(self) -> ContractFact | None:
        """The contract by which the order was sold in the end: the last novation, or the first contract."""
        if self.novations:
            return self.novations[-1]
        return self.contracts[0] if self.contracts else None


@frozen
class PlanVersionFact:
    evidence: Evidence
    version: int
    takes_back_for_principal: bool


@frozen
class PlanFacts:
    """Every version of one plan."""

    plan_id: UUID | None = None
    versions: tuple[PlanVersionFact, ...] = ()


class Known(NamedTuple):
    """What the rules about orders ask beside the order's facts: the dated rows, and the plan that the contract
    names, if it is in evidence."""

    markets: Markets
    plan: PlanFacts | None = None


def evolve_order_facts(facts: OrderFacts, recorded: Recorded) -> OrderFacts:
    """The facts after one more event of the order's stream."""
    at = recorded.occurred_at
    match recorded.event:
        case ReservationPlaced() as placed:
            return replace(
                facts,
                order_id=recorded.stream_id,
                brand=placed.brand,
                model=placed.model,
                powertrain=placed.powertrain,
                market=placed.market,
                region=placed.region,
                channel=placed.channel,
                customer_type=placed.customer_type,
            )
        case ContractSigned() as contract:
            return replace(facts, contracts=(*facts.contracts, _contract(recorded, contract)))
        case OrderNovated() as novated:
            return replace(facts, novations=(*facts.novations, _novation(facts, recorded, novated)))
        case PrecontractInfoGiven(includes_withdrawal_form=True, doc_sha256=document):
            informed = MomentFact(evidence=evidence(recorded, at=at, doc_sha256=document), at=at)
            return replace(facts, informed=_earlier(facts.informed, informed))
        case Delivered(possession_at=taken, vehicle_id=car) if facts.delivered_id in (None, car):
            possession = MomentFact(evidence=evidence(recorded, possession_at=taken), at=taken)
            return replace(facts, possession=_earlier(facts.possession, possession), delivered_id=car)
        case WithdrawalDeclared(medium=medium):
            declared = MomentFact(evidence=evidence(recorded, declared_at=at, medium=medium), at=at)
            return replace(facts, declared=_earlier(facts.declared, declared))
        case WithdrawalAccepted():
            answer = AnswerFact(evidence=evidence(recorded), answer="accepted", exception="")
            return replace(facts, answers=(*facts.answers, answer))
        case WithdrawalDenied() as denied:
            told = evidence(recorded, exception=denied.exception, evidence_sha256=denied.evidence_sha256)
            answer = AnswerFact(evidence=told, answer="denied", exception=denied.exception)
            return replace(facts, answers=(*facts.answers, answer))
        case OrderCancelled(fault=fault, initiator=initiator, reason=reason):
            told = evidence(recorded, fault=fault, initiator=initiator, reason=reason)
            ended = CancellationFact(evidence=told, fault=fault)
            return replace(facts, cancellations=(*facts.cancellations, ended))
        case _:
            return facts


def evolve_plan_facts(facts: PlanFacts, recorded: Recorded) -> PlanFacts:
    """The facts after one more event of a plan's stream."""
    if not isinstance(recorded.event, PlanPublished):
        return facts
    plan = recorded.event
    takes_back = "principal" in plan.clawback_faults
    version = PlanVersionFact(
        evidence=evidence(recorded, version=plan.version, takes_back_for_principal=takes_back),
        version=plan.version,
        takes_back_for_principal=takes_back,
    )
    return replace(facts, plan_id=plan.plan_id, versions=(*facts.versions, version))


def _earlier(known: MomentFact | None, told: MomentFact) -> MomentFact:
    return told if known is None or told.at < known.at else known


def _contract(recorded: Recorded, contract: ContractSigned) -> ContractFact:
    return ContractFact(
        evidence=evidence(
            recorded,
            signed_at=contract.signed_at,
            seller=contract.seller,
            seller_id=contract.seller_id,
            price_setter=contract.price_setter,
            stock_owner=contract.stock_owner,
            invoicer=contract.invoicer,
            contract_channel=contract.contract_channel,
        ),
        signed_at=contract.signed_at,
        seller=contract.seller,
        price_setter=contract.price_setter,
        stock_owner=contract.stock_owner,
        invoicer=contract.invoicer,
        agent_id=contract.agent_id,
        channel=contract.contract_channel,
        plan_id=contract.plan_id,
        plan_version=contract.plan_version,
    )


def _novation(facts: OrderFacts, recorded: Recorded, novated: OrderNovated) -> ContractFact:
    return ContractFact(
        evidence=evidence(
            recorded,
            novated_at=recorded.occurred_at,
            seller=novated.seller,
            seller_id=novated.seller_id,
            price_setter=novated.price_setter,
            stock_owner=novated.stock_owner,
            invoicer=novated.invoicer,
            consents=" ".join(consent.doc_sha256 for consent in novated.consents),
        ),
        signed_at=recorded.occurred_at,
        seller=novated.seller,
        price_setter=novated.price_setter,
        stock_owner=novated.stock_owner,
        invoicer=novated.invoicer,
        agent_id=novated.agent_id,
        channel=facts.contracts[0].channel if facts.contracts else "unknown",
        plan_id=novated.plan_id,
        plan_version=novated.plan_version,
        made_by="novation",
    )
