"""What an audit says: a finding under one version of a rule, and the evidence it rests on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from domain.frozen import frozen
from domain.kernel import Recorded, Rule

Verdict = Literal["PASS", "FAIL", "WARN", "N/A", "INDETERMINATE"]
Severity = Literal[1, 2, 3, 4]

GRAVITY: Final[tuple[Verdict, ...]] = ("N/A", "PASS", "WARN", "INDETERMINATE", "FAIL")


@frozen
class Evidence:
    """An event that a finding rests on: the SHA-256 (hex) of its stored body, and the values that counted.
    Whoever holds the log can look it up and hash it again."""

    event_id: UUID
    name: str
    sha256: str
    facts: tuple[tuple[str, str], ...]


@frozen
class Finding:
    """Severity: 1 a prohibited act, 2 a legal duty, 3 a contract or policy, 4 data."""

    rule: str
    rule_version: int
    verdict: Verdict
    severity: Severity
    evidence: tuple[Evidence, ...]
    says: str


@dataclass(frozen=True)
class AuditRule(Rule):
    """A rule that an audit asks, with the severity of what it finds."""

    severity: Severity


def evidence(recorded: Recorded, **facts: object) -> Evidence:
    """This event as evidence, with the values that count."""
    return Evidence(
        event_id=recorded.event_id,
        name=recorded.name,
        sha256=hashlib.sha256(recorded.body).hexdigest(),
        facts=tuple([(name, "" if value is None else str(value)) for name, value in facts.items()]),
    )


def finding(rule: AuditRule, verdict: Verdict, why: str, *told: Evidence | None) -> Finding:
    """A finding in the words in which every finding is told."""
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        verdict=verdict,
        severity=rule.severity,
        evidence=tuple([one for one in told if one]),
        says=f"{_begins(rule)}{why}",
    )


def gravest(findings: tuple[Finding, ...]) -> Finding:
    """The one to report where a rule was asked more than once."""
    return max(findings, key=lambda one: GRAVITY.index(one.verdict))


def joined(rule: AuditRule, findings: tuple[Finding, ...]) -> Finding:
    """Several findings under one rule as one: the gravest verdict, and what each of them says."""
    whys = (one.says.removeprefix(_begins(rule)) for one in findings)
    told = (evidence for one in findings for evidence in one.evidence)
    return finding(rule, gravest(findings).verdict, "; ".join(whys), *told)


def _begins(rule: AuditRule) -> str:
    return f"finding under rule {rule}: "
