"""A season of orders: who sells what, how many go which way, and in which week each begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

from app.demo import flows
from app.demo.chapters import Deal, Offer, deal
from app.demo.tale import WEEKS, Tale, new_id, vins
from domain.money import Money
from domain.settlements.planning import PublishPlan

PARTNERS = 8
LATEST_PAIR = WEEKS - 3  # the second order of a pair begins two weeks after the first
EARLIEST_SHARE = 0.35  # of the orders, that begin in the first third: some must come to their end


@dataclass(frozen=True)
class Cast:
    """Who takes part. `agents` are paid by the maker under `plans` (by currency)."""

    maker: UUID
    agents: tuple[UUID, ...]
    agency: tuple[Offer, ...]
    franchise: tuple[Offer, ...]
    united_states: tuple[Offer, ...]
    undecided: Offer
    plans: tuple[PublishPlan, ...]

    def plan_id(self, currency: str) -> UUID:
        return next(plan.plan_id for plan in self.plans if plan.currency == currency)


@dataclass(frozen=True)
class Season:
    """The cast and every tale."""

    cast: Cast
    tales: tuple[Tale, ...]


def season(orders: int, seed: int) -> Season:
    """The script of a season with so many orders. The same seed writes the same script."""
    rng = Random(seed)  # noqa: S311 -- a script, not a secret
    cast = _cast(rng)
    tales = tuple(_tales(orders, cast, rng))
    return Season(cast, tales)


def _cast(rng: Random) -> Cast:
    def partners() -> tuple[UUID, ...]:
        return tuple(new_id(rng) for _ in range(PARTNERS))

    german, british = partners(), partners()

    def mini(
        market: str, currency: str, gross: int, tax: int, who: tuple[UUID, ...], region: str = ""
    ) -> Offer:
        return Offer(
            brand="MINI",
            model="cooper-e",
            powertrain="BEV",
            market=market,
            region=region,
            currency=currency,
            gross=gross,
            tax_percent=tax,
            partners=who,
        )

    def plan(currency: str, zone: str, base_rate_bp: int) -> PublishPlan:
        return PublishPlan(
            plan_id=new_id(rng),
            version=1,
            currency=currency,
            base_rate_bp=base_rate_bp,
            handover_fee=Money(15_000, currency),
            basis=("net_price",),
            earn_on="delivery",
            clawback_faults=("customer", "none"),
            zone=zone,
        )

    return Cast(
        maker=new_id(rng),
        agents=german + british,
        agency=(mini("DE", "EUR", 3_808_000, 19, german), mini("GB", "GBP", 3_240_000, 20, british)),
        franchise=(
            replace(mini("FR", "EUR", 4_920_000, 20, partners()), brand="BMW", model="x1", powertrain="ICE"),
        ),
        united_states=tuple(
            mini(state, "USD", 3_450_000, 7, partners(), state) for state in ("US-NC", "US-CA", "US-TX")
        ),
        undecided=mini("MX", "MXN", 84_000_000, 16, partners()),
        plans=(plan("EUR", "Europe/Berlin", 550), plan("GBP", "Europe/London", 500)),
    )


def _tales(orders: int, cast: Cast, rng: Random) -> Iterator[Tale]:
    vin = vins(rng)
    number = 0
    while number < orders:
        number += 1
        tale = Tale(week=_first_week(rng))
        kind = PLANTED[number - 1] if number <= len(PLANTED) else rng.choices(KINDS, WEIGHTS)[0]
        if number <= len(PLANTED):
            tale.week = min(tale.week, 6)
        if kind == "retagged" and number < orders:
            tale.week = min(tale.week, LATEST_PAIR)
            first = deal(rng.choice(cast.agency), number, next(vin), rng)
            number += 1
            second = deal(first.offer, number, next(vin), rng)
            flows.retagged(
                tale, first, second, rng, maker=cast.maker, plan_id=cast.plan_id(first.offer.currency)
            )
        else:
            _tell(kind, tale, cast, number, next(vin), rng)
        yield tale


def _first_week(rng: Random) -> int:
    return rng.randrange(WEEKS // 3) if rng.random() < EARLIEST_SHARE else rng.randrange(WEEKS)


PLANTED = (
    *("us_tried", "forbidden", "undecided", "withdrawn", "cancelled_by_maker"),
    *("foreign_payment", "garbled", "denied", "retagged", "serviced", "lapsed"),
)
MIX = {
    "agency": 46,
    "serviced": 8,
    "withdrawn": 4,
    "cancelled_by_customer": 5,
    "cancelled_by_maker": 2,
    "retagged": 2,
    "lapsed": 7,
    "franchise": 12,
    "us_tried": 4,
    "us": 10,
}
KINDS, WEIGHTS = tuple(MIX), tuple(MIX.values())


def _tell(kind: str, tale: Tale, cast: Cast, number: int, vin: str, rng: Random) -> None:
    if kind in {"us", "us_tried"}:
        d = deal(rng.choice(cast.united_states), number, vin, rng)
        flows.united_states(
            tale,
            d,
            rng,
            maker=cast.maker,
            tried=kind == "us_tried",
            chosen=rng.random() < 0.5,
            paid=rng.random() < 0.8,
        )
    elif kind == "franchise":
        d = deal(rng.choice(cast.franchise), number, vin, rng)
        flows.franchise(tale, d, rng, paid=rng.random() < 0.8)
    elif kind in {"forbidden", "undecided"}:
        offer = cast.undecided if kind == "undecided" else cast.united_states[1]
        flows.forbidden_sale(tale, deal(offer, number, vin, rng), rng, seller_id=cast.maker)
    else:
        _tell_agency(kind, tale, cast, deal(rng.choice(cast.agency), number, vin, rng), rng)


def _tell_agency(kind: str, tale: Tale, cast: Cast, d: Deal, rng: Random) -> None:
    plan_id = cast.plan_id(d.offer.currency)
    match kind:
        case "withdrawn" | "denied":
            flows.withdrawn(tale, d, rng, maker=cast.maker, plan_id=plan_id, honoured=kind == "withdrawn")
        case "cancelled_by_customer":
            flows.cancelled_by_customer(tale, d, rng, maker=cast.maker, plan_id=plan_id)
        case "cancelled_by_maker":
            flows.cancelled_by_maker(tale, d, rng, maker=cast.maker, plan_id=plan_id)
        case "lapsed":
            flows.lapsed(tale, d)
        case "foreign_payment":
            flows.foreign_payment(tale, d, rng)
        case _:
            flows.agency(tale, d, rng, maker=cast.maker, plan_id=plan_id)
            if kind == "serviced":
                flows.service_visit(tale, d, rng)
            if kind == "garbled":
                flows.garbled(tale, rng)
