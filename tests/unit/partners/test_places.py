"""Licences, registrations, sites, certifications: what is in force where, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.kernel import Command
from domain.partners.certifying import CertifyPartner, PartnerCertified, WithdrawCertification
from domain.partners.facts import SellerFacts
from domain.partners.housing import RecordClosing, RecordOpening, SiteClosed, SiteOpened
from domain.partners.licensing import (
    CountRegistrations,
    LicenceGranted,
    LicenceRevoked,
    RecordLicence,
    RecordRevocation,
)
from domain.partners.state import Partner
from tests.examples import SITE_ID
from tests.story import given
from tests.unit.partners.network import PARTNER, facts, named, registered, site

licence = RecordLicence(
    partner_id=PARTNER,
    licence_id=named(1),
    place="US-NJ",
    granted_on=date(2013, 6, 1),
    valid_to=date(2020, 1, 1),
    brands=("TESLA",),
)
granted = LicenceGranted(
    partner_id=PARTNER,
    licence_id=named(1),
    place="US-NJ",
    granted_on=date(2013, 6, 1),
    valid_to=date(2020, 1, 1),
    brands=("TESLA",),
    site_id=None,
)
renewed = replace(granted, licence_id=named(2), granted_on=date(2020, 1, 1), valid_to=None)
revoke = RecordRevocation(
    partner_id=PARTNER, licence_id=named(2), reason="eligibility_lost", revoked_on=date(2026, 4, 1)
)
revoked = LicenceRevoked(
    partner_id=PARTNER, licence_id=named(2), reason="eligibility_lost", revoked_on=date(2026, 4, 1)
)
opening = RecordOpening(
    partner_id=PARTNER, site_id=SITE_ID, kind="store", place="DE", opened_on=date(2020, 1, 1)
)
closing = RecordClosing(partner_id=PARTNER, site_id=SITE_ID, closed_on=date(2026, 4, 1))
certify = CertifyPartner(
    partner_id=PARTNER,
    certification_id=named(5),
    brand="BMW",
    powertrain="BEV",
    valid_from=date(2026, 1, 1),
)
certified = PartnerCertified(
    partner_id=PARTNER,
    certification_id=named(5),
    brand="BMW",
    powertrain="BEV",
    valid_from=date(2026, 1, 1),
    valid_to=None,
    site_id=None,
)
withdraw = WithdrawCertification(partner_id=PARTNER, certification_id=named(5), withdrawn_on=date(2026, 6, 1))


def known(
    *events: PartnerCertified | LicenceGranted | LicenceRevoked | SiteOpened | SiteClosed,
) -> SellerFacts:
    partner = Partner()
    for event in (registered, *events):
        partner = event.evolve(partner)
    return partner.facts


def test_a_licence_is_told_once() -> None:
    given(registered).when(licence).then(granted)
    given(registered, granted).when(licence).nothing()
    given(registered, granted).when(replace(licence, place="US-NY")).refused("exists")


def test_a_licence_holds_until_it_is_revoked() -> None:
    given(registered, granted, renewed).when(revoke).then(revoked)
    given(registered, granted, renewed, revoked).when(revoke).nothing()
    given(registered).when(revoke).refused("unknown_licence")
    given(registered, replace(granted, licence_id=named(2))).when(revoke).flagged("lapsed")
    seller = known(granted, renewed, revoked)
    assert seller.licensing(place="US-NJ", on=date(2013, 5, 31)) == "none"
    assert seller.licensing(place="US-NJ", on=date(2026, 3, 31)) == "in_force"
    assert seller.licensing(place="US-NJ", on=date(2026, 4, 1)) == "revoked"
    assert seller.licensing(place="US-NY", on=date(2026, 3, 31)) == "none"
    assert seller.licensing(place="US-NJ", on=date(2026, 3, 31), brand="RIVIAN") == "none"
    assert known(granted).licensing(place="US-NJ", on=date(2020, 1, 1)) == "lapsed"


def test_renewals_without_a_break_count_from_the_first_licence() -> None:
    day = date(2026, 3, 1)
    assert known(renewed, granted).licensed_since(place="US-NJ", on=day) == date(2013, 6, 1)
    broken = replace(granted, valid_to=date(2019, 12, 31))
    assert known(broken, renewed).licensed_since(place="US-NJ", on=day) == date(2020, 1, 1)
    assert known(granted).licensed_since(place="US-NJ", on=day) is None
    assert known().licensed_since(place="US-NJ", on=day) is None


def test_sites_are_counted_by_kind_place_and_day() -> None:
    given(registered).when(opening).then(site)
    given(registered, site).when(opening).nothing()
    given(registered, site).when(replace(opening, kind="gallery")).refused("exists")
    closed = SiteClosed(partner_id=PARTNER, site_id=SITE_ID, closed_on=date(2026, 4, 1))
    given(registered, site).when(closing).then(closed)
    given(registered, site, closed).when(closing).nothing()
    given(registered, site).when(replace(closing, closed_on=date(2019, 1, 1))).flagged("not_open")
    given(registered).when(closing).refused("unknown_site")
    texan = replace(site, site_id=named(3), place="US-TX")
    gallery = replace(texan, site_id=named(4), kind="gallery")
    workshop = replace(texan, site_id=named(5), kind="service")
    seller = known(site, closed, texan, gallery, workshop)
    day = date(2026, 4, 1)
    assert seller.stores(place="DE", on=day - timedelta(days=1)) == 1
    assert seller.stores(place="DE", on=day) == 0
    assert [seller.stores(place=place, on=day) for place in ("US-TX", "US", "US-T")] == [1, 1, 0]
    assert seller.stores(place="US-TX", on=day, kind="gallery") == 1
    assert seller.stores(place="US-TX", on=day, kind="service") == 1


def test_a_cap_counts_stores_licences_or_cars() -> None:
    cars = CountRegistrations(partner_id=PARTNER, place="US-WA", counted_on=date(2026, 1, 1), cars=299)
    outcome = given(registered, granted, renewed, site).when(cars)
    seller = facts(outcome)
    given(registered, outcome.events[0][1]).when(cars).nothing()
    day = date(2026, 3, 1)
    assert seller.counted(unit="store", place="DE", on=day) == 1
    assert seller.counted(unit="licence", place="US-NJ", on=day) == 1
    assert seller.counted(unit="car", place="US-WA", on=day) == 299
    assert seller.counted(unit="car", place="US-WA", on=date(2025, 12, 31)) is None


def test_certification_is_by_powertrain_brand_and_site() -> None:
    given(registered).when(certify).then(certified)
    given(registered, certified).when(certify).refused("exists")
    seller, day = known(certified), date(2026, 3, 1)
    assert seller.certified("BEV", brand="BMW", on=day)
    assert seller.certified("BEV", brand="BMW", on=day, site_id=SITE_ID)
    assert not seller.certified("PHEV", brand="BMW", on=day)
    assert not seller.certified("BEV", brand="MINI", on=day)
    assert not seller.certified("BEV", brand="BMW", on=date(2025, 12, 31))
    elsewhere = known(replace(certified, site_id=named(6)))
    assert not elsewhere.certified("BEV", brand="BMW", on=day, site_id=SITE_ID)


def test_a_certification_is_withdrawn_once() -> None:
    outcome = given(registered, certified).when(withdraw)
    seller = facts(outcome)
    assert seller.certified("BEV", brand="BMW", on=date(2026, 5, 31))
    assert not seller.certified("BEV", brand="BMW", on=date(2026, 6, 1))
    given(registered, certified, outcome.events[0][1]).when(withdraw).refused("not_certified")
    given(registered).when(withdraw).refused("unknown_certification")


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(licence, place="New Jersey"), "place", "place"),
        (replace(licence, valid_to=date(2013, 6, 1)), "period", "valid_to"),
        (replace(licence, brands=("TESLA", "TESLA")), "named_twice", "brands"),
        (replace(opening, place="de"), "place", "place"),
        (replace(opening, place="UK"), "place", "place"),
        (replace(opening, place="ZZ-99"), "place", "place"),
        (replace(opening, place="US-"), "place", "place"),
        (replace(certify, valid_to=date(2025, 1, 1)), "period", "valid_to"),
        (
            CountRegistrations(partner_id=PARTNER, place="US-WA", counted_on=date(2026, 1, 1), cars=-1),
            "cars",
            "cars",
        ),
    ],
)
def test_what_is_told_is_well_formed(command: Command, code: str, field: str) -> None:
    refused = given(registered).when(command).refused(code)
    assert field in str(refused.refusal)
