"""Who owns a partner, and who owns them: every stake above him stands on his own stream.

So whether a seller belongs to a maker with franchised dealers, through however many companies, is decided by
reading one stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.kernel import Refused
from domain.partners.asking import PartnerReport, named_once
from domain.partners.ownership import WHOLE_BP, Stake, total_bp
from domain.partners.state import Partner, PartnerEvent


class StakeRecorded(PartnerEvent):
    """From `since` on the owner holds `share_bp` hundredths of a percent of the owned company; 0 when it sold
    them. The owned company is the partner, or one that stands above it. `makes` are the brands that the owner
    makes. `over_the_whole` in `contradicts`: with the other owners that is more than there is."""

    owner_id: UUID
    owned_id: UUID
    share_bp: int
    since: date
    makes: tuple[str, ...]
    contradicts: tuple[str, ...] = ()

    @property
    def stake(self) -> Stake:
        return Stake(
            owner_id=self.owner_id,
            owned_id=self.owned_id,
            share_bp=self.share_bp,
            since=self.since,
            makes=self.makes,
        )

    def evolve(self, partner: Partner, /) -> Partner:
        return partner.with_facts(stakes=(*partner.facts.stakes, self.stake))


class RecordStake(PartnerReport):
    """Somebody holds, or sold, a share of the partner, or of the company `owned_id` above him. The same stake
    again tells nothing new."""

    owner_id: UUID
    owned_id: UUID | None = None
    share_bp: int
    since: date
    makes: tuple[str, ...] = ()

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        owned_id = self.owned_id or self.partner_id
        if not 0 <= self.share_bp <= WHOLE_BP:
            raise Refused(
                "share",
                "share_bp is hundredths of a percent, from 0 to {whole}, not {share}",
                whole=WHOLE_BP,
                share=self.share_bp,
            )
        if self.owner_id == owned_id:
            raise Refused("own_owner", "owner_id {owner_id} cannot own itself", owner_id=self.owner_id)
        named_once(makes=self.makes)
        stake = Stake(
            owner_id=self.owner_id,
            owned_id=owned_id,
            share_bp=self.share_bp,
            since=self.since,
            makes=self.makes,
        )
        if stake in partner.facts.stakes:
            return
        stakes = (*partner.facts.stakes, stake)
        yield StakeRecorded(
            partner_id=self.partner_id,
            owner_id=self.owner_id,
            owned_id=owned_id,
            share_bp=self.share_bp,
            since=self.since,
            makes=self.makes,
            contradicts=codes(over_the_whole=total_bp(stakes, owned_id, self.since) > WHOLE_BP),
        )
