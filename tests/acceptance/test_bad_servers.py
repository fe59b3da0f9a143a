"""Servers that are down, full, or of another schema version: one sentence, the exit code, nothing half done.

What the parts themselves do with these faults is tested next to them: in `tests/integration` by
`log/test_faults.py`, `consumers/test_topics_remade.py` and `kafka/test_relay_refusals.py`.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.migrate import migrations
from infra.topics import PAYMENTS
from tests.acceptance.asked import CUSTOMER, NO_SPACE, ORDER, PAY, tells
from tests.acceptance.installation import Installation

ASK = (*PAY, "500 EUR")
VERBS = {
    "ask": ASK,
    "show": ("show", ORDER),
    "replay": ("replay", ORDER),
    "status": ("status",),
    "relay": ("relay",),
    "project": ("project",),
    "rebuild": ("project", "rebuild"),
    "digest": ("project", "digest"),
    "consume": ("consume",),
    "parked": ("parked", "list"),
    "person": ("person", "show", CUSTOMER, "--purpose", "a test"),
    "migrate": ("db", "migrate"),
    "demo": ("demo", "--database", "season", "--topic-prefix", "season."),
}


@pytest.mark.parametrize("verb", VERBS)
def test_postgresql_is_down(book: Installation, verb: str, tmp_path: Path) -> None:
    tells(
        book.carnet(*VERBS[verb], CARNET_POSTGRES=f"host={tmp_path}"),
        6,
        "PostgreSQL cannot be reached",
        str(tmp_path),
        "Check CARNET_POSTGRES",
    )


def test_no_servers_were_started(tmp_path: Path) -> None:
    here = Installation({"CARNET_DATA": str(tmp_path / "data")}, tmp_path)
    tells(here.carnet("status"), 6, "No PostgreSQL runs here", "carnet servers start", "CARNET_POSTGRES")
    tells(here.carnet("topics", "apply"), 7, "No Kafka runs here", "carnet servers start", "CARNET_KAFKA")


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    "verb",
    [
        ("relay",),
        ("consume",),
        ("consume", "payments"),
        ("topics", "apply"),
        ("topics", "accept", "x"),
        VERBS["demo"],
    ],
    ids=" ".join,
)
def test_kafka_is_down(book: Installation, verb: tuple[str, ...], nobody: str) -> None:
    with book.unchanged():
        said = book.carnet(*verb, CARNET_KAFKA=nobody)
    tells(said, 7, f"Kafka at {nobody} cannot be reached", "Check CARNET_KAFKA")


def test_a_status_without_kafka_tells_the_rest(book: Installation, nobody: str) -> None:
    told = book.carnet("status", "--json", CARNET_KAFKA=nobody).json
    assert told["head"] == 1
    notes = {one["name"]: one["note"] for one in told["followers"]}
    assert "cannot be reached" in notes["relay"]
    assert "cannot be reached" in notes["consumers"]


@pytest.mark.parametrize(
    ("table", "verb"),
    [
        ("carnet.events", ASK),
        ("carnet.commands", ASK),
        ("vault.sealed", ("ask", "RecordPayment", *ASK[2:], "--payer", "Erika", "--payer-id", CUSTOMER)),
        ("carnet.tracking", ("consume", "payments")),
        ("read.checkpoints", ("project", "--once")),
    ],
    ids=lambda one: one if isinstance(one, str) else " ".join(one[:2]),
)
def test_postgresql_has_no_space_left(own_book: Installation, table: str, verb: tuple[str, ...]) -> None:
    own_book.send(PAYMENTS, uuid4(), b"none of ours")
    assert own_book.carnet("project", "--once").code == 0
    assert own_book.carnet(*PAY, "100 EUR").code == 0
    own_book.rows(NO_SPACE)
    own_book.rows(f"create trigger disk before insert or update on {table} execute function public.full()")
    with own_book.unchanged():
        tells(
            own_book.carnet(*verb), 6, "no space left to write", "No space left on device", "Free some space"
        )
    own_book.rows(f"drop trigger disk on {table}")
    assert own_book.carnet(*PAY, "101 EUR").code == 0


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"demo"}))
def test_a_database_that_a_newer_version_migrated_is_refused(book: Installation, verb: str) -> None:
    book.rows("insert into carnet.migrations (number, name, sha256) values (999, 'later', '')")
    try:
        with book.unchanged():
            tells(book.carnet(*VERBS[verb]), 8, "schema version 999", "Run the newer version of Carnet")
    finally:
        book.rows("delete from carnet.migrations where number = 999")


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"demo", "migrate"}))
def test_a_database_that_lacks_a_migration_is_refused(book: Installation, verb: str) -> None:
    last = migrations()[-1].number
    book.rows("update carnet.migrations set number = 0 where number = %s", last)
    try:
        with book.unchanged():
            needs = f"is at schema version {last - 1}, this version of Carnet needs {last}"
            tells(book.carnet(*VERBS[verb]), 8, needs, "Run `carnet db migrate`")
    finally:
        book.rows("update carnet.migrations set number = %s where number = 0", last)
