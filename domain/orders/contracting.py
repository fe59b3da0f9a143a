"""Who sells what to whom: the contract, asked for by us or told by a dealer after the fact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, Rule, replace
from domain.markets.resolver import Resolution
from domain.markets.rows import Confidence, DistributionModel, Role
from domain.money import Money
from domain.orders.asking import OrderReport, OrderRequest, flags, positive
from domain.orders.settling import concluded, resolve
from domain.orders.state import Contract, Order, OrderEvent, Party, Quote
from domain.words import ContractChannel


class ContractSigned(OrderEvent):
    """Who sold, who set the price, owned the stock and invoices, beside the model in force that day
    (`distribution_model` under `rule`). `contradicts` names what a report tells against it.

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
    confidence: Confidence
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

    def evolve(self, order: Order, /) -> Order:
        told = order.hears(f"terms {self.terms_sha256}")
        if "contracted" in self.contradicts:
            return replace(order, told=told)
        contract = Contract(
            channel=self.contract_channel,
            withdrawal_days=self.withdrawal_days,
            withdrawal_rule=self.withdrawal_rule,
            withdrawal_extension_months=self.withdrawal_extension_months,
            registration_required=self.registration_required,
            promised_from=self.promised_from,
            promised_to=self.promised_to,
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


class SignContract(OrderRequest):
    """Conclude the contract on the quote that stands. `seller` becomes the contract party; an agent only acts,
    and is named in `agent_id`. The plan is the one whose terms the commission of this sale will follow."""

    seller: Party
    seller_id: UUID
    agent_id: UUID | None = None
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
        resolution = resolve(order, context)
        obey("seller", self.seller, resolution.seller_of_record, order, resolution)
        quote = standing(order.quote, context)
        obey("price_setter", quote.price_authority, resolution.price_setter, order, resolution)
        if not order.informed:
            raise Refused("not_informed", "give the customer the pre-contract information first")
        if self.promised_to < self.promised_from:
            raise Refused("promise", "promised_to lies before promised_from")
        signed = _signed(
            self,
            context,
            resolution,
            price_setter=quote.price_authority,
            stock_owner=resolution.stock_owner,
            invoicer=resolution.invoicer,
            gross=order.money(quote.gross),
            net=order.money(quote.net),
            deposit_due=order.money(order.deposit),
            options=quote.options,
        )
        yield from concluded(order, (signed,), "excess_payment", context)


class ReportSale(OrderReport):
    """A dealer or the maker tells that he has sold, and on which terms. The same terms again tell nothing new."""

    seller: Party
    seller_id: UUID
    agent_id: UUID | None = None
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
        resolution = resolve(order, context)
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
            + flags(order, contracted=order.contract is not None, not_informed=not order.informed),
        )
        yield from concluded(order, (signed,), "excess_payment", context)


def obey(name: str, asked: Party, in_force: Role, order: Order, resolution: Resolution) -> None:
    """Refuse an arrangement that the model in force does not allow, under the rule of its row.

    Raises:
        Refused: `market_undetermined`, or `wrong_seller`, `wrong_price_setter`; with the rule.
    """
    if resolution.distribution_model == "undetermined":
        raise Refused(
            "market_undetermined",
            "how {brand} is sold in {market} is not determined, so nobody can contract",
            rule=resolution.rule,
            brand=order.brand,
            market=order.market,
        )
    if asked != in_force:
        raise Refused(
            f"wrong_{name}",
            "the {name} of {brand} in {market} is the {in_force}, not the {asked} ({model}, {under})",
            rule=resolution.rule,
            name=name.replace("_", " "),
            brand=order.brand,
            market=order.market,
            in_force=in_force,
            asked=asked,
            under=resolution.rule,
            model=resolution.distribution_model.replace("_", " "),
        )


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
        distribution_model=resolution.distribution_model,
        price_setter=price_setter,
        stock_owner=stock_owner,
        invoicer=invoicer,
        rule=resolution.rule.id,
        rule_version=resolution.rule.version,
        confidence=resolution.confidence,
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
    )
