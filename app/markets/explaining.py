"""`carnet market explain`: may it be sold, by whom, and why; in words or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyclopts import Parameter

from app.markets import asking
from app.markets.knowing import markets_at
from app.markets.telling import as_data, story
from app.markets.words import folded
from app.output import AsJson, err, out, print_json
from domain.markets.claims import Age, SalesChannel
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.words import CustomerType
from infra.catalogue import load_catalogue

WIDTH_MAX: Final = 100  # longer lines are hard to read


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """The question as it stands on the command line."""

    brand: asking.Brand
    market: asking.Market
    on: asking.Day
    line: asking.Line = ""
    powertrain: asking.Drive = None
    customer: CustomerType = "private"
    age: Age = "new"
    channel: SalesChannel = "showroom"
    seller: asking.Seller = None
    home: asking.Elsewhere = ""
    contract: asking.Elsewhere = ""
    delivery: asking.Elsewhere = ""
    title: asking.Elsewhere = ""
    licence: asking.Elsewhere = ""
    published_by: asking.PublishedBy = None

    def question(self, markets: Markets) -> Question:
        """What is meant. Raises InputError."""
        brand, line = asking.brand_of(self.brand, markets, listed=False), asking.slug_of(self.line)
        public = self.published_by
        return Question(
            brand=brand,
            market=asking.market_of(self.market, markets),
            on=asking.day_of("--on", self.on),
            line=line,
            powertrain=self.powertrain or load_catalogue().powertrain(brand, line),
            customer_type=self.customer,
            age=self.age,
            channel=self.channel,
            seller=self.seller,
            home=asking.place_of("--home", self.home),
            contract=asking.place_of("--contract", self.contract),
            delivery=asking.place_of("--delivery", self.delivery),
            title=asking.place_of("--title", self.title),
            licence=asking.place_of("--licence", self.licence),
            published_by=None if public is None else asking.day_of("--published-by", public),
        )


def explain(*, asked: Asked, known_at: asking.KnownAt = None, json: AsJson = False) -> None:
    """Tell who may sell a car there on that day, by which model, and which rows say so; or on which grounds not.

    Without --known-at it reads the market files that come with Carnet, and nothing need run.
    """
    markets = markets_at(known_at)
    question = asked.question(markets)
    answer = markets.resolve(question)
    if near := asking.near_line(question.line, question.brand, markets):
        told = f"carnet: no row and no catalogue names {question.brand} {question.line}: did you mean {near}?"
        err.print(told, markup=False, soft_wrap=True)
    if json:
        print_json(as_data(answer))
        return
    width = min(out.width, WIDTH_MAX)
    for told in story(question, answer, markets):
        text = told.lstrip()
        indent = " " * (len(told) - len(text))
        for line in folded(text, width, indent):
            out.print(line, markup=False, soft_wrap=True)
