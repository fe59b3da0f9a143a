"""The maker changes its distribution model while an order is open.

The order keeps the model of its contract date: it runs off. It goes to the new model only if the customer and
every partner whom it concerns agreed to that, each with a document; then it is novated.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, Rule, replace
from domain.markets.answers import Answer
from domain.markets.claims import Confidence, Role
from domain.markets.plans import DistributionModel
from domain.markets.resolver import Markets
from domain.orders.asking import OrderReport, OrderRequest, flags
from domain.orders.selling import SaleCommand, arranged
from domain.orders.settling import resolve
from domain.orders.state import Consent, Consenter, Contract, Order, OrderEvent, Sale, partners
from domain.words import Medium, Party

# An order keeps the model of its contract date, unless all whom it concerns agree to another.
RUN_OFF: Final = Rule("MK-02", 1)
NO_CONSENT: Final[dict[Consenter, str]] = {
    "customer": "no_customer_consent",
    "partner": "no_partner_consent",
}


class ConsentRecorded(OrderEvent):
    """Somebody agreed that the order goes to another distribution model, the one of the market's row `row`.
    `given_at` is in UTC; `doc_sha256` (hex) is that of what he signed. `contradicts` names what does not fit: how
    the order had ended, `not_contracted`, `delivered`, `unknown_row` (no row of that id tells this model)."""

    by: Consenter
    consenter_id: UUID
    distribution_model: DistributionModel
    row: str
    doc_sha256: str
    medium: Medium
    given_at: datetime
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        consent = Consent(
            by=self.by,
            consenter_id=self.consenter_id,
            distribution_model=self.distribution_model,
            row=self.row,
            doc_sha256=self.doc_sha256,
            medium=self.medium,
            given_at=self.given_at,
        )
        told = order.hears(f"consent {self.by} {self.consenter_id} {self.doc_sha256}")
        return replace(order, consents=(*order.consents, consent), told=told)


class OrderNovated(OrderEvent):
    """From the local day `effective_on` another model than that of the contract date governs who sells the car:
    the one in force that day, under `rule`, by the rows `decided_by`. All whom it concerns agreed: `consents`.

    Price, car and right to withdraw stay as they are. `plan_id` is None where nobody earns a commission.
    """

    from_model: DistributionModel
    distribution_model: DistributionModel
    seller: Party
    seller_id: UUID
    agent_id: UUID | None
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    rule: str
    rule_version: int
    confidence: Confidence
    decided_by: tuple[str, ...]
    effective_on: date
    consents: tuple[Consent, ...]
    plan_id: UUID | None
    plan_version: int | None

    @property
    def sale(self) -> Sale:
        return Sale(
            distribution_model=self.distribution_model,
            seller=self.seller,
            seller_id=self.seller_id,
            agent_id=self.agent_id,
            price_setter=self.price_setter,
            stock_owner=self.stock_owner,
            invoicer=self.invoicer,
            plan_id=self.plan_id,
            plan_version=self.plan_version,
        )

    def evolve(self, order: Order, /) -> Order:
        contract = replace(order.contract, sale=self.sale) if order.contract else None
        return replace(order, contract=contract, consents=(), novated_on=self.effective_on)


class RecordConsent(OrderReport):
    """The customer, or the partner `partner_id`, agreed that the order goes to this model, told by this row of
    the market. The same document of the same person again tells nothing new."""

    by: Consenter
    partner_id: UUID | None = None
    distribution_model: DistributionModel
    row: str
    doc_sha256: str
    medium: Medium

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(doc_sha256=self.doc_sha256)
        if self.distribution_model == "undetermined":
            raise Refused(
                "distribution_model", "distribution_model is undetermined: nobody can agree to that"
            )
        consenter_id = self.consenter(order)
        if f"consent {self.by} {consenter_id} {self.doc_sha256}" in order.told:
            return
        yield ConsentRecorded(
            by=self.by,
            consenter_id=consenter_id,
            distribution_model=self.distribution_model,
            row=self.row,
            doc_sha256=self.doc_sha256,
            medium=self.medium,
            given_at=context.occurred_at,
            contradicts=flags(
                order,
                not_contracted=order.contract is None,
                delivered=order.delivered_at is not None,
                unknown_row=not _tells(context.markets, self.row, self.distribution_model),
            ),
        )

    def consenter(self, order: Order) -> UUID:
        """Who agreed.

        Raises:
            Refused: `partner_id`.
        """
        if (self.by == "partner") != (self.partner_id is not None):
            raise Refused(
                "partner_id", "partner_id names the partner who agreed, and is empty for the customer"
            )
        who = self.partner_id or order.customer_id
        assert who is not None  # an order that exists has a customer
        return who


class NovateOrder(SaleCommand, OrderRequest):
    """Take the contract over to the model that is in force today, before the car is handed over. An agent under
    the new model is paid by this plan; a dealer earns his margin, and no commission. The same again changes
    nothing."""

    distribution_model: DistributionModel
    plan_id: UUID | None = None
    plan_version: int | None = None

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        contract = open_contract(order)
        if self.seller == "dealer" and (self.agent_id or self.plan_id):
            raise Refused("commission", "a dealer earns his margin: leave agent_id and plan_id out")
        if self.stands(contract.sale):
            return
        if self.distribution_model == contract.sale.distribution_model:
            raise Refused(
                "same_model", "the order is sold by {model} already", model=_words(self.distribution_model)
            )
        self.in_force(order, context)
        answer = arranged(order, self.seller, self.seller_id, self.agent_id, context).answer
        assert answer.confidence is not None  # a model that is determined has rows
        needed = concerned(order, contract.sale, self.partners)
        yield OrderNovated(
            from_model=contract.sale.distribution_model,
            distribution_model=answer.distribution_model,
            seller=self.seller,
            seller_id=self.seller_id,
            agent_id=self.agent_id,
            price_setter=answer.price_setter,
            stock_owner=answer.stock_owner,
            invoicer=answer.invoicer,
            rule=answer.rule.id,
            rule_version=answer.rule.version,
            confidence=answer.confidence,
            decided_by=answer.decided_by,
            effective_on=context.markets.today(order.market, context.occurred_at),
            consents=tuple(agreed(order, by, who, answer) for by, who in needed),
            plan_id=self.plan_id,
            plan_version=self.plan_version,
        )

    @property
    def partners(self) -> tuple[UUID, ...]:
        return partners(self.seller, self.seller_id, self.agent_id)

    def stands(self, sale: Sale) -> bool:
        """Whether the order is sold just so already."""
        asked = (self.distribution_model, self.seller, self.seller_id, self.agent_id)
        plan = (self.plan_id, self.plan_version)
        return (*asked, *plan) == (
            sale.distribution_model,
            sale.seller,
            sale.seller_id,
            sale.agent_id,
            sale.plan_id,
            sale.plan_version,
        )

    def in_force(self, order: Order, context: Context) -> None:
        """Check that the model asked for is the one in force today.

        Raises:
            Refused: `model_not_in_force`; what is undetermined, the check of the seller refuses.
        """
        answer = resolve(order, context).answer
        if answer.distribution_model in {self.distribution_model, "undetermined"}:
            return
        raise Refused(
            "model_not_in_force",
            "{brand} is sold by {in_force} in {market} today, not by {asked} ({by})",
            rule=answer.rule,
            grounds=("maker_policy",),
            rows=adopting(answer),
            source="; ".join(answer.sources),
            brand=order.brand,
            market=order.market,
            in_force=_words(answer.distribution_model),
            asked=_words(self.distribution_model),
            by=", ".join(adopting(answer)),
        )


def open_contract(order: Order) -> Contract:
    """The contract, if the car was not handed over yet.

    Raises:
        Refused: `not_contracted` or `delivered`.
    """
    if order.contract is None:
        raise Refused(
            "not_contracted", "there is no contract to take over: sign one under the model in force"
        )
    if order.delivered_at is not None:
        raise Refused(
            "delivered",
            "the car was handed over on {delivered_at}: the order ends under the model that it was sold by",
            delivered_at=order.delivered_at,
        )
    return order.contract


def concerned(order: Order, sale: Sale, partners: tuple[UUID, ...]) -> tuple[tuple[Consenter, UUID], ...]:
    """Who must agree that these partners take over what stands under `sale`: the customer, and every partner who
    was to sell the car or is to sell it now."""
    assert order.customer_id is not None
    both = dict.fromkeys((*sale.partners, *partners))
    return (("customer", order.customer_id), *(("partner", partner) for partner in both))


def agreed(order: Order, by: Consenter, who: UUID, answer: Answer) -> Consent:
    """His latest consent to the model in force.

    Raises:
        Refused: `no_customer_consent` or `no_partner_consent`, with the rule.
    """
    rows = adopting(answer)
    for consent in reversed(order.consents):
        asked = consent.by, consent.consenter_id, consent.distribution_model
        if asked == (by, who, answer.distribution_model) and consent.row in rows:
            return consent
    raise Refused(
        NO_CONSENT[by],
        "the order keeps the {model} of its contract date: the {by} {who} did not agree to {asked} ({under})",
        rule=RUN_OFF,
        rows=rows,
        source="; ".join(answer.sources),
        model=_words(order.contract.sale.distribution_model) if order.contract else "model",
        by=by,
        who=who,
        asked=_words(answer.distribution_model),
        under=", ".join(rows),
    )


def adopting(answer: Answer) -> tuple[str, ...]:
    """The rows by which the maker adopts the model."""
    return answer.layer("maker_policy").rows


def _tells(markets: Markets, row: str, model: DistributionModel) -> bool:
    told = (plan for rows in markets.rows.values() for plan in rows.distributions)
    return any(plan.id == row and plan.model == model for plan in told)


def _words(model: DistributionModel) -> str:
    return model.replace("_", " ")
