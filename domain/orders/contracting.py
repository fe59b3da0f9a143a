"""Who sells what to whom: the contract, asked for by us or told by a dealer after the fact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from domain.checks import codes, hashes
from domain.context import Context
from domain.kernel import Refused, Rule, replace
from domain.markets.answers import Answer, Resolution
from domain.markets.claims import Confidence, Role
from domain.markets.plans import DistributionModel
from domain.money import Money
from domain.orders.asking import OrderReport, OrderRequest, flags, positive
from domain.orders.configuring import against_catalogue, orderable
from domain.orders.selling import SaleCommand, against_seller, arranged, obey
from domain.orders.settling import concluded, resolve
from domain.orders.state import Contract, Order, OrderEvent, Quote, Sale
from domain.words import ContractChannel, Party


class ContractSigned(OrderEvent):
    """Who sold, who set the price, owned the stock and invoices, beside the model in force that day
    (`distribution_model` under `rule`, by the rows `decided_by`). `confidence` is that of the weakest of these
    rows, None where a report tells a sale that no row decides. `contradicts` names what it tells against them.

    `withdrawal_days` is 0 where this contract gives no right to withdraw; `withdrawal_extension_months` is
    added if the customer was never fully informed. `signed_at` is in UTC, the promised dates are local.
    With `contracted` in `contradicts` there is a contract already, and that one stands.
    """

    seller: Party
    seller_id: UUID
    agent_id: UUID | None
    distribution_model: DistributionModel
    price_setter: Party
    stock_owner: Role
    invoicer: Role
    rule: str
    rule_version: int
    confidence: Confidence | None
    contract_channel: ContractChannel
    gross: Money
    net: Money
    deposit_due: Money
    options: tuple[str, ...]
    promised_from: date | None
    promised_to: date | None
    withdrawal_days: int
    withdrawal_rule: Rule | None
    plan_id: UUID | None
    plan_version: int | None
    terms_sha256: str
    signed_at: datetime
    withdrawal_extension_months: int = 0
    registration_required: bool = True
    contradicts: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        told = order.hears(f"terms {self.terms_sha256}")
        if "contracted" in self.contradicts:
            return replace(order, told=told)
        sale = Sale(
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
        contract = Contract(
            sale=sale,
            channel=self.contract_channel,
            withdrawal_days=self.withdrawal_days,
            withdrawal_rule=self.withdrawal_rule,
            withdrawal_extension_months=self.withdrawal_extension_months,
            registration_required=self.registration_required,
            promised_from=self.promised_from,
            promised_to=self.promised_to,
            signed_at=self.signed_at,
        )
        return replace(
            order,
            contract=contract,
            options=self.options,
            gross=order.minor(self.gross),
            net=order.minor(self.net),
            deposit=order.minor(self.deposit_due),
            estimate_from=self.promised_from,
            estimate_to=self.promised_to,
            told=told,
        )


class SignContract(SaleCommand, OrderRequest):
    """Conclude the contract on the quote that stands. `seller` becomes the contract party; an agent only acts,
    and is named in `agent_id`. The plan is the one whose terms the commission of this sale will follow."""

    contract_channel: ContractChannel
    promised_from: date
    promised_to: date
    terms_sha256: str
    plan_id: UUID | None = None
    plan_version: int | None = None

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(terms_sha256=self.terms_sha256)
        if order.contract is not None:
            raise Refused("contracted", "the contract of this order is signed already")
        resolution = arranged(order, self.seller, self.seller_id, self.agent_id, context)
        answer = resolution.answer
        quote = standing(order.quote, context)
        obey("price_setter", quote.price_authority, answer.price_setter, order, answer)
        orderable(order, quote.options, context.occurred_at, context)
        if not order.informed:
            raise Refused("not_informed", "give the customer the pre-contract information first")
        if self.promised_to < self.promised_from:
            raise Refused("promise", "promised_to lies before promised_from")
        signed = _signed(
            self,
            context,
            resolution,
            price_setter=quote.price_authority,
            stock_owner=answer.stock_owner,
            invoicer=answer.invoicer,
            gross=order.money(quote.gross),
            net=order.money(quote.net),
            deposit_due=order.money(order.deposit),
            options=quote.options,
        )
        yield from concluded(order, (signed,), "excess_payment", context)


class ReportSale(SaleCommand, OrderReport):
    """A dealer or the maker tells that he has sold, and on which terms. The same terms again tell nothing new."""

    price_setter: Party
    stock_owner: Party
    invoicer: Party
    contract_channel: ContractChannel
    gross: Money
    net: Money
    options: tuple[str, ...] = ()
    promised_from: date | None = None
    promised_to: date | None = None
    terms_sha256: str
    plan_id: UUID | None = None
    plan_version: int | None = None

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(terms_sha256=self.terms_sha256)
        positive(order, gross=self.gross, net=self.net)
        if f"terms {self.terms_sha256}" in order.told:
            return
        resolution = resolve(order, context, self.seller, context.sellers.get(self.seller_id))
        contradictions = resolution.contradictions(
            seller=self.seller,
            price_setter=self.price_setter,
            stock_owner=self.stock_owner,
            invoicer=self.invoicer,
        )
        signed = _signed(
            self,
            context,
            resolution,
            price_setter=self.price_setter,
            stock_owner=self.stock_owner,
            invoicer=self.invoicer,
            gross=self.gross,
            net=self.net,
            deposit_due=order.money(order.deposit),
            options=self.options,
            contradicts=contradictions
            + codes(forbidden_by_law="seller" not in contradictions and _unlawful(resolution.answer))
            + tuple(against_seller(order, self.seller_id, self.agent_id, resolution.answer, context))
            + against_catalogue(order, self.options, context.occurred_at, context)
            + flags(order, contracted=order.contract is not None, not_informed=not order.informed),
        )
        yield from concluded(order, (signed,), "excess_payment", context)


def _unlawful(answer: Answer) -> bool:
    return "law" in answer.grounds and not answer.precautionary


def standing(quote: Quote | None, context: Context) -> Quote:
    """The quote, if one stands.

    Raises:
        Refused: `no_quote` or `quote_expired`.
    """
    if quote is None:
        raise Refused("no_quote", "there is no price to contract on: issue a quote first")
    if context.occurred_at >= quote.valid_until:
        raise Refused(
            "quote_expired",
            "the quote held until {valid_until}: issue another",
            valid_until=quote.valid_until,
        )
    return quote


def _signed(
    told: SignContract | ReportSale,
    context: Context,
    resolution: Resolution,
    *,
    price_setter: Party,
    stock_owner: Role,
    invoicer: Role,
    gross: Money,
    net: Money,
    deposit_due: Money,
    options: tuple[str, ...],
    contradicts: tuple[str, ...] = (),
) -> ContractSigned:
    """The contract as it is asked for or told, beside the model in force and the law of the place."""
    return ContractSigned(
        seller=told.seller,
        seller_id=told.seller_id,
        agent_id=told.agent_id,
        distribution_model=resolution.answer.distribution_model,
        price_setter=price_setter,
        stock_owner=stock_owner,
        invoicer=invoicer,
        rule=resolution.answer.rule.id,
        rule_version=resolution.answer.rule.version,
        confidence=resolution.answer.confidence,
        contract_channel=told.contract_channel,
        gross=gross,
        net=net,
        deposit_due=deposit_due,
        options=options,
        promised_from=told.promised_from,
        promised_to=told.promised_to,
        withdrawal_days=resolution.withdrawal_days_by(told.contract_channel),
        withdrawal_rule=resolution.withdrawal_rule,
        withdrawal_extension_months=resolution.withdrawal_extension_months,
        registration_required=resolution.registration_required,
        plan_id=told.plan_id,
        plan_version=told.plan_version,
        terms_sha256=told.terms_sha256,
        signed_at=context.occurred_at,
        contradicts=contradicts,
        decided_by=resolution.answer.decided_by,
    )
