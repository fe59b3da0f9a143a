"""Who may sell what to whom, where, since when: four layers, all of which must say yes.

The law permits, the maker adopts, the agreement appoints, the licence is in force. Rows of confidence L or GK, and
overdue ones, never permit: their prohibitions refuse as precautionary. What nobody determined is refused, unless a
policy of the market sends it the way of a franchise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from domain import deadlines
from domain.deadlines import Calendar
from domain.kernel import Refused, Rule
from domain.markets import answering, verdicts
from domain.markets.agreements import partner_rules
from domain.markets.answers import Answer, Resolution
from domain.markets.claims import Assignment, Place, SalesRule, Terms
from domain.markets.matrix import MATRIX
from domain.markets.plans import DistributionModel
from domain.markets.publishing import published
from domain.markets.questions import Question
from domain.markets.regions import Regions, known_place
from domain.markets.rows import MarketRows
from domain.markets.scopes import PARTIES, TESTED, Common, Scope, common_of, scope_of, sheets_of
from domain.markets.verdicts import Tests, Verdict
from domain.markets.weighing import NOTHING, Weighed, weigh
from domain.partners.rules import PartnerRules
from domain.words import Party

__all__ = ["Answer", "Markets", "Question", "Resolution"]

SALES_RULES: Final[dict[SalesRule, Rule]] = {"EU-01": Rule("EU-01", 1), "US-01": Rule("US-01", 1)}

DAYS_HELD: Final = 32  # of which it is remembered what was public
ANSWERS_HELD: Final = 4_096  # the orders of a brand in a market ask some ten questions a day


class Markets:
    """The rows of all markets. They are checked before they come here; what they can say of a brand in a place
    is made ready when it is first asked. They never change, so what `governs` answered is remembered; but not where
    the question brings facts of a seller, for those do."""

    def __init__(
        self,
        rows: Iterable[MarketRows] = (),
        *,
        regions: Regions | None = None,
        calendars: Iterable[Calendar] = (),
    ) -> None:
        self._rows = {one.market: one for one in rows}
        self._regions = regions or Regions()
        self._calendars = {calendar.name: calendar for calendar in calendars}
        self._brands = frozenset(
            brand for one in self._rows.values() for claim in one.claims() for brand in claim.speaks_of.brands
        )
        self._lines = frozenset(
            line for one in self._rows.values() for claim in one.claims() for line in claim.speaks_of.lines
        )
        self._scopes: dict[tuple[str, str, str], Scope] = {}
        self._common: dict[str, Common] = {}
        self._public: dict[date, Markets] = {}
        self._answers: dict[Question, Resolution] = {}
        self._partner_rules = partner_rules(self._rows.values(), self._regions)

    @property
    def rows(self) -> Mapping[str, MarketRows]:
        """The rows by the code of their file."""
        return self._rows

    @property
    def brands(self) -> frozenset[str]:
        """Every brand that a row names."""
        return self._brands

    @property
    def regions(self) -> Regions:
        return self._regions

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        return self._calendars

    @property
    def partner_rules(self) -> PartnerRules:
        """What the rows ask of agreements with partners."""
        return self._partner_rules

    def overlaid(self, rows: Iterable[MarketRows]) -> Markets:
        """These markets, with all rows of some places replaced."""
        changed = {one.market: one for one in rows}
        if not changed:
            return self
        return Markets(
            {**self._rows, **changed}.values(), regions=self._regions, calendars=self._calendars.values()
        )

    def published(self, by: date) -> Markets:
        """What of these rows was public on a day."""
        public = self._public.get(by)
        if public is None:
            public = Markets(
                (published(one, by) for one in self._rows.values()),
                regions=self._regions,
                calendars=self._calendars.values(),
            )
            if len(self._public) >= DAYS_HELD:
                self._public.clear()
            self._public[by] = public
        return public

    def place(self, market: str) -> Place:
        """The place of a market.

        Raises:
            Refused: `unknown_market`.
        """
        rows = self._rows.get(market)
        if rows is None or rows.place is None:
            raise Refused(
                "unknown_market",
                "there is no market {market}: name one of {known}",
                market=market,
                known=", ".join(sorted(code for code, one in self._rows.items() if one.place)),
            )
        return rows.place

    def governing(self, market: str, region: str) -> str:
        """The market whose law governs: the region if it has laws of its own, else the market itself.

        Raises:
            Refused: `unknown_market`.
        """
        rows = self._rows.get(region)
        return region if rows and rows.place else self.place(market).market

    def today(self, market: str, moment: datetime) -> date:
        """The local date of a market."""
        return deadlines.local_day(moment, self.place(market).zone)

    def resolve(self, question: Question) -> Answer:
        """Whether it may be sold so, by whom, and which rows say it.

        Raises:
            Refused: `unknown_market`, `unknown_place`.
        """
        if question.published_by is not None:
            return self.published(question.published_by).resolve(question._replace(published_by=None))
        place = self.place(question.market)
        scope = self._scope(question.market, question.brand, question.line)
        model = _model(scope, question)
        roles = MATRIX[model.value or "undetermined"]
        tests = self._tests(question, scope)
        asked = question.seller
        candidates = roles.sellers or PARTIES
        said: dict[Party, tuple[Verdict, ...]] = {}
        for party in candidates if asked is None or asked in candidates else (*candidates, asked):
            said[party] = (
                verdicts.of_law(question, party, tests),
                verdicts.of_agreement(question, party),
                verdicts.of_maker(party, model),
                verdicts.of_licence(question),
            )
        allowed = tuple(party for party in roles.sellers if not answering.refusals(said[party]))
        speakers = (asked,) if asked else allowed or candidates
        return answering.compose(
            [said[party] for party in speakers],
            allowed=asked in allowed if asked else bool(allowed),
            allowed_roles=allowed,
            model=model,
            roles=roles,
            withdrawal=answering.withdrawal(self._terms(question), question),
            sales_rule=SALES_RULES[place.sales_rule],
            shown=said[asked or answering.speaker(roles, allowed, candidates)],
        )

    def governs(self, question: Question) -> Resolution:
        """The answer, and what else the market gives an order: its clock, money, calendar and terms.

        Raises:
            Refused: `unknown_market`, or `no_market_row` if no row tells the terms of that day.
        """
        if question.facts is not None:
            return self._governs(question)
        answered = self._answers.get(question)
        if answered is None:
            answered = self._governs(question)
            if len(self._answers) >= ANSWERS_HELD:
                self._answers.clear()
            self._answers[question] = answered
        return answered

    def _governs(self, question: Question) -> Resolution:
        answer = self.resolve(question)
        place = self.place(question.market)
        found = self._terms(question)
        if found.value is None:
            raise Refused(
                "no_market_row",
                "no row determines the terms of {market} on {on}",
                market=question.market,
                on=question.on,
            )
        terms = found.rows[0].claim
        assert isinstance(terms, Terms)
        entitled = question.customer_type in terms.withdrawal_for
        assignments = weigh(self._ground(question.market).assignments, question)
        assignment = assignments.rows[0].claim if assignments.value else None
        assert assignment is None or isinstance(assignment, Assignment)
        return Resolution(
            answer=answer,
            zone=place.zone,
            currency=place.currency,
            calendar=self._calendars[place.calendar],
            rolls_over=terms.rolls_over,
            withdrawal_days=terms.withdrawal_days if entitled else 0,
            withdrawal_confidence=terms.confidence,
            withdrawal_rule=terms.withdrawal_rule if entitled else None,
            withdrawal_channels=terms.withdrawal_channels if entitled else (),
            withdrawal_extension_months=terms.withdrawal_extension_months if entitled else 0,
            deposit_due_days=terms.deposit_due_days,
            refund_days=terms.refund_days,
            registration_required=terms.registration_required,
            terms_row=terms.id,
            terms_weak=found.weak,
            assignment=assignment,
        )

    def _tests(self, question: Question, own: Scope) -> list[Tests]:
        """The places that law may test."""
        network = weigh(own.networks, question) if own.networks else NOTHING
        if question.in_one_place:
            return [Tests(tested, own, network) for tested in own.tested]
        tests = []
        for tested in TESTED:
            place = question.place(tested)
            if not known_place(place):
                raise Refused(
                    "unknown_place", "{tested}: there is no place {place}", tested=tested, place=place
                )
            scope = self._scope(place, question.brand, question.line)
            tests.append(Tests(tested, scope, weigh(scope.networks, question) if scope.networks else NOTHING))
        return tests

    def _scope(self, place: str, brand: str, line: str) -> Scope:
        # A brand or line that no row names has the rows that leave it open; there are any number of such.
        key = place, brand if brand in self._brands else "", line if line in self._lines else ""
        scope = self._scopes.get(key)
        if scope is None:
            scope = scope_of(key[1], sheets_of(place, self._rows, self._regions), key[2])
            self._scopes[key] = scope
        return scope

    def _ground(self, market: str) -> Common:
        common = self._common.get(market)
        if common is None:
            common = common_of(sheets_of(market, self._rows, self._regions))
            self._common[market] = common
        return common

    def _terms(self, question: Question) -> Weighed[tuple[object, ...]]:
        return weigh(self._ground(question.market).terms, question)


def _model(scope: Scope, question: Question) -> Weighed[DistributionModel]:
    """What the maker adopts; or, where no row tells it or strong rows disagree, what a policy of the market makes
    of that. Not where weak rows or imprecise days leave it open: they could blur what refuses, and so permit."""
    model = weigh(scope.distributions, question)
    if model.value or model.weak or not scope.policies:
        return model
    policy = weigh(scope.policies, question)
    return model if policy.value is None or policy.weak else policy
