"""What holds for every event about a partner, in any turn."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel import Event, fold
from domain.partners.facts import SellerFacts, SiteKind
from domain.partners.state import Partner, PartnerEvent, partner_stream
from infra.codec import decode, encode
from tests.anything import anything
from tests.examples import AGENT_ID

PARTNER_EVENTS = sorted(
    (kind for kind in Event.named.values() if issubclass(kind, PartnerEvent)), key=lambda kind: kind.__name__
)
ANY_PARTNER_EVENT: st.SearchStrategy[PartnerEvent] = st.one_of([anything(kind) for kind in PARTNER_EVENTS])


@given(st.lists(ANY_PARTNER_EVENT, max_size=12), st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_no_event_ever_fails_and_every_question_has_an_answer(events: list[PartnerEvent], day: date) -> None:
    facts = fold(Partner(), events).facts
    assert isinstance(facts, SellerFacts)
    for place in ("a", "b"):
        asked = facts.appointment(brand=place, market=place, on=day, role="agent")
        assert asked.in_force <= (asked.standing in {"signed", "under_notice"})
        licensed = facts.licensing(place=place, on=day) == "in_force"
        assert licensed is (facts.licensed_since(place=place, on=day) is not None)
        counts = [facts.stores(place=place, on=day, kind=kind) for kind in get_args(SiteKind)]
        assert sum(counts) == len([site for site in facts.sites if site.open(day) and site.place == place])
        shares = [facts.affiliate_pct(brands={brand}, on=day) for brand in ("a", "b")]
        assert facts.affiliate_pct(brands={"a", "b"}, on=day) in {*shares, Fraction(0)}
    assert facts.affiliate_pct(brands=(), on=day) == 0


@pytest.mark.parametrize("kind", PARTNER_EVENTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_every_event_reads_back_as_it_was_and_names_its_partner(
    kind: type[PartnerEvent], data: st.DataObject
) -> None:
    event = data.draw(anything(kind))
    assert isinstance(event.evolve(Partner()), Partner)
    assert decode(kind.__name__, encode(event)) == event
    assert "partner_id" in kind.__dataclass_fields__


def test_the_stream_of_the_network_is_not_that_of_the_account() -> None:
    stream = partner_stream(AGENT_ID)
    assert stream.id != AGENT_ID
    assert stream == partner_stream(AGENT_ID)
