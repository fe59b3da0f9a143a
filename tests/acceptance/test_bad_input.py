"""Whatever is asked wrongly: one clear sentence that names it and says what to do, the exit code, nothing half done."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from consumers import factory as plant
from consumers import payments as bank
from consumers.kernel import Amount, encode
from infra.embedded.processes import wait_until
from infra.topics import FACTORY, PAYMENTS
from tests.acceptance.asked import CUSTOMER, NOBODY, ORDER, PAY, RESERVE, tells
from tests.acceptance.installation import SECONDS, Installation

CANCEL = ("--initiator", "customer", "--reason", "change_of_mind", "--fault", "customer")
ANOTHER = ("--order-id", NOBODY)
WRONG = {
    "an unknown verb": (("reply", ORDER), 2, ["reply", "--help"]),
    "an unknown command": (("ask", "ReserveOrdr"), 2, ["no command ReserveOrdr", "ReserveOrder"]),
    "an unknown field": ((*RESERVE, "--colour", "red"), 2, ["--colour", "--help"]),
    "a missing field": (("ask", "CancelOrder", "--order-id", ORDER), 2, ["--initiator", "--help"]),
    "no id": (("ask", "CancelOrder", "--order-id", "12", *CANCEL), 2, ["--order-id", "UUID"]),
    "no amount": ((*PAY, "500"), 2, ["--amount", "minor units and a currency"]),
    "no currency": ((*PAY, "500 eur"), 2, ["field amount", "three capital letters"]),
    "none of the choices": (
        ("ask", "CancelOrder", "--order-id", ORDER, "--initiator", "nobody", *CANCEL[2:]),
        2,
        ["--initiator", "customer, maker, agent"],
    ),
    "no time": ((*PAY, "1 EUR", "--occurred-at", "noon"), 2, ["--occurred-at", "2026-03-31T23:30:00Z"]),
    "a year that cannot be told in UTC": (
        (*PAY, "1 EUR", "--occurred-at", "0001-01-01T00:00:00+12:00"),
        2,
        ["RecordPayment: occurred_at", "between 1900 and 2200"],
    ),
    "a time without its offset": (
        (*PAY, "1 EUR", "--occurred-at", "2026-01-01T00:00:00"),
        2,
        ["occurred_at", "no zone"],
    ),
    "an actor with a name": (
        (*PAY, "1 EUR", "--actor", "Erika Mustermann erika@example.com"),
        2,
        ["actor is no opaque id", "no person's name"],
    ),
    "two signs": ((*PAY, "--5 EUR"), 2, ["--amount is not an amount"]),
    "a digit that is none": ((*PAY, "² EUR"), 2, ["--amount is not an amount"]),
    "an amount without end": ((*PAY, f"{'9' * 5000} EUR"), 2, ["--amount is not an amount"]),
    "an amount beyond 64 bits of sums": ((*PAY, "99999999999999 EUR"), 2, ["field amount", "minor units"]),
    "a number without end": (
        (*PAY, "1 EUR", "--expected-version", "9" * 5000),
        2,
        ["--expected-version must be a whole number"],
    ),
    "a NUL from a shell's file": (
        (*RESERVE[:-6], "--market", "D\0", *RESERVE[-4:]),
        2,
        ["ReserveOrder: field market", "a character that is none"],
    ),
    "bytes that are no text": (
        (*PAY, "1 EUR", "--payer-id", CUSTOMER, "--payer", "\udcff"),
        2,
        ["--payer is not UTF-8"],
    ),
    "JSON without end": (
        ("ask", "AssignReservation", "--order-id", ORDER, "--candidates", "[" * 100_000),
        2,
        ["--candidates is not JSON"],
    ),
    "a position that is none": (("replay", ORDER, "--as-of", "²"), 2, ["--as-of", "2026-03-31T23:30:00Z"]),
    "a position that has not come yet": (
        ("replay", ORDER, "--as-of", "99999999"),
        2,
        ["Position 99999999 does not exist yet", "the log ends at 1"],
    ),
    "a moment that has not come yet": (
        ("replay", ORDER, "--as-of", "2199-01-01T00:00:00Z"),
        2,
        ["2199-01-01T00:00:00Z has not come yet"],
    ),
    "a moment that cannot be told in UTC": (
        ("replay", ORDER, "--as-of", "0001-01-01T00:00:00+12:00"),
        2,
        ["--as-of", "between 1900 and 2200"],
    ),
    "no JSON": (
        ("ask", "AssignReservation", "--order-id", ORDER, "--candidates", "[{"),
        2,
        ["--candidates is not JSON", "dealer_id"],
    ),
    "no VIN": (
        ("ask", "AssignVin", "--vehicle-id", NOBODY, "--vin", "WBA-1"),
        2,
        ["AssignVin: field vin", "17 characters"],
    ),
    "a VIN with a letter that none has": (
        ("ask", "AssignVin", "--vehicle-id", NOBODY, "--vin", "WBAJB0C51JBO84264"),
        2,
        ["field vin", "without I, O and Q", "character 12"],
    ),
    "a negative amount": ((*PAY, "-500 EUR"), 3, ["amount is -500 EUR", "cannot be negative"]),
    "another currency": ((*PAY, "500 CHF"), 3, ["amount is in CHF", "this order is in EUR"]),
    "an unknown order": (
        ("ask", "CancelOrder", *ANOTHER, *CANCEL),
        5,
        [f"no order {NOBODY}", "reserve it first"],
    ),
    "an unknown order replayed": (("replay", NOBODY), 5, [NOBODY, "Check the id"]),
    "an unknown order shown": (("show", NOBODY), 5, ["never built", "carnet project"]),
    "an unknown parked message": (("parked", "retry", NOBODY), 5, [NOBODY, "carnet parked list"]),
    "an unknown person": (("person", "show", NOBODY, "--purpose", "a test"), 5, [NOBODY]),
    "no purpose": (("person", "show", CUSTOMER, "--purpose", " "), 2, ["without a purpose", "Say why"]),
    "a stale version": (
        (*PAY, "500 EUR", "--expected-version", "4"),
        4,
        ["is at version 1, you expected 4", "ask again"],
    ),
    "an unknown projection": (("project", "nothing"), 2, ["no projection nothing", "customer_status"]),
    "an unknown consumer": (("consume", "nothing"), 2, ["no consumer nothing", "payments"]),
    "no moment to look at": (("replay", ORDER, "--as-of", "noon"), 2, ["--as-of", "2026-03-31T23:30:00Z"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_asked_wrongly_is_told_and_changes_nothing(book: Installation, what: str) -> None:
    arguments, code, words = WRONG[what]
    with book.unchanged():
        tells(book.carnet(*arguments), code, *words)


NAME = "Erika Mustermann"
IN_THE_WRONG_PLACE = {
    "a command": ("ask", NAME),
    "a verb": (NAME,),
    "a word too many": (*PAY, "1 EUR", NAME, "--payer", "x"),
    "a word after the last": (*PAY, "1 EUR", "Erika", "Mustermann"),
    "an option": (*PAY, "1 EUR", f"--{NAME}", "x"),
    "a choice": (*PAY[:-3], "--kind", NAME, "--amount", "1 EUR"),
    "an id": ("ask", "CancelOrder", "--order-id", NAME, *CANCEL),
    "an amount": (*PAY, NAME),
    "a currency": (*PAY, f"1 {NAME}"),
    "a time": (*PAY, "1 EUR", "--occurred-at", NAME),
    "a version": (*PAY, "1 EUR", "--expected-version", NAME),
    "an actor": (*PAY, "1 EUR", "--actor", NAME),
    "a file": (*PAY, "1 EUR", "--payer-id", CUSTOMER, "--payer", f"@{NAME}"),
    "a field of a record": (
        *("ask", "AssignReservation", "--order-id", ORDER),
        *("--candidates", f'[{{"{NAME}": 1}}]'),
    ),
    "a moment to look at": ("replay", ORDER, "--as-of", NAME),
    "an order": ("replay", NAME),
}


@pytest.mark.parametrize("where", IN_THE_WRONG_PLACE)
def test_a_name_in_the_wrong_place_is_not_told(book: Installation, where: str) -> None:
    with book.unchanged():
        said = book.carnet(*IN_THE_WRONG_PLACE[where])
    tells(said, 2)
    assert "Erika" not in said.err


PAYMENT = f'{{"order_id": "{ORDER}", "payment_id": "p-1", "kind": "deposit", "amount": %s}}'
WITH_NUL = PAYMENT.replace("p-1", "p\\u0000") % '{"minor": 5, "currency": "EUR"}'
LINES = {
    '{"command": "RecordPayment", "body": {': ["truncated", '{"command": NAME'],
    "not JSON": ["malformed", '{"command": NAME'],
    '["RecordPayment"]': ["expected `object`, got `array`"],
    '{"comand": "RecordPayment", "body": {}}': ["unknown field `comand`"],
    '{"command": "RecordPayment", "body": {}, "expect_version": 1}': ["unknown field `expect_version`"],
    '{"command": "RecordPaiment", "body": {}}': ["no command RecordPaiment", "--help"],
    '{"command": "RecordPayment", "body": []}': ["must be a JSON object with its fields"],
    '{"command": "RecordPayment", "body": {"amout": 1}}': ["RecordPayment has no field amout", "payment_id"],
    '{"command": "RecordPayment", "body": %s}' % (PAYMENT % '{"minor": "5", "currency": "EUR"}'): [
        "field amount.minor: expected `int`, got `str`"
    ],
    '{"command": "RecordPayment", "body": %s}' % (PAYMENT % '"50000 EUR"'): [
        "field amount: expected `object`, got `str`",
        'An amount is {"minor": 50000, "currency": "EUR"}',
    ],
    '{"command": "RecordPayment", "body": %s}' % (PAYMENT % '{"minor": 5, "currency": "EUR", "tax": 1}'): [
        "no field amount.tax"
    ],
    '{"command": "RecordPayment", "body": ' + "[" * 100_000: ["nested too deeply", '{"command": NAME'],
    '{"command": "RecordPayment", "actor": "\\ud800", "body": {}}': ["malformed"],
    '{"command": "RecordPayment", "actor": "Erika M.", "body": %s}'
    % (PAYMENT % '{"minor": 5, "currency": "EUR"}'): ["actor is no opaque id"],
    '{"command": "RecordPayment", "body": {"payment_id": "\udcff"}}': ["not UTF-8"],
    f'{{"command": "RecordPayment", "body": {WITH_NUL}}}': [
        "field payment_id: the text holds a character that is none"
    ],
    '{"command": "RecordPayment", "body": %s}' % (PAYMENT % '{"minor": 5, "currency": "Erika M."}'): [
        "field amount: currency must be three capital letters"
    ],
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_cannot_be_read_is_named(book: Installation, line: str, tmp_path: Path) -> None:
    file = tmp_path / "commands.jsonl"
    file.write_bytes(f"\n{line}\n".encode(errors="surrogateescape"))
    with book.unchanged():
        said = book.carnet("ask", "--file", str(file))
    tells(said, 2, "1 line: 1 failed", "ask again with --run")
    named, _ = said.err.splitlines()
    assert named.startswith("Line 2: ")
    for word in LINES[line]:
        assert word in named
    tells(book.carnet("ask", "--file", str(tmp_path / "none")), 2, "none cannot be read")


def test_a_repeated_id_with_another_content_is_refused(own_book: Installation) -> None:
    asked = (*PAY, "500 EUR", "--command-id", NOBODY)
    assert own_book.carnet(*asked).out == "Recorded at position 2: PaymentReceived\n"
    with own_book.unchanged():
        assert own_book.carnet(*asked).out == "Answered before: position 2\n"
        tells(
            own_book.carnet(*PAY, "501 EUR", "--command-id", NOBODY),
            2,
            f"command id {NOBODY} was used for another content",
            "Mint a new id",
        )
        tells(own_book.carnet(*asked, "--occurred-at", "2026-01-01T00:00:00Z"), 2, "used for another content")


def test_messages_that_cannot_be_taken_are_put_aside_and_named(own_book: Installation) -> None:
    """The bank and the plant get no exit code: what is wrong with their messages stands in `carnet parked`."""
    car, at = uuid4(), datetime(2026, 1, 5, 10, tzinfo=UTC)
    built = encode(plant.BuildStarted(vehicle_id=car, started_at=at))
    paid = bank.PaymentReceived(
        payment_id="p-1",
        order_id=UUID(ORDER),
        kind="deposit",
        amount=Amount(minor=100, currency="CHF"),
        received_at=at,
    )
    own_book.send(PAYMENTS, uuid4(), paid)
    own_book.send(PAYMENTS, uuid4(), built)
    own_book.send(PAYMENTS, uuid4(), b"a sentence")
    own_book.send(FACTORY, uuid4(), built[:-3])
    own_book.send(FACTORY, uuid4(), b"\0\0\0\3\xe7" + built[5:])
    own_book.send(FACTORY, uuid4(), plant.VinAssigned(vehicle_id=car, vin="WBA-1", assigned_at=at))
    events = own_book.rows("select * from carnet.events")
    consumer = own_book.start("consume", "payments", "factory")
    assert wait_until(lambda: own_book.rows("select count(*) from carnet.parked") == [(6,)], seconds=SECONDS)
    assert consumer.stop().code == 0
    reasons = sorted(one["reason"] for one in own_book.carnet("parked", "list", "--json").json)
    for words in (
        "amount is in CHF, but this order is in EUR",
        "plant.BuildStarted does not belong to this topic",
        "does not start with the byte 0",
        "do not match the Avro schema of plant.BuildStarted",
        "schema id 999",
        "field vin: a VIN has 17 characters",
    ):
        assert any(words in reason for reason in reasons), (words, reasons)
    assert own_book.rows("select * from carnet.events") == events


@pytest.mark.parametrize(
    "what", ["an unknown field", "a negative amount", "an unknown order", "a stale version"]
)
def test_a_process_ends_with_the_code_and_the_sentence_alone(book: Installation, what: str) -> None:
    arguments, code, words = WRONG[what]
    tells(book.start(*arguments).ended(), code, *words)
