"""What no door lets in, since a log that holds it could not be read, published or added up again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

import domain.everything  # noqa: F401 -- defines every command
from domain.allocations.moving import EstimateArrival
from domain.kernel import Command
from domain.money import Money
from domain.orders.assigning import Candidate
from domain.orders.offering import PrecontractInfoGiven
from domain.orders.paying import RecordPayment
from domain.orders.state import Order
from domain.sealed import Clear, Personal, Sealed
from infra.ask import Ask
from infra.bounds import BODY_BYTES_MAX, MINOR_MAX, NUMBER_MAX, TEXT_MAX, bounded, check_of, moment
from infra.deciding import _new_event, occurred
from infra.door import seal
from infra.errors import InputError
from infra.states import Versioned
from infra.vault.sealing import SealedRow
from tests import examples

PAY = examples.pay_deposit
ESTIMATE = EstimateArrival(vehicle_id=examples.CAR_ID, estimate=examples.NOON, cause="transport")
NAMED = replace(examples.reserve, buyer=Clear("Erika Mustermann"))


class NoSealer:
    """Has nothing to seal."""

    def known(self, clear: Clear, how: Personal, subject: UUID) -> Sealed | None:
        raise AssertionError("there is nothing to seal")

    def seal(self, clear: Clear, how: Personal, subject: UUID) -> tuple[Sealed, SealedRow]:
        raise AssertionError("there is nothing to seal")


@pytest.mark.parametrize("name", sorted(Command.named))
def test_every_field_of_every_command_has_its_bounds(name: str) -> None:
    """A type of field that has none is a fault of the program, which shows before anything is read."""
    assert callable(check_of(Command.named[name]))


OUT = {
    "a year before the first": (
        replace(ESTIMATE, estimate=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))),
        "field estimate: the time must lie between 1900 and 2200",
    ),
    "a year after the last": (
        replace(ESTIMATE, estimate=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))),
        "field estimate: the time must lie between 1900 and 2200",
    ),
    "a time without a zone": (
        replace(ESTIMATE, estimate=datetime(2026, 1, 1)),  # noqa: DTZ001 -- that is what is wrong
        "field estimate: the time has no zone",
    ),
    "a day too early": (
        replace(examples.sign, promised_from=date(1, 1, 1)),
        "field promised_from: the day must lie between",
    ),
    "a NUL": (replace(NAMED, model="Cooper\0"), "field model: the text holds a character that is none"),
    "an escape": (replace(NAMED, model="\x1b[2J"), "field model: the text holds a character that is none"),
    "half a surrogate pair": (replace(NAMED, region="\udcff"), "field region: the text holds a character"),
    "a NUL in an entry": (
        replace(examples.quote, options=("red", "a\0")),
        r"field options\[1\]: the text holds a character",
    ),
    "a NUL in a personal text": (
        replace(NAMED, buyer=Clear("E\0")),
        "field buyer: the text holds a character",
    ),
    "an empty text": (replace(NAMED, model=""), "field model: the text is empty"),
    "a blank personal text": (replace(NAMED, buyer=Clear(" \n")), "field buyer: the text is empty"),
    "an empty entry": (replace(examples.quote, options=("",)), r"field options\[0\]: the text is empty"),
    "a long text": (replace(PAY, payment_id="p" * (TEXT_MAX + 1)), "field payment_id: .* at most 1,000"),
    "a long personal text": (replace(NAMED, buyer=Clear("E" * 10_001)), "field buyer: .* at most 10,000"),
    "many entries": (
        replace(examples.quote, options=("red",) * 201),
        "field options: .* at most 200 entries",
    ),
    "a large number": (
        replace(examples.give_back, odometer_km=NUMBER_MAX + 1),
        "field odometer_km: the number must lie between",
    ),
    "a number beyond 64 bits in a record": (
        replace(
            examples.assign, candidates=(Candidate(dealer_id=examples.DEALER_ID, distance_km=-(2**63) - 1),)
        ),
        r"field candidates\[0\]\.distance_km: the number must lie between",
    ),
    "a large amount": (replace(PAY, amount=Money(MINOR_MAX + 1, "EUR")), "field amount: .* minor units"),
    "a small amount": (replace(PAY, amount=Money(-(2**63), "EUR")), "field amount: .* minor units"),
}


@pytest.mark.parametrize("what", OUT)
def test_what_is_out_of_bounds_is_refused_at_the_door(what: str) -> None:
    command, says = OUT[what]
    with pytest.raises(InputError, match=f"^{type(command).__name__}: {says}") as fault:
        seal(command, NoSealer())
    assert "Erika" not in str(fault.value)


@pytest.mark.parametrize(
    "command",
    [
        replace(PAY, payment_id="p" * TEXT_MAX, amount=Money(-MINOR_MAX, "EUR")),
        replace(NAMED, model="line\n\tline, Žižkov 🚗", region=""),
        replace(examples.quote, options=()),
        examples.assign,
        examples.report_sale,
    ],
)
def test_what_is_within_bounds_stays_as_it_is(command: Command) -> None:
    assert bounded(command) is command


def test_times_come_in_as_utc() -> None:
    far = timezone(timedelta(hours=12))
    kept = bounded(replace(ESTIMATE, estimate=datetime(2026, 3, 1, 6, tzinfo=far)))
    assert kept.estimate.isoformat() == "2026-02-28T18:00:00+00:00"
    assert moment(datetime(1900, 1, 1, 12, tzinfo=far)).isoformat() == "1900-01-01T00:00:00+00:00"


def asked(occurred_at: datetime) -> Ask:
    return Ask(command=PAY, actor="clerk", occurred_at=occurred_at)


def test_a_report_of_a_time_that_the_log_could_not_tell_is_refused() -> None:
    far = timezone(timedelta(hours=12))
    with pytest.raises(
        InputError, match=r"^RecordPayment: occurred_at: the time must lie between 1900 and 2200"
    ):
        occurred(asked(datetime(1, 1, 1, tzinfo=far)), examples.NOON)
    told = occurred(asked(datetime(2026, 3, 1, 6, tzinfo=far)), examples.NOON)
    assert (told, told.tzinfo) == (datetime(2026, 2, 28, 18, tzinfo=UTC), UTC)


@pytest.mark.parametrize("actor", ["cli", "policy:follow_cars", "clerk-1", "A" * 100, str(UUID(int=2**127))])
def test_an_opaque_id_may_ask(actor: str) -> None:
    assert Ask(command=PAY, actor=actor).actor == actor


@pytest.mark.parametrize(
    "actor", ["", "Erika Musterfrau", "erika@example.com", "Eri\0ka", "\udcff", "A" * 101]
)
def test_nobody_asks_under_a_name(actor: str) -> None:
    with pytest.raises(InputError, match=r"^The actor is no opaque id\. It has at most 100") as fault:
        Ask(command=PAY, actor=actor)
    assert "Erika" not in str(fault.value)


def test_an_event_that_is_too_large_is_not_written() -> None:
    large = PrecontractInfoGiven(
        doc_sha256="d" * BODY_BYTES_MAX, medium="email", language="de", includes_withdrawal_form=True
    )
    with pytest.raises(InputError, match=r"^PrecontractInfoGiven would hold .* an event may hold 65,536\."):
        _new_event(examples.ORDER_ID, large, Versioned(Order(), 1))


def test_the_largest_amounts_add_up_in_64_bits() -> None:
    assert 900_000 * MINOR_MAX < 2**63


def test_a_command_of_a_consumer_is_held_to_the_same_bounds() -> None:
    with pytest.raises(InputError, match="field payment_id"):
        seal(
            RecordPayment(
                order_id=examples.ORDER_ID, payment_id="\0", kind="deposit", amount=Money(1, "EUR")
            ),
            NoSealer(),
        )
