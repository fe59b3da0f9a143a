"""An answer put together from what each layer says of those who could sell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.kernel import Rule
from domain.markets.answers import GROUNDS, UNDETERMINED, Answer, Ground, Layer, Withdrawal
from domain.markets.claims import SURENESS, Confidence, Law, Terms
from domain.markets.matrix import Roles
from domain.markets.plans import DistributionModel
from domain.markets.questions import Question
from domain.markets.scopes import Ready
from domain.markets.verdicts import AnyReady, Verdict
from domain.markets.weighing import Weighed
from domain.words import Party


def refusals(said: tuple[Verdict, ...]) -> list[Ground]:
    """On which grounds a party is refused."""
    return [
        "undetermined" if one.says == "undetermined" else one.ground
        for one in said
        if one.says in {"no", "undetermined"}
    ]


def speaker(roles: Roles, allowed: tuple[Party, ...], candidates: tuple[Party, ...]) -> Party:
    """The party that the layers of an answer speak of, where no seller was named."""
    record = roles.seller_of_record
    if record != "nobody" and (record in allowed or not allowed):
        return record
    return allowed[0] if allowed else candidates[0]


def compose(
    speakers: list[tuple[Verdict, ...]],
    *,
    allowed: bool,
    allowed_roles: tuple[Party, ...],
    model: Weighed[DistributionModel],
    roles: Roles,
    withdrawal: Withdrawal | None,
    sales_rule: Rule,
    shown: tuple[Verdict, ...],
) -> Answer:
    grounds = () if allowed else _grounds(speakers, determined=model.value is not None)
    ground = grounds[0] if grounds else None
    counted = speakers if model.value or len(speakers) == 1 or ground == "law" else []
    laws = {row.claim.id: row for said in counted for row in said[0].rows}
    decided = [laws[key] for key in sorted(laws)] + sorted(model.rows, key=_id)
    return Answer(
        allowed=allowed,
        distribution_model=model.value or "undetermined",
        seller_of_record=roles.seller_of_record,
        price_setter=roles.price_setter,
        stock_owner=roles.stock_owner,
        invoicer=roles.invoicer,
        allowed_roles=allowed_roles,
        withdrawal=withdrawal,
        ground=ground,
        grounds=grounds,
        precautionary=ground is not None and _precautionary(ground, speakers),
        confidence=_weakest(decided),
        decided_by=_ids(decided),
        not_asked=tuple(dict.fromkeys(name for said in speakers for one in said for name in one.not_asked)),
        rule=_rule(ground, laws.values(), sales_rule),
        layers=tuple([Layer(one.ground, one.says, one.precautionary, _ids(one.rows)) for one in shown]),
        sources=tuple(dict.fromkeys(row.claim.source for row in decided)),
        says=tuple(row.claim.says for row in decided if row.claim.says),
    )


def _grounds(speakers: list[tuple[Verdict, ...]], *, determined: bool) -> tuple[Ground, ...]:
    """Every ground on which any of them is refused. Where no model is determined nobody in particular is meant,
    so only what refuses each of them counts."""
    found = [set(refusals(said)) for said in speakers]
    told = set.union(*found) if determined else set.intersection(*found)
    return tuple(ground for ground in GROUNDS if ground in told)


def _precautionary(ground: Ground, speakers: list[tuple[Verdict, ...]]) -> bool:
    refusing = [one for said in speakers for one in said if one.ground == ground and one.says == "no"]
    return bool(refusing) and all(one.precautionary for one in refusing)


def _rule(ground: Ground | None, laws: Iterable[AnyReady], sales_rule: Rule) -> Rule:
    """What the refusal or the contract cites."""
    if ground == "undetermined":
        return UNDETERMINED
    if ground == "law":
        for row in laws:
            if isinstance(row.claim, Law):
                return row.claim.rule
    return sales_rule


def _ids(rows: Sequence[AnyReady]) -> tuple[str, ...]:
    return tuple([row.claim.id for row in rows])


def _id(row: Ready[DistributionModel]) -> str:
    return row.claim.id


def _weakest(rows: list[AnyReady]) -> Confidence | None:
    if not rows:
        return None
    return SURENESS[max(SURENESS.index(row.claim.confidence) for row in rows)]


def withdrawal(found: Weighed[tuple[object, ...]], question: Question) -> Withdrawal | None:
    if found.value is None:
        return None
    terms = found.rows[0].claim
    assert isinstance(terms, Terms)
    entitled = question.customer_type in terms.withdrawal_for
    return Withdrawal(
        days=terms.withdrawal_days if entitled else 0,
        rule=terms.withdrawal_rule if entitled else None,
        contracts=terms.withdrawal_channels if entitled else (),
        extension_months=terms.withdrawal_extension_months if entitled else 0,
        confidence=terms.confidence,
        row=terms.id,
    )
