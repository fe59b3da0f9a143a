"""Whether an agent loses commission for what the maker is to blame: rule CO-03."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from domain.compliance.facts import Known, OrderFacts
from domain.compliance.finding import AuditRule, Finding, finding

CO_03: Final = AuditRule("CO-03", 1, severity=1)
PAY: Final = attrgetter("contracts", "novations", "cancellations")


def co_03(facts: OrderFacts, known: Known) -> Finding:
    """FAIL if an order of an agent was cancelled by the fault of the maker, and the terms of pay that its
    contract named (its novation, if it was novated) take commission back for that. What was posted follows from
    these two, so no posting of ours is believed.

    Source: Directive 86/653/EEC, Art. 11; CJEU C-48/16 (ERGO).
    """
    plan = known.plan
    contract = facts.standing
    blamed = next((one for one in facts.cancellations if one.fault == "principal"), None)
    if contract is None or contract.agent_id is None:
        return finding(CO_03, "N/A", "no agent brought this contract about")
    if blamed is None:
        return finding(
            CO_03, "N/A", "the order was not cancelled by the fault of the maker", contract.evidence
        )
    if contract.plan_id is None:
        return finding(
            CO_03,
            "INDETERMINATE",
            "the contract names no terms of pay",
            contract.evidence,
            blamed.evidence,
        )
    terms = (
        next((one for one in plan.versions if one.version == contract.plan_version), None) if plan else None
    )
    if terms is None:
        why = f"the terms that the contract names (version {contract.plan_version}) are not in evidence"
        return finding(CO_03, "INDETERMINATE", why, contract.evidence, blamed.evidence)
    told = contract.evidence, blamed.evidence, terms.evidence
    if terms.takes_back_for_principal:
        return finding(CO_03, "FAIL", "the terms take commission back for the fault of the maker", *told)
    return finding(CO_03, "PASS", "the agent keeps the commission: the maker is to blame", *told)
