"""Whether this seller may sell this car: what the model in force, the law, his agreement and his licence say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal
from uuid import UUID

from domain.context import Context
from domain.kernel import Decision, Refused, State, States, Stream
from domain.markets.answers import UNDETERMINED, Answer, Ground, Resolution
from domain.markets.claims import Role
from domain.orders.asking import OrderCommand
from domain.orders.settling import resolve
from domain.orders.state import Order
from domain.partners.facts import SellerFacts
from domain.partners.state import partner_stream
from domain.words import Party

Arranged = Literal["seller", "price_setter"]

WRONG: Final[dict[Arranged, str]] = {"seller": "wrong_seller", "price_setter": "wrong_price_setter"}
REFUSED_AS: Final[dict[Ground, str]] = {
    "law": "forbidden_by_law",
    "contract": "not_appointed",
    "maker_policy": "wrong_seller",
    "licence": "not_licensed",
    "undetermined": "market_undetermined",
}
WHY: Final[dict[Ground, str]] = {
    "law": "the law forbids it",
    "contract": "no agreement in force appoints him",
    "maker_policy": "the maker sells otherwise",
    "licence": "no licence of his is in force",
    "undetermined": "whether he may is not determined",
}


class SaleCommand(OrderCommand, kind=True):
    """A command that names who sells, and who acts for him. What the network knows of them is asked; of whom it
    does not know, nothing is."""

    seller: Party
    seller_id: UUID
    agent_id: UUID | None = None

    @property
    def sellers(self) -> tuple[UUID, ...]:
        """Who is named, each once."""
        return tuple(dict.fromkeys(one for one in (self.seller_id, self.agent_id) if one is not None))

    def reads(self) -> tuple[Stream[State], ...]:
        return (*super().reads(), *map(partner_stream, self.sellers))

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        return reads[:1]  # the order; at the partners it only looks

    def decide(self, states: States, context: Context) -> Decision:
        partners = {one: states[partner_stream(one)] for one in self.sellers}
        sellers = {one: partner.facts for one, partner in partners.items() if partner.exists}
        yield from super().decide(states, context._replace(sellers=sellers) if sellers else context)


def arranged(
    order: Order, seller: Party, seller_id: UUID, agent_id: UUID | None, context: Context
) -> Resolution:
    """What holds for a contract with this seller, through this agent if one is named, on that day.

    Raises:
        Refused: what `obey` and `permitted` raise.
    """
    resolution = resolve(order, context, seller, context.sellers.get(seller_id))
    obey("seller", seller, resolution.answer.seller_of_record, order, resolution.answer)
    permitted(seller, order, resolution.answer)
    if agent_id is not None and seller == "maker":
        permitted("agent", order, _of_agent(order, seller_id, agent_id, context))
    return resolution


def against_seller(
    order: Order, seller_id: UUID, agent_id: UUID | None, answer: Answer, context: Context
) -> Iterator[str]:
    """The codes of what a sale that was told contradicts: the seller, or who acts for him, was not appointed;
    the seller had no licence. `answer` is that about the seller."""
    agent = [_of_agent(order, seller_id, agent_id, context)] if agent_id is not None else []
    if any(one.layer("contract").says == "no" for one in (answer, *agent)):
        yield REFUSED_AS["contract"]
    if answer.layer("licence").says == "no":
        yield REFUSED_AS["licence"]


def obey(name: Arranged, asked: Party, in_force: Role, order: Order, answer: Answer) -> None:
    """Refuse an arrangement that the model in force does not allow.

    Raises:
        Refused: `market_undetermined`, or `wrong_seller`, `wrong_price_setter`; with the rule.
    """
    if answer.distribution_model == "undetermined":
        raise Refused(
            "market_undetermined",
            "how {brand} is sold in {market} is not determined, so nobody can contract",
            rule=UNDETERMINED,
            grounds=answer.grounds,
            rows=answer.decided_by,
            source="; ".join(answer.sources),
            brand=order.brand,
            market=order.market,
        )
    if asked != in_force:
        raise Refused(
            WRONG[name],
            "the {name} of {brand} in {market} is the {in_force}, not the {asked} ({model}, {under})",
            rule=answer.rule,
            grounds=answer.grounds or ("maker_policy",),
            rows=answer.decided_by,
            source="; ".join(answer.sources),
            name=name.replace("_", " "),
            brand=order.brand,
            market=order.market,
            in_force=in_force,
            asked=asked,
            under=answer.rule,
            model=answer.distribution_model.replace("_", " "),
        )


def permitted(seller: Party, order: Order, answer: Answer) -> None:
    """Refuse a seller to whom one of the four layers does not say yes.

    Raises:
        Refused: `forbidden_by_law`, `not_appointed`, `wrong_seller`, `not_licensed` or `market_undetermined`, by
            the first ground; with the rule.
    """
    if answer.ground is None:
        return
    raise Refused(
        REFUSED_AS[answer.ground],
        "the {seller} may not sell {brand} in {market}: {why}{precaution} ({by})",
        rule=answer.rule,
        grounds=answer.grounds,
        rows=answer.decided_by,
        source="; ".join(answer.sources),
        seller=seller,
        brand=order.brand,
        market=order.market,
        ground=answer.ground.replace("_", " "),
        why=WHY[answer.ground],
        precaution=", as a precaution" if answer.precautionary else "",
        by=", ".join(answer.decided_by) or "no row permits it",
    )


def _of_agent(order: Order, seller_id: UUID, agent_id: UUID, context: Context) -> Answer:
    """Whether an agent may act. He himself must be appointed; everything else is asked of whom he acts for."""
    agent, seller = context.sellers.get(agent_id), context.sellers.get(seller_id)
    facts = None
    if agent is not None:
        facts = replace(seller or SellerFacts(partner_id=seller_id), agreements=agent.agreements)
    return resolve(order, context, "agent", facts).answer
