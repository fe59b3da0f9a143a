"""Who gets a reservation: North Carolina's nearest dealer of the make, Arizona's criteria and notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.orders.assigning import AssignReservation, Candidate, ReservationAssignedToDealer
from domain.partners.notifying import ReservationSystemTold, TellReservationSystem
from domain.partners.state import PartnerEvent, partner_stream
from tests.examples import DAY, DEALER_ID, FAR_DEALER_ID, MAKER_ID, NOON, US_05, assign, placed_nc, sha
from tests.story import Story, given
from tests.unit.partners import network

placed_az = replace(placed_nc, market="US-AZ", region="US-AZ")
ranked = AssignReservation(
    order_id=assign.order_id,
    candidates=(
        Candidate(dealer_id=FAR_DEALER_ID, distance_km=80, rank=1),
        Candidate(dealer_id=DEALER_ID, distance_km=12, rank=2),
    ),
    criteria_sha256=sha("8"),
)
chosen = replace(ranked, chosen_dealer_id=DEALER_ID, criteria_sha256="")


def dealer(partner_id: UUID, *, market: str, brand: str = "BMW") -> tuple[PartnerEvent, ...]:
    """A dealer of a brand, registered and signed."""
    registered = replace(network.registered, partner_id=partner_id, market=market, seat=market)
    offered = replace(network.dealer_offered, partner_id=partner_id, market=market, brand=brand)
    return registered, offered, replace(network.dealer_signed, partner_id=partner_id)


def told(partner_id: UUID, on: date) -> ReservationSystemTold:
    return ReservationSystemTold(
        partner_id=partner_id,
        brand="BMW",
        market="US-AZ",
        doc_sha256=sha("9"),
        told_on=on,
    )


def with_dealer(story: Story, partner_id: UUID, *events: PartnerEvent) -> Story:
    return story.on(partner_stream(partner_id), *events)


LONG_AGO, RECENTLY = date(2026, 1, 31), date(2026, 2, 1)  # 30 and 29 days before the day of the stories
FAR_IN_AZ = (*dealer(FAR_DEALER_ID, market="US-AZ"), told(FAR_DEALER_ID, LONG_AGO))
NEAR_IN_AZ = (*dealer(DEALER_ID, market="US-AZ"), told(DEALER_ID, LONG_AGO))


def test_in_north_carolina_a_dealer_of_another_make_is_passed_over() -> None:
    story = with_dealer(given(placed_nc), DEALER_ID, *dealer(DEALER_ID, market="US-NC", brand="MINI"))
    outcome = story.when(assign)
    assert outcome.event(ReservationAssignedToDealer).dealer_id == FAR_DEALER_ID
    assert outcome.event(ReservationAssignedToDealer).basis == "nearest"


def test_the_nearest_who_sells_the_make_gets_it() -> None:
    story = with_dealer(given(placed_nc), DEALER_ID, *dealer(DEALER_ID, market="US-NC"))
    assert story.when(assign).event(ReservationAssignedToDealer).dealer_id == DEALER_ID


def test_the_customer_chooses_among_the_dealers_of_the_make() -> None:
    of_another = with_dealer(given(placed_nc), DEALER_ID, *dealer(DEALER_ID, market="US-NC", brand="MINI"))
    outcome = of_another.when(replace(chosen)).refused("not_same_make", rule=US_05)
    assert outcome.refusal is not None
    assert outcome.refusal.rows == ("US-NC-reservations",)
    assert "20-305(53)" in outcome.refusal.source


def test_where_no_dealer_of_the_make_is_left_the_rule_says_so() -> None:
    story = given(placed_nc)
    for one in (DEALER_ID, FAR_DEALER_ID):
        story = with_dealer(story, one, *dealer(one, market="US-NC", brand="MINI"))
    story.when(assign).refused("no_dealer", rule=US_05)


def test_within_ten_days_the_refusal_names_the_row() -> None:
    assigned = given(placed_nc).when(assign).event(ReservationAssignedToDealer)
    outcome = given(placed_nc, assigned).when(assign, at=NOON + 9 * DAY)
    outcome.refused("dealer_may_answer", rule=US_05)
    assert outcome.refusal is not None
    assert outcome.refusal.rows == ("US-NC-reservations",)
    assert assigned.decided_by == ("US-NC-reservations",)


def test_in_arizona_objective_criteria_choose_and_not_distance() -> None:
    story = with_dealer(with_dealer(given(placed_az), FAR_DEALER_ID, *FAR_IN_AZ), DEALER_ID, *NEAR_IN_AZ)
    found = story.when(ranked).event(ReservationAssignedToDealer)
    assert (found.dealer_id, found.basis) == (FAR_DEALER_ID, "objective_rule")
    assert (found.criteria_sha256, found.decided_by) == (sha("8"), ("US-AZ-reservations",))


def test_without_criteria_only_the_customer_chooses_in_arizona() -> None:
    story = with_dealer(given(placed_az), DEALER_ID, *NEAR_IN_AZ)
    story.when(replace(ranked, criteria_sha256="")).refused("no_criteria", rule=US_05)
    story.when(replace(ranked, criteria_sha256="ours")).refused("sha256")
    found = story.when(chosen).event(ReservationAssignedToDealer)
    assert (found.dealer_id, found.basis, found.criteria_sha256) == (DEALER_ID, "customer_choice", "")


@pytest.mark.parametrize("notice", [(), (told(DEALER_ID, RECENTLY),)])
def test_arizona_wants_thirty_days_notice_of_the_system(notice: tuple[PartnerEvent, ...]) -> None:
    story = with_dealer(given(placed_az), DEALER_ID, *dealer(DEALER_ID, market="US-AZ"), *notice)
    outcome = story.when(chosen).refused("notice_short", rule=US_05)
    assert outcome.refusal is not None
    assert outcome.refusal.rows == ("US-AZ-reservations",)
    assert "28-4460(B)(7)" in outcome.refusal.source


def test_on_the_thirtieth_day_after_the_notice_it_may_be_used() -> None:
    here = (*dealer(DEALER_ID, market="US-AZ"), told(DEALER_ID, RECENTLY))
    with_dealer(given(placed_az), DEALER_ID, *here).when(chosen, at=NOON + DAY).then(
        ReservationAssignedToDealer
    )


def test_of_a_dealer_who_is_not_registered_no_notice_is_known() -> None:
    given(placed_az).when(chosen).refused("notice_short", rule=US_05)


def test_the_notice_is_recorded_once() -> None:
    tell = TellReservationSystem(partner_id=DEALER_ID, brand="BMW", market="US-AZ", doc_sha256=sha("9"))
    here = dealer(DEALER_ID, market="US-AZ")
    given(*here).when(tell).then(told(DEALER_ID, date(2026, 3, 2)))
    given(*here, told(DEALER_ID, LONG_AGO)).when(tell).nothing()
    given(*here).when(replace(tell, doc_sha256="a letter")).refused("sha256")
    given(*here).when(replace(tell, market="US-ZZ")).refused("unknown_market")
    given().when(tell).refused("unknown_partner")


def test_a_notice_for_another_make_or_place_is_none() -> None:
    for wrong in (
        replace(told(DEALER_ID, LONG_AGO), brand="MINI"),
        replace(told(DEALER_ID, LONG_AGO), market="US-NC"),
    ):
        story = with_dealer(given(placed_az), DEALER_ID, *dealer(DEALER_ID, market="US-AZ"), wrong)
        story.when(chosen).refused("notice_short", rule=US_05)


def test_every_dealer_is_read_once_the_chosen_one_too_if_he_is_no_candidate() -> None:
    asked = replace(ranked, chosen_dealer_id=MAKER_ID)
    assert asked.dealers == (FAR_DEALER_ID, DEALER_ID, MAKER_ID)
    assert len(asked.reads()) == 4
