"""One partner in Germany: MINI's agent, and BMW's dealer. What he is offered, signs and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.kernel import Rule
from domain.markets.agreements import partner_rules
from domain.markets.regions import Regions
from domain.markets.rows import Row
from domain.partners.answering import AgreementSigned, RecordAnswer, ReportAgreement
from domain.partners.facts import SellerFacts
from domain.partners.housing import SiteOpened
from domain.partners.offering import AgreementOffered, OfferAgreement
from domain.partners.registering import PartnerRegistered
from domain.partners.rules import Appointing, Incompatible, PartnerRules
from domain.partners.staffing import RoleAssigned
from domain.partners.state import Partner
from tests.examples import AGENT_ID, MAKER_ID, SITE_ID, ident, sha
from tests.story import Outcome, Story, given
from tests.unit.markets.claimed import REGIONS, rows_of, said, since

PARTNER: Final = AGENT_ID
MINI_AGENT, BMW_DEALER, BMW_AGENT = ident(71), ident(72), ident(73)
SELLER, GENIUS, TECHNICIAN, STRANGER = ident(81), ident(82), ident(83), ident(84)
TODAY: Final = date(2026, 3, 2)
START: Final = date(2026, 6, 1)

registered: Final = PartnerRegistered(partner_id=PARTNER, market="DE", seat="DE", makes=())
offer: Final = OfferAgreement(
    partner_id=PARTNER,
    agreement_id=MINI_AGENT,
    principal_id=MAKER_ID,
    role="agent",
    brand="MINI",
    market="DE",
    valid_from=START,
    notice_months=24,
    terms_sha256=sha("a"),
)
offered: Final = AgreementOffered(
    partner_id=PARTNER,
    agreement_id=MINI_AGENT,
    principal_id=MAKER_ID,
    role="agent",
    brand="MINI",
    market="DE",
    valid_from=START,
    valid_to=None,
    lines=(),
    customers=(),
    notice_months=24,
    terms_sha256=sha("a"),
    offered_on=TODAY,
)
sign: Final = RecordAnswer(partner_id=PARTNER, agreement_id=MINI_AGENT, answer="signed", doc_sha256=sha("b"))
signed: Final = AgreementSigned(
    partner_id=PARTNER,
    agreement_id=MINI_AGENT,
    under_protest=False,
    doc_sha256=sha("b"),
    signed_on=TODAY,
)
dealer_offered: Final = replace(
    offered, agreement_id=BMW_DEALER, role="dealer", brand="BMW", valid_from=date(2018, 1, 1)
)
dealer_signed: Final = replace(signed, agreement_id=BMW_DEALER)
DEALER: Final = (registered, dealer_offered, dealer_signed)
AGENT: Final = (registered, offered, signed)

report: Final = ReportAgreement(**vars(offer))
site: Final = SiteOpened(
    partner_id=PARTNER, site_id=SITE_ID, kind="store", place="DE", opened_on=date(2020, 1, 1)
)
seller: Final = RoleAssigned(
    partner_id=PARTNER, person_id=SELLER, role="seller", since=date(2025, 1, 1), site_id=None, skills=()
)
genius: Final = replace(seller, person_id=GENIUS, role="product_genius")

EU_04: Final = Rule("EU-04", 1)
EU_08: Final = Rule("EU-08", 1)
ONE_ROLE: Final = Incompatible(
    id="DE-BMW-agent-or-dealer",
    roles=("agent", "dealer"),
    brands=("BMW",),
    rule=EU_08,
    validity=since("2025-01-01"),
    **said(),
)
SWISS_LIST: Final = Appointing(
    id="DE-costs",
    roles=("agent",),
    rule=EU_04,
    validity=since("2024-09-01"),
    costs_told_days=14,
    **said(),
)
ITALIAN_NOTICE: Final = Appointing(
    id="DE-notice",
    roles=("agent", "dealer"),
    rule=EU_04,
    validity=since("2022-08-01"),
    notice_months_min=24,
    term_months_min=60,
    **said(),
)


def rules(*rows: Row, market: str = "DE", regions: Regions = REGIONS) -> PartnerRules:
    """What these rows, of one place, ask of agreements."""
    return partner_rules([rows_of(*rows, market=market)], regions)


RULES: Final = rules(ONE_ROLE, SWISS_LIST, ITALIAN_NOTICE)


def facts(outcome: Outcome) -> SellerFacts:
    """What is known of the partner afterwards."""
    return outcome.after(Partner).facts


def under(*events: object, asked: PartnerRules = RULES) -> Story:
    """The partner's events so far, in a market with rows about agreements."""
    return given(*events).knowing(partner_rules=asked)  # type: ignore[arg-type]


def named(number: int) -> UUID:
    return ident(900 + number)
