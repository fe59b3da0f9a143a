"""Who signs is asked for what the log knows of him, in the same query as the order; and each refusal is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Event as Flag
from uuid import UUID, uuid4

import pytest

from domain.kernel import Command, Event, Recorded, Refused
from domain.orders.contracting import ContractSigned
from domain.orders.refusing import CommandRefused
from domain.partners.ending import ReportTermination
from domain.partners.housing import RecordOpening
from domain.partners.refusing import PartnerCommandRefused
from domain.partners.registering import RegisterPartner
from domain.partners.state import partner_stream
from infra.clock import SimulatedClock
from infra.handle import Ask, Desk
from infra.log import Log
from infra.log_reader import NOTHING_KNOWN
from infra.vault import Vault
from tests import examples
from tests.examples import AGENT_ID, EU_01, MARKETS, NOON, ORDER_ID, OTHER_ORDER_ID
from tests.integration.log.items import assert_sound
from tests.unit.partners.network import BMW_AGENT, BMW_DEALER, EU_08, MINI_AGENT, offer, report

register = RegisterPartner(partner_id=AGENT_ID, market="DE")
appoint = replace(report, valid_from=date(2024, 10, 1))
OFFER = (examples.reserve, examples.quote, examples.inform)


class CountingLog(Log):
    """It counts how often it is asked for the events of streams, and how many it gave."""

    asked = 0
    given = 0

    def histories(
        self, stream_ids: Iterable[UUID], *, after: Mapping[UUID, int] = NOTHING_KNOWN
    ) -> dict[UUID, list[Recorded]]:
        self.asked += 1
        found = super().histories(stream_ids, after=after)
        self.given += sum(map(len, found.values()))
        return found


def tell(desk: Desk, *commands: Command) -> tuple[Event, ...]:
    events: tuple[Event, ...] = ()
    for command in commands:
        events += desk.handle(Ask(command=command, actor="clerk")).events
    return events


def refused(desk: Desk, command: Command, command_id: UUID | None = None) -> Refused:
    with pytest.raises(Refused) as refusal:
        desk.handle(Ask(command=command, actor="clerk", command_id=command_id))
    return refusal.value


def test_a_seller_who_is_not_appointed_is_refused_and_that_is_evidence(desk: Desk, log: Log) -> None:
    tell(desk, register, *OFFER)
    assert refused(desk, examples.sign).code == "not_appointed"
    (*_, evidence) = log.history(ORDER_ID)
    assert evidence.event == CommandRefused(
        command="SignContract",
        code="not_appointed",
        rule=EU_01.id,
        rule_version=EU_01.version,
        grounds=("contract",),
        rows=("DE-MINI-agency",),
        source="bmwblog, 2024-07-29 and 2024-10-10",
    )
    (*_, signed) = tell(desk, appoint, examples.sign)
    assert isinstance(signed, ContractSigned)
    assert [one.name for one in log.history(partner_stream(AGENT_ID).id)] == [
        "PartnerRegistered",
        "AgreementOffered",
        "AgreementSigned",
    ]


def test_order_seller_and_agent_are_read_in_one_query(
    desk: Desk, database: str, vault: Vault, clock: SimulatedClock
) -> None:
    tell(desk, register, appoint, *OFFER)
    with CountingLog(database, clock) as log:
        cold = Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())
        tell(cold, examples.sign)
        assert log.asked == 1


def test_what_is_remembered_of_an_agent_appoints_him_no_longer_than_it_is_true(
    desk: Desk, other_desk: Desk
) -> None:
    second = [replace(command, order_id=OTHER_ORDER_ID) for command in (*OFFER, examples.sign)]
    tell(desk, register, appoint, *OFFER, examples.sign, *second[:-1])
    ended = ReportTermination(
        partner_id=AGENT_ID, agreement_id=MINI_AGENT, ended_by="principal", reason="mutual"
    )
    other_desk.handle(Ask(command=ended, actor="clerk", occurred_at=NOON))
    assert refused(desk, second[-1]).code == "not_appointed"


def open_store(number: int) -> RecordOpening:
    return RecordOpening(
        partner_id=AGENT_ID, site_id=UUID(int=1_000 + number), kind="store", place="DE", opened_on=NOON.date()
    )


def test_of_an_agent_whose_stream_grows_only_what_is_new_is_read(
    other_desk: Desk, database: str, vault: Vault, clock: SimulatedClock
) -> None:
    tell(other_desk, register, appoint, *map(open_store, range(30)))
    with CountingLog(database, clock) as log:
        desk = Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())
        second = [replace(command, order_id=OTHER_ORDER_ID) for command in (*OFFER, examples.sign)]
        tell(desk, *OFFER, examples.sign, *second[:-1])
        tell(other_desk, open_store(30))
        before = log.given
        tell(desk, second[-1])
        assert log.given == before + 1


def test_many_sign_with_one_agent_while_his_stream_grows(desk: Desk, other_desk: Desk, database: str) -> None:
    tell(desk, register, appoint)
    orders = [UUID(int=number) for number in range(2_000, 2_064)]
    for order_id in orders:
        tell(desk, *(replace(command, order_id=order_id) for command in OFFER))
    signed = Flag()

    def grow() -> int:
        opened = 0
        while not signed.is_set():
            tell(other_desk, open_store(opened))
            opened += 1
        return opened

    with ThreadPoolExecutor(65) as callers:
        growing = callers.submit(grow)
        answers = list(callers.map(lambda one: tell(desk, replace(examples.sign, order_id=one)), orders))
        signed.set()
    assert [type(event).__name__ for (event,) in answers] == ["ContractSigned"] * len(orders)
    assert assert_sound(database) == 3 + 4 * len(orders) + growing.result()


def test_what_the_shipped_rows_ask_of_agreements_is_asked(desk: Desk, other_desk: Desk, log: Log) -> None:
    as_dealer = replace(appoint, agreement_id=BMW_DEALER, role="dealer")
    tell(desk, register, as_dealer)
    command_id = uuid4()
    both_roles = replace(offer, agreement_id=BMW_AGENT)
    for one in (desk, other_desk):
        refusal = refused(one, both_roles, command_id)
        assert (refusal.code, refusal.rule, refusal.rows) == ("incompatible_roles", EU_08, ("EU-dual-role",))
        assert refusal.source.startswith("Commission Regulation 2022/720")
    (*_, evidence) = log.history(partner_stream(AGENT_ID).id)
    assert isinstance(evidence.event, PartnerCommandRefused)
    told = (evidence.event.command, evidence.event.code, evidence.event.rule, evidence.event.rows)
    assert told == ("OfferAgreement", "incompatible_roles", "EU-08", ("EU-dual-role",))
    assert evidence.version == 4
