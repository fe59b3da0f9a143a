"""A refusal by a rule is evidence here too: that it was refused is recorded, and nothing else changes."""

from __future__ import annotations

from domain.partners.state import Partner, PartnerEvent


class PartnerCommandRefused(PartnerEvent):
    """`command` (its class name) was refused with `code`, under version `rule_version` of `rule`: on which grounds,
    by which rows of a market, and what they rest on."""

    command: str
    code: str
    rule: str
    rule_version: int
    grounds: tuple[str, ...]
    rows: tuple[str, ...]
    source: str

    def evolve(self, partner: Partner, /) -> Partner:
        return partner
