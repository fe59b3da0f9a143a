"""Who sold: rules EU-01 and US-01. Both ask the dated rows again, for the day of the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain.compliance.facts import ContractFact, Known, OrderFacts
from domain.compliance.finding import WEAK, AuditRule, Finding, finding, gravest
from domain.kernel import Refused
from domain.markets.resolver import Markets, Resolution

EU_01: Final = AuditRule("EU-01", 1, severity=1)
US_01: Final = AuditRule("US-01", 1, severity=1)


def eu_01(facts: OrderFacts, known: Known) -> Finding:
    """In the places whose row names this rule, which are those outside the United States: FAIL if the contract
    party, the price setter, the stock owner or the invoicer is not the one of the model in force on the day of
    the contract.

    Source: VBER 2022/720 Art. 4(a); Vertical Guidelines 2022/C 248/01, paragraphs 29 to 46; the roll-out row
    that the resolution cites.
    """
    return _asked(EU_01, facts, known.markets, _eu_01)


def us_01(facts: OrderFacts, known: Known) -> Finding:
    """In the places whose row names this rule, which are those in the United States, for a maker with
    franchised dealers: FAIL if the seller of record is no dealer.

    Source: the dealer law of each state (Fla. Stat. 320.64 and 320.645; N.C. G.S. 20-305.2; Tex. Occ. Code
    2301.476), as the row that the resolution cites.
    """
    return _asked(US_01, facts, known.markets, _us_01)


def resolved(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Resolution | str:
    """What the rows say of the day of this contract, or why they say nothing."""
    try:
        on = markets.today(facts.market, contract.signed_at)
        return markets.resolve(
            brand=facts.brand, market=facts.market, customer_type=facts.customer_type, on=on
        )
    except Refused as missing:
        return str(missing)


def _asked(
    rule: AuditRule,
    facts: OrderFacts,
    markets: Markets,
    ask: Callable[[OrderFacts, ContractFact, Markets], Finding],
) -> Finding:
    """What this rule finds of the contracts, if it is the one that asks who sold in their place."""
    if not facts.contracts:
        return finding(rule, "N/A", "there is no contract")
    told = tuple(contract.evidence for contract in facts.contracts)
    try:
        asks = markets.place(facts.market).sales_rule
    except Refused as missing:
        return finding(rule, "INDETERMINATE", str(missing), *told)
    if asks != rule.id:
        return finding(rule, "N/A", f"the contract is in {facts.market}, where {asks} asks", *told)
    return gravest(tuple(ask(facts, contract, markets) for contract in facts.contracts))


def _eu_01(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Finding:
    resolution = resolved(facts, contract, markets)
    if isinstance(resolution, str):
        return finding(EU_01, "INDETERMINATE", resolution, contract.evidence)
    if doubt := _doubt(facts, resolution):
        return finding(EU_01, "INDETERMINATE", doubt, contract.evidence)
    wrong = [
        f"the {role} was the {was} and should be the {should}"
        for role, was, should in (
            ("seller", contract.seller, resolution.seller_of_record),
            ("price setter", contract.price_setter, resolution.price_setter),
            ("stock owner", contract.stock_owner, resolution.stock_owner),
            ("invoicer", contract.invoicer, resolution.invoicer),
        )
        if was != should
    ]
    model = f"{resolution.distribution_model.replace('_', ' ')} in {facts.market} ({resolution.rule})"
    if wrong:
        return finding(EU_01, "FAIL", f"{'; '.join(wrong)} under {model}", contract.evidence)
    return finding(EU_01, "PASS", f"the contract was made as {model} wants it", contract.evidence)


def _us_01(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Finding:
    if contract.seller == "dealer":
        return finding(US_01, "PASS", f"a dealer sold in {facts.market}", contract.evidence)
    resolution = resolved(facts, contract, markets)
    if isinstance(resolution, str):
        return finding(US_01, "INDETERMINATE", resolution, contract.evidence)
    if doubt := _doubt(facts, resolution):
        return finding(US_01, "INDETERMINATE", doubt, contract.evidence)
    if resolution.seller_of_record != "dealer":
        why = f"{resolution.rule} lets the {resolution.seller_of_record} sell in {facts.market}"
        return finding(US_01, "N/A", why, contract.evidence)
    why = f"the {contract.seller} sold in {facts.market}, where only a dealer may ({resolution.rule})"
    return finding(US_01, "FAIL", why, contract.evidence)


def _doubt(facts: OrderFacts, resolution: Resolution) -> str:
    """Why the row that decided cannot carry a verdict, or ""."""
    if resolution.distribution_model == "undetermined":
        return f"how {facts.brand} is sold in {facts.market} is not determined ({resolution.rule})"
    if resolution.confidence in WEAK:
        return f"the row that decides ({resolution.rule}) is of confidence {resolution.confidence}"
    return ""
