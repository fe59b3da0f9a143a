"""CR-03: a consumer who withdrew in time is let go. The window is counted again, from the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.orders.withdrawing import DenialGround, WithdrawalAccepted, WithdrawalDeclared, WithdrawalDenied
from tests.examples import (
    CONTRACTED,
    DAY,
    HANDOVER,
    NOON,
    OTHER_CAR_ID,
    WITHDRAW_UNTIL,
    delivered,
    informed,
    placed,
    placed_nc,
    sha,
    signed,
)
from tests.unit.compliance.audited import Told, under

declared = WithdrawalDeclared(medium="function", declared_at=NOON, window_ends_at=None, in_time=None)
accepted = WithdrawalAccepted()
HANDED_OVER: tuple[Told, ...] = (placed, informed, signed, (HANDOVER, delivered))
IN_TIME = WITHDRAW_UNTIL - timedelta(microseconds=1), declared
LATE = WITHDRAW_UNTIL, declared


def denied(exception: DenialGround) -> WithdrawalDenied:
    return WithdrawalDenied(exception=exception, evidence_sha256=sha("8"))


def test_who_does_not_withdraw_is_not_asked_about() -> None:
    assert under("CR-03", *HANDED_OVER).verdict == "N/A"


def test_a_withdrawal_that_was_accepted_passes() -> None:
    assert under("CR-03", *HANDED_OVER, IN_TIME, accepted).verdict == "PASS"
    assert under("CR-03", *HANDED_OVER, LATE, accepted).verdict == "PASS"


@pytest.mark.parametrize("ground", ["out_of_time", "no_distance_contract", "business_customer"])
def test_a_valid_withdrawal_that_was_denied_fails(ground: DenialGround) -> None:
    found = under("CR-03", *HANDED_OVER, IN_TIME, denied(ground))
    assert (found.verdict, found.severity) == ("FAIL", 1)
    assert [one.name for one in found.evidence] == [
        "ContractSigned",
        "PrecontractInfoGiven",
        "Delivered",
        "WithdrawalDeclared",
        "WithdrawalDenied",
    ]


def test_while_it_waits_it_is_a_warning() -> None:
    assert under("CR-03", *HANDED_OVER, IN_TIME).verdict == "WARN"


def test_a_late_withdrawal_may_be_denied() -> None:
    assert under("CR-03", *HANDED_OVER, LATE, denied("out_of_time")).verdict == "PASS"


def test_the_earliest_declaration_counts_in_whatever_order_they_are_told() -> None:
    late, letter = (HANDOVER + 40 * DAY, declared), (HANDOVER + 5 * DAY, declared)
    told = under("CR-03", *HANDED_OVER, late, letter, denied("out_of_time"))
    assert told.verdict == "FAIL"
    assert under("CR-03", *HANDED_OVER, late, denied("out_of_time"), letter).verdict == "FAIL"
    assert under("CR-03", *HANDED_OVER, letter, late, denied("out_of_time")).verdict == "FAIL"


def test_the_earliest_information_counts_in_whatever_order_it_is_told() -> None:
    again = HANDOVER + 30 * DAY, replace(informed, doc_sha256=sha("7"))
    told = placed, signed, (HANDOVER, delivered), again, (NOON, informed)
    assert under("CR-03", *told, LATE, denied("out_of_time")).verdict == "PASS"


def test_the_window_runs_from_when_the_customer_first_had_the_car() -> None:
    before = HANDOVER - 5 * DAY, replace(delivered, possession_at=HANDOVER - 5 * DAY)
    assert under("CR-03", *HANDED_OVER, before, IN_TIME, denied("out_of_time")).verdict == "PASS"
    after = HANDOVER + 20 * DAY, replace(delivered, possession_at=HANDOVER + 20 * DAY)
    assert under("CR-03", *HANDED_OVER, after, LATE, denied("out_of_time")).verdict == "PASS"


def test_the_handover_of_another_car_moves_no_window() -> None:
    other = replace(delivered, vehicle_id=OTHER_CAR_ID, possession_at=HANDOVER - 9 * DAY)
    told = *HANDED_OVER, (HANDOVER - 9 * DAY, other), IN_TIME, denied("out_of_time")
    assert under("CR-03", *told).verdict == "FAIL"


def test_the_window_is_counted_again_whatever_the_handover_said() -> None:
    wrong = HANDOVER, replace(delivered, withdraw_until=HANDOVER + DAY)
    found = under("CR-03", placed, informed, signed, wrong, IN_TIME, denied("out_of_time"))
    assert found.verdict == "FAIL"


def test_our_own_judgement_is_not_believed() -> None:
    judged = IN_TIME[0], replace(declared, in_time=False, contradicts=("late",))
    assert under("CR-03", *HANDED_OVER, judged, denied("out_of_time")).verdict == "FAIL"


def test_before_the_handover_it_is_always_in_time() -> None:
    early = NOON + 60 * DAY, declared
    assert under("CR-03", *CONTRACTED, early, denied("out_of_time")).verdict == "FAIL"


def test_who_was_never_told_has_twelve_months_more() -> None:
    untold: tuple[Told, ...] = placed, signed, (HANDOVER, delivered)
    in_a_year = HANDOVER + 379 * DAY, declared
    too_late = HANDOVER + 380 * DAY, declared
    assert under("CR-03", *untold, in_a_year, denied("out_of_time")).verdict == "FAIL"
    assert under("CR-03", *untold, too_late, denied("out_of_time")).verdict == "PASS"


def test_who_was_told_late_has_his_days_from_then() -> None:
    told = placed, signed, (HANDOVER, delivered), (HANDOVER + 30 * DAY, informed)
    assert under("CR-03", *told, (HANDOVER + 44 * DAY, declared), denied("out_of_time")).verdict == "FAIL"
    assert under("CR-03", *told, (HANDOVER + 46 * DAY, declared), denied("out_of_time")).verdict == "PASS"


def test_without_a_right_the_rule_does_not_ask() -> None:
    on_premises = replace(signed, contract_channel="on_premises")
    business = replace(placed, customer_type="fleet")
    for told in ((placed, informed, on_premises), (business, informed, signed)):
        found = under("CR-03", *told, (HANDOVER, delivered), IN_TIME, denied("no_distance_contract"))
        assert found.verdict == "N/A"


def test_an_unknown_channel_is_indeterminate() -> None:
    unknown = replace(signed, contract_channel="unknown")
    found = under("CR-03", placed, informed, unknown, (HANDOVER, delivered), IN_TIME, denied("out_of_time"))
    assert found.verdict == "INDETERMINATE"
    assert "channel of the contract is unknown" in found.says


def test_a_car_made_to_specification_is_another_question() -> None:
    found = under("CR-03", *HANDED_OVER, IN_TIME, denied("made_to_specification"))
    assert found.verdict == "INDETERMINATE"


def test_weak_terms_carry_no_verdict() -> None:
    found = under("CR-03", placed_nc, informed, signed, IN_TIME, denied("out_of_time"))
    assert found.verdict == "INDETERMINATE"
    assert "confidence GK" in found.says


def test_a_withdrawal_from_no_contract_is_indeterminate() -> None:
    assert under("CR-03", placed, IN_TIME).verdict == "INDETERMINATE"


def test_a_calendar_that_ends_too_early_is_indeterminate() -> None:
    far = datetime(2199, 1, 1, tzinfo=UTC)
    late = far, replace(delivered, possession_at=far)
    found = under("CR-03", placed, informed, signed, late, (far + DAY, declared), denied("out_of_time"))
    assert found.verdict == "INDETERMINATE"
    assert "calendar" in found.says
