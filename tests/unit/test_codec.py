"""Events and commands as JSON, and what is said to those who send something else."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

import domain.everything  # noqa: F401 -- defines every event and command
from domain.kernel import Command, Event
from domain.money import Money
from domain.orders.paying import PaymentReceived, RecordPayment
from domain.orders.reserving import ReserveOrder
from domain.sealed import Clear, Sealed
from infra.codec import canonical, convert_command, decode, decode_command, encode
from infra.errors import InputError, IntegrityFault

ORDER = UUID("00000000-0000-4000-8000-000000000001")
CUSTOMER = UUID("00000000-0000-4000-8000-000000000002")
PAYER = Sealed(UUID("00000000-0000-4000-8000-000000000003"), CUSTOMER, "contract", "ab" * 32, "a remark")
RECEIVED = PaymentReceived(payment_id="p-1", kind="deposit", amount=Money(50_000, "EUR"), payer=PAYER)

RESERVE = {
    "order_id": str(ORDER),
    "customer_id": str(CUSTOMER),
    "buyer": "Erika Mustermann, Musterstraße 1",
    "brand": "mini",
    "model": "cooper",
    "powertrain": "BEV",
    "market": "DE",
    "channel": "maker_online",
    "deposit": {"minor": 50_000, "currency": "EUR"},
}


def reserve(**told: object) -> bytes:
    return msgspec.json.encode(RESERVE | told)


def test_an_event_reads_back_as_it_was() -> None:
    back = decode("PaymentReceived", encode(RECEIVED))
    assert back == RECEIVED
    assert isinstance(back, PaymentReceived)
    assert back.payer is not None
    assert (back.payer.sha256, back.payer.remark) == (PAYER.sha256, PAYER.remark)


@pytest.mark.parametrize("name", sorted(Event.named))
def test_every_event_can_be_read(name: str) -> None:
    with pytest.raises(IntegrityFault, match=f"A stored {name} cannot be read"):
        decode(name, b"[]")


@pytest.mark.parametrize("name", sorted(Command.named))
def test_every_command_can_be_read(name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name} has no field colour\."):
        decode_command(name, b'{"colour": "red"}')
    with pytest.raises(InputError, match=f"^{name}: .*missing required field"):
        decode_command(name, b"{}")


def test_clear_text_never_enters_an_event() -> None:
    leaking = PaymentReceived(
        payment_id="p-1", kind="deposit", amount=Money(1, "EUR"), payer=Clear("Erika Mustermann")
    )
    with pytest.raises(TypeError, match="Clear has no place in an event"):
        encode(leaking)


def test_an_event_that_was_never_seen_is_told_with_what_to_do() -> None:
    with pytest.raises(IntegrityFault, match=r"named OrderTeleported, which .* never seen\. Run the version"):
        decode("OrderTeleported", b"{}")


def test_a_new_field_with_a_default_reads_from_an_old_body() -> None:
    body = b'{"payment_id":"p-1","kind":"deposit","amount":{"minor":1,"currency":"EUR"},"payer":null,"later":true}'
    assert isinstance(decode("PaymentReceived", body), PaymentReceived)


def test_personal_text_comes_in_as_clear_text_that_tells_nothing() -> None:
    command = decode_command("ReserveOrder", reserve())
    assert isinstance(command, ReserveOrder)
    assert command.buyer == Clear("Erika Mustermann, Musterstraße 1")
    assert "Erika" not in repr(command)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "The content of ReserveOrder is not JSON"),
        (b"[]", "must be a JSON object"),
        (reserve(colour="red"), r"ReserveOrder has no field colour\. There is: order_id, "),
        (reserve(deposit={"minor": 1, "currency": "EUR", "cents": 1}), r"has no field deposit\.cents"),
        (
            reserve(deposit={"minor": "1", "currency": "EUR"}),
            r"field deposit\.minor: expected `int`, got `str`",
        ),
        (reserve(deposit={"minor": 1, "currency": "euro"}), r"field deposit: currency must be three capital"),
        (reserve(powertrain="steam"), r"field powertrain: it has no such value\. .*--help"),
        (reserve(powertrain="steam - at `$.brand`"), r"field powertrain: it has no such value"),
        (b"[" * 100_000, r"not JSON: it is nested too deeply\."),
        (b'{"brand": "\xff"}', r"not JSON: it is not UTF-8\."),
        (reserve() + b'{"a": 1}', "not JSON: "),
        (b'{"brand": "\\ud800"}', "not JSON: "),
        (reserve(deposit={"minor": 1, "currency": "€"}), r"field deposit: currency must be three capital"),
        (reserve(order_id="7"), r"field order_id: invalid UUID"),
        (reserve(buyer=7), r"field buyer: expected text, got `int`"),
    ],
)
def test_what_is_wrong_with_a_command_is_named(body: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        decode_command("ReserveOrder", body)


@pytest.mark.parametrize(
    "body",
    [
        reserve(**{"Erika Mustermann": 1}),
        reserve(deposit={"minor": 1, "currency": "Erika Mustermann"}),
        reserve(powertrain="Erika Mustermann"),
        reserve(market=["Erika Mustermann"]),
        b'{"buyer": "Erika Mustermann" "',
    ],
)
def test_what_is_wrong_is_told_without_what_was_told(body: bytes) -> None:
    with pytest.raises(InputError) as fault:
        decode_command("ReserveOrder", body)
    assert "Erika" not in str(fault.value)


def test_an_unknown_command_is_named() -> None:
    with pytest.raises(InputError, match=r"^There is no such command\. "):
        decode_command("Erika Mustermann", b"{}")
    with pytest.raises(InputError, match="There is no command StealCar"):
        decode_command("StealCar", b"{}")


def test_the_canonical_content_does_not_depend_on_the_order_of_keys() -> None:
    backwards = dict(reversed(RESERVE.items()))
    assert canonical(convert_command("ReserveOrder", backwards)) == canonical(
        convert_command("ReserveOrder", RESERVE)
    )
    assert b"Erika" in canonical(convert_command("ReserveOrder", RESERVE))


def test_records_convert_with_their_own_types() -> None:
    command = convert_command(
        "RecordPayment",
        {
            "order_id": ORDER,
            "payment_id": "p-1",
            "kind": "deposit",
            "amount": {"minor": 1, "currency": "EUR"},
        },
    )
    assert isinstance(command, RecordPayment)
    assert command.order_id == ORDER


def test_times_are_written_in_utc() -> None:
    placed = msgspec.json.encode(datetime(2026, 3, 31, 23, 30, tzinfo=UTC))
    assert placed == b'"2026-03-31T23:30:00Z"'
