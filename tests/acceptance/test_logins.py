"""Logins as docs/how-to/your-own-servers.md tells to make them: none of them is a superuser."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.embedded.servers import Embedded
from infra.settings import read
from tests.acceptance.asked import CUSTOMER, ORDER, RESERVE, tells
from tests.acceptance.installation import Installation


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
            "CARNET_LOG": "error",
        },
        tmp_path_factory.mktemp("logins"),
    )
    said = here.carnet("db", "migrate")
    assert said.code == 0, said
    return here


def test_the_login_that_migrates_needs_no_more_than_createrole_and_createdb(migrated: Installation) -> None:
    said = migrated.carnet(*RESERVE)
    assert said.code == 0, said
    assert migrated.carnet("replay", ORDER).code == 0
    assert migrated.carnet("person", "show", CUSTOMER, "--purpose", "a test").code == 0
    assert migrated.carnet("project", "--once").code == 0
    assert migrated.carnet("db", "migrate").out.count("up to date") == 2


def test_it_makes_a_second_order_book_on_the_same_server(migrated: Installation) -> None:
    assert migrated.carnet("db", "migrate", CARNET_DATABASE="second").code == 0
    assert migrated.carnet(*RESERVE, CARNET_DATABASE="second").code == 0


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
