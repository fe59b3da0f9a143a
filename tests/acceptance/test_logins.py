"""Logins as docs/how-to/your-own-servers.md tells to make them: none of them is a superuser."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.embedded.servers import Embedded
from infra.settings import read
from tests.acceptance.asked import CUSTOMER, ORDER, PAY, RESERVE, tells
from tests.acceptance.installation import Installation
from tests.unit.rehearsals.switches import SWITCH

MINI = ("--brand", "MINI", "--market", "DE")
EVENT = str(uuid4())
ASKED = (*RESERVE, "--command-id", str(uuid4()))
PARKED = """insert into read.parked_events (id, projection, build, slot, key, position, name, reason, parked_at)
    select %s, projection, build, 0, gen_random_uuid(), 1, 'ReservationPlaced', 'It failed.', now()
    from read.builds where state = 'live' and projection = 'deadlines'"""
LOOKS = {
    "show": ("show", ORDER),
    "replay": ("replay", ORDER),
    "replay as of": ("replay", ORDER, "--as-of", "1"),
    "status": ("status",),
    "findings": ("findings",),
    "commissions": ("commissions",),
    "parked list": ("parked", "list"),
    "parked show": ("parked", "show", EVENT, "--purpose", "an audit"),
    "builds": ("project", "builds"),
    "digest": ("project", "digest"),
    "explain": ("market", "explain", *MINI, "--on", "2026-06-01", "--known-at", "1"),
    "timeline": ("market", "timeline", *MINI, "--known-at", "1"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL that never had an order book, nor its roles."""
    with (
        TemporaryDirectory(prefix="carnet-test-") as folder,
        Embedded(Path(folder), cache=read().cache).running("postgres") as servers,
    ):
        yield servers.postgres


@pytest.fixture(scope="module")
def migrated(server: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An order book that was made by a login with no other rights than the page gives it."""
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("create role carnet_migrates login createrole createdb")
    here = Installation(
        {
            "CARNET_POSTGRES": make_conninfo(server, user="carnet_migrates"),
            "CARNET_KEK": secrets.token_hex(32),
            "CARNET_DATA": str(tmp_path_factory.mktemp("data")),
            "CARNET_LOG": "error",
        },
        tmp_path_factory.mktemp("logins"),
    )
    said = here.carnet("db", "migrate")
    assert said.code == 0, said
    return here


def test_the_login_that_migrates_needs_no_more_than_createrole_and_createdb(migrated: Installation) -> None:
    said = migrated.carnet(*ASKED)
    assert said.code == 0, said
    assert migrated.carnet("replay", ORDER).code == 0
    assert migrated.carnet("person", "show", CUSTOMER, "--purpose", "a test").code == 0
    assert migrated.carnet("project", "--once").code == 0
    assert migrated.carnet("db", "migrate").out.count("up to date") == 2


@pytest.fixture(scope="module")
def audited(migrated: Installation, server: str) -> Installation:
    """The same order book with something to see, for a login that has `carnet_reader` and nothing else."""
    for verb in (ASKED, ("project", "--once"), ("project", "rebuild", "deadlines", "--no-switch")):
        said = migrated.carnet(*verb)
        assert said.code == 0, said
    migrated.rows(PARKED, EVENT)
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("create role auditor login in role carnet_reader")
    environment = {**migrated.environment, "CARNET_POSTGRES": make_conninfo(server, user="auditor")}
    return Installation(environment, migrated.folder)


@pytest.mark.parametrize("verb", LOOKS)
def test_whoever_only_looks_needs_the_reader_s_role_and_no_other(audited: Installation, verb: str) -> None:
    said = audited.carnet(*LOOKS[verb])
    assert said.code == 0, said
    assert said.out


def test_so_does_whoever_rehearses_a_switch(audited: Installation, tmp_path: Path) -> None:
    (tmp_path / "switch.toml").write_text(SWITCH)
    said = audited.carnet("market", "rehearse", "--switch", str(tmp_path / "switch.toml"))
    assert said.code == 0, said


WRITES = {
    "ask": ((*PAY, "5 EUR"), "carnet_writer"),
    "project": (("project", "--once"), "carnet_writer"),
    "diff": (("project", "diff", "deadlines"), "carnet_writer"),
    "parked retry": (("parked", "retry", EVENT), "carnet_writer"),
    "person show": (("person", "show", CUSTOMER, "--purpose", "an audit"), "carnet_keeper"),
}


@pytest.mark.parametrize("verb", WRITES)
def test_whoever_only_looks_is_told_which_role_he_lacks_for_more(audited: Installation, verb: str) -> None:
    arguments, role = WRITES[verb]
    tells(audited.carnet(*arguments), 6, f"Make the login a member of {role}")


def test_it_makes_a_second_order_book_on_the_same_server(migrated: Installation) -> None:
    assert migrated.carnet("db", "migrate", CARNET_DATABASE="second").code == 0
    assert migrated.carnet(*ASKED, CARNET_DATABASE="second").code == 0


def test_another_login_that_migrates_is_told_which_role_it_lacks(migrated: Installation, server: str) -> None:
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("create role late login createrole createdb")
    other = {"CARNET_POSTGRES": make_conninfo(server, user="late"), "CARNET_DATABASE": "third"}
    tells(migrated.carnet("db", "migrate", **other), 6, "Make the login a member of carnet_owner")


def test_a_login_without_createrole_is_told_where_its_rights_stand(
    migrated: Installation, server: str
) -> None:
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute("create role stranger login")
    said = migrated.carnet("db", "migrate", CARNET_POSTGRES=make_conninfo(server, user="stranger"))
    tells(said, 6, "permission denied", "docs/how-to/your-own-servers.md")
