"""Whether a consumer who withdrew in time was let go: rule CR-03."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from domain.compliance.facts import AnswerFact, ContractFact, Known, MomentFact, OrderFacts
from domain.compliance.finding import AuditRule, Finding, Verdict, finding
from domain.compliance.selling import resolved
from domain.kernel import Refused
from domain.markets.answers import Resolution
from domain.markets.resolver import Markets

CR_03: Final = AuditRule("CR-03", 1, severity=1)

Standing = tuple[Literal["in_time", "late", "no_right", "doubtful"], str]


def cr_03(facts: OrderFacts, known: Known) -> Finding:
    """FAIL if a valid withdrawal was denied, WARN while it waits for an answer. The window is counted again:
    the days of the market from the day of possession, from the day of the information if that came later,
    or, where it never came, with the extension.

    Source: Directive 2011/83/EU, Art. 9, 10 and 16(c); Code de la consommation L221-18; UK Consumer Contracts
    Regulations 2013, reg. 28 to 34.
    """
    declared, contract = facts.declared, facts.contracts[0] if facts.contracts else None
    if declared is None:
        return finding(CR_03, "N/A", "nobody declared a withdrawal")
    if contract is None:
        return finding(CR_03, "INDETERMINATE", "a withdrawal, but no contract", declared.evidence)
    standing, why = _standing(facts, contract, declared, known.markets)
    answer = facts.answers[-1] if facts.answers else None
    verdict, told = _verdict(facts, standing, answer)
    return finding(
        CR_03,
        verdict,
        f"{why}; {told}",
        contract.evidence,
        facts.informed.evidence if facts.informed else None,
        facts.possession.evidence if facts.possession else None,
        declared.evidence,
        answer.evidence if answer else None,
    )


def withdrawal(facts: OrderFacts) -> OrderFacts | None:
    """What the rule asks: nothing, until a withdrawal is declared."""
    return facts if facts.declared else None


def window_end(facts: OrderFacts, possession_at: datetime, resolution: Resolution) -> datetime:
    """The first moment at which a withdrawal is too late.

    Raises:
        Refused: `calendar_missing`.
    """
    days, months = resolution.withdrawal_days, resolution.withdrawal_extension_months
    if facts.informed and facts.informed.at <= possession_at:
        return resolution.deadline(possession_at, days=days)
    extended = resolution.deadline(possession_at, days=days, months=months)
    if facts.informed is None:
        return extended
    return min(extended, resolution.deadline(facts.informed.at, days=days))


def _standing(facts: OrderFacts, contract: ContractFact, declared: MomentFact, markets: Markets) -> Standing:
    resolution = resolved(facts, contract, markets)
    if isinstance(resolution, str):
        return "doubtful", resolution
    if resolution.terms_weak:
        told = f"{resolution.terms_row}, of confidence {resolution.withdrawal_confidence}"
        return "doubtful", f"the terms of {facts.market} ({told}) are too weak, or overdue"
    if resolution.withdrawal_days == 0:
        return "no_right", f"a {facts.customer_type} has no right to withdraw in {facts.market}"
    if contract.channel == "unknown":
        return (
            "doubtful",
            "the channel of the contract is unknown, and it decides about the right to withdraw",
        )
    if not resolution.withdrawal_days_by(contract.channel):
        channel = contract.channel.replace("_", " ")
        return "no_right", f"a contract made {channel} gives no right to withdraw in {facts.market}"
    if facts.possession is None or declared.at < facts.possession.at:
        return "in_time", "the withdrawal was declared before the car was handed over"
    try:
        end = window_end(facts, facts.possession.at, resolution)
    except Refused as missing:
        return "doubtful", str(missing)
    if declared.at < end:
        return "in_time", f"the withdrawal was declared before the window ended at {end.isoformat()}"
    return "late", f"the withdrawal was declared after the window ended at {end.isoformat()}"


def _verdict(facts: OrderFacts, standing: str, answer: AnswerFact | None) -> tuple[Verdict, str]:
    if any(one.answer == "accepted" for one in facts.answers):
        return "PASS", "it was accepted"
    if standing == "no_right":
        return "N/A", "so the rule does not ask"
    if standing == "late":
        return "PASS", "so it need not be honoured"
    if standing == "doubtful":
        return "INDETERMINATE", "so nobody can tell whether it must be honoured"
    if answer is None:
        return "WARN", "it waits for an answer"
    if answer.exception == "made_to_specification":
        return "INDETERMINATE", "it was denied as made to specification, which these facts do not show"
    return "FAIL", f"it was denied: {answer.exception.replace('_', ' ')}"
