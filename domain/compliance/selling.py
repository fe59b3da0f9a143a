"""Who sold: rules EU-01 and US-01. Both ask the dated rows again, for the day of the contract."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from domain.compliance.facts import ContractFact, Known, OrderFacts
from domain.compliance.finding import AuditRule, Finding, finding, gravest, joined
from domain.kernel import Refused
from domain.markets.answers import Layer, Resolution
from domain.markets.questions import Question, line_of
from domain.markets.resolver import Markets
from domain.orders.settling import SALES_CHANNELS

EU_01: Final = AuditRule("EU-01", 1, severity=1)
US_01: Final = AuditRule("US-01", 1, severity=1)
SALE: Final = attrgetter(
    *("brand", "model", "powertrain", "market", "region", "channel", "customer_type"),
    *("contracts", "novations"),
)


def eu_01(facts: OrderFacts, known: Known) -> Finding:
    """In the places whose row names this rule, which are those outside the United States: FAIL if the contract
    party, the price setter, the stock owner or the invoicer is not the one of the model in force on the day of
    the contract; of an order that was novated, also on the day of the novation.

    Source: VBER 2022/720 Art. 4(a); Vertical Guidelines 2022/C 248/01, paragraphs 29 to 46; the roll-out row
    that the resolution cites.
    """
    return _asked(EU_01, facts, known.markets, _eu_01)


def us_01(facts: OrderFacts, known: Known) -> Finding:
    """In the places whose row names this rule, which are those in the United States: FAIL if law forbids the
    seller of record to sell there: to a maker with franchised dealers, and to its agents, every state does.

    Source: the dealer law of each state (Fla. Stat. 320.64 and 320.645; N.C. G.S. 20-305.2; Tex. Occ. Code
    2301.476), as the row that the resolution cites.
    """
    return _asked(US_01, facts, known.markets, _us_01)


def resolved(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Resolution | str:
    """What the rows say of this contract on its day, or why they say nothing."""
    try:
        return markets.governs(
            Question(
                brand=facts.brand,
                line=line_of(facts.model),
                market=facts.market,
                on=markets.today(facts.market, contract.signed_at),
                powertrain=facts.powertrain,
                customer_type=facts.customer_type,
                channel=SALES_CHANNELS[facts.channel],
                home=markets.governing(facts.market, facts.region),
                seller=contract.seller,
            )
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
    found = gravest(tuple(ask(facts, contract, markets) for contract in facts.contracts))
    if not facts.novations:
        return found
    return joined(rule, (found, *(ask(facts, novation, markets) for novation in facts.novations)))


def _eu_01(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Finding:
    resolution = resolved(facts, contract, markets)
    if isinstance(resolution, str):
        return finding(EU_01, "INDETERMINATE", resolution, contract.evidence)
    answer = resolution.answer
    if answer.distribution_model == "undetermined":
        why = f"how {facts.brand} is sold in {facts.market} is not determined{_by(answer.decided_by)}"
        return finding(EU_01, "INDETERMINATE", why, contract.evidence)
    wrong = [
        f"the {role} was the {was} and should be the {should}"
        for role, was, should in (
            ("seller", contract.seller, answer.seller_of_record),
            ("price setter", contract.price_setter, answer.price_setter),
            ("stock owner", contract.stock_owner, answer.stock_owner),
            ("invoicer", contract.invoicer, answer.invoicer),
        )
        if was != should
    ]
    model = f"{answer.distribution_model.replace('_', ' ')} in {facts.market}"
    adopts, law = answer.layer("maker_policy"), answer.layer("law")
    if wrong and not weak(adopts):
        return finding(
            EU_01, "FAIL", f"{'; '.join(wrong)} under {model}{_by(adopts.rows)}", contract.evidence
        )
    if law.says == "no" and not law.precautionary:
        why = f"the {contract.seller} sold in {facts.market}, where law forbids it{_by(law.rows)}"
        return finding(EU_01, "FAIL", why, contract.evidence)
    if wrong:
        why = f"it would fail if row {_names(adopts.rows)} holds: {'; '.join(wrong)} under {model}"
        return finding(EU_01, "INDETERMINATE", why, contract.evidence)
    if weak(adopts):
        return finding(
            EU_01, "INDETERMINATE", f"{_names(adopts.rows)} is too weak to pass it", contract.evidence
        )
    if doubt := _doubt(law):
        return finding(EU_01, "INDETERMINATE", doubt, contract.evidence)
    return finding(
        EU_01,
        "PASS",
        f"the {contract.made_by} was made as {model} wants it{_by(adopts.rows)}",
        contract.evidence,
    )


def _us_01(facts: OrderFacts, contract: ContractFact, markets: Markets) -> Finding:
    resolution = resolved(facts, contract, markets)
    if isinstance(resolution, str):
        return finding(US_01, "INDETERMINATE", resolution, contract.evidence)
    law = resolution.answer.layer("law")
    if doubt := _doubt(law):
        return finding(US_01, "INDETERMINATE", doubt, contract.evidence)
    sold = f"the {contract.seller} sold in {facts.market}"
    if law.says == "no":
        return finding(US_01, "FAIL", f"{sold}, where law forbids it{_by(law.rows)}", contract.evidence)
    if contract.seller == "dealer":
        return finding(US_01, "PASS", f"{sold}, as law permits{_by(law.rows)}", contract.evidence)
    return finding(US_01, "N/A", f"{sold}, and law lets him{_by(law.rows)}", contract.evidence)


def weak(layer: Layer) -> bool:
    """Whether only weak rows carry what a layer says."""
    return layer.precautionary or layer.says == "undetermined"


def _doubt(law: Layer) -> str:
    """Why what law says cannot carry a verdict, or ""."""
    if law.precautionary:
        return f"it would fail if row {_names(law.rows)} holds"
    if law.says == "undetermined":
        return f"the law is not determined{_by(law.rows)}" if law.rows else "no row of the state permits it"
    return ""


def _names(rows: tuple[str, ...]) -> str:
    return " and ".join(rows)


def _by(rows: tuple[str, ...]) -> str:
    return f" ({', '.join(rows)})" if rows else ""
