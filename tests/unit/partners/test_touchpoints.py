"""Touchpoints: logged on the order, told in which role, and never paid for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from domain.orders.touching import RecordTouchpoint, TouchpointKind, TouchpointRecorded
from domain.partners.state import partner_stream
from domain.settlements.facts import partners
from infra.codec import decode_command
from infra.errors import InputError
from tests.examples import CONTRACTED, ORDER_ID, cancel, placed
from tests.story import given
from tests.unit.partners.network import GENIUS, PARTNER, SELLER, STRANGER, genius, named, registered, seller
from tests.unit.settlements.sale import CONTRACT, DELIVERED, brief, facts_of, on, statement

met = RecordTouchpoint(
    order_id=ORDER_ID,
    touchpoint_id=named(1),
    kind="showroom",
    physical_presence=True,
    staff_id=GENIUS,
    staff_role="product_genius",
    partner_id=PARTNER,
    lead_id=named(2),
)
recorded = TouchpointRecorded(
    touchpoint_id=named(1),
    kind="showroom",
    physical_presence=True,
    staff_id=GENIUS,
    staff_role="product_genius",
    partner_id=PARTNER,
    site_id=None,
    price_discussed=False,
    lead_id=named(2),
)
PEOPLE = (registered, seller, genius)


def test_a_product_genius_is_logged_on_the_order() -> None:
    given(placed).on(partner_stream(PARTNER), *PEOPLE).when(met).then(recorded)
    given(placed, recorded).on(partner_stream(PARTNER), *PEOPLE).when(met).nothing()
    given().when(met).refused("unknown_order")


def test_a_role_that_the_partner_does_not_know_is_flagged() -> None:
    story = given(placed).on(partner_stream(PARTNER), *PEOPLE)
    story.when(replace(met, staff_role="seller")).flagged("role_not_held")
    story.when(replace(met, staff_id=STRANGER)).flagged("role_not_held")
    story.when(replace(met, staff_id=SELLER, staff_role="seller")).flagged()
    story.when(replace(met, staff_id=STRANGER, staff_role="customer_care")).flagged()


def test_a_partner_who_is_not_known_is_not_asked() -> None:
    given(placed).when(met).then(recorded)
    given(placed).when(replace(met, partner_id=None)).then(replace(recorded, partner_id=None))


@pytest.mark.parametrize("kind", ["web", "phone"])
def test_nobody_is_present_by_web_or_phone(kind: TouchpointKind) -> None:
    given(placed).when(replace(met, kind=kind)).flagged("remote")
    given(placed).when(replace(met, kind=kind, physical_presence=False)).flagged()


def test_a_customer_who_meets_nobody_is_not_met_in_person() -> None:
    alone = replace(met, staff_id=None, staff_role=None, kind="web", physical_presence=False)
    given(placed).when(alone).flagged()
    given(placed).when(replace(alone, kind="gallery", physical_presence=True)).flagged("nobody_present")


def test_what_is_told_of_an_order_that_ended_is_recorded() -> None:
    ended = given(*CONTRACTED).when(cancel).events
    given(*CONTRACTED, *(event for _, event in ended)).when(met).flagged("cancelled")


def test_an_unknown_role_is_refused_by_name() -> None:
    body = {
        "order_id": str(ORDER_ID),
        "touchpoint_id": str(named(1)),
        "kind": "showroom",
        "physical_presence": True,
        "staff_id": str(GENIUS),
        "staff_role": "wizard",
    }
    with pytest.raises(InputError, match="field staff_role: it has no such value"):
        decode_command("RecordTouchpoint", msgspec.json.encode(body))
    with pytest.raises(InputError, match="field kind: it has no such value"):
        decode_command(
            "RecordTouchpoint", msgspec.json.encode(body | {"staff_role": "seller", "kind": "fair"})
        )


def test_a_person_without_a_role_and_a_role_without_a_person_are_refused() -> None:
    for wrong in (replace(met, staff_role=None), replace(met, staff_id=None)):
        refused = given(placed).when(wrong).refused("staff_role")
        assert refused.events == ()
        assert "staff_role" in str(refused.refusal)


def test_a_product_genius_never_earns() -> None:
    sale = ((on(1, 10), CONTRACT), (on(3, 28), DELIVERED))
    busy = [
        told
        for day, event in sale
        for told in ((day, recorded), (day, event), (day + timedelta(hours=1), recorded))
    ]
    assert brief(statement(*busy)) == brief(statement(*sale))
    assert facts_of(*busy).delivered is not None
    assert GENIUS not in partners(facts_of(*busy))
    assert {line.partner_id for line in statement(*busy)} == {CONTRACT.agent_id}
