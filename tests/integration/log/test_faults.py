"""PostgreSQL is down, full, of another schema version, or would lose what it acknowledges: one clear sentence."""

import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.clock import SystemClock
from infra.embedded.servers import Embedded
from infra.errors import IntegrityFault, PostgresFault
from infra.item import Appended
from infra.log import Log
from infra.migrate import migrate, migrations
from infra.settings import read
from tests.integration.log.items import WITHIN_S, assert_sound, item, rows, wait, write


def test_no_space_left_is_said_and_leaves_nothing(order_book: Log, database: str) -> None:
    write(order_book, item())
    rows(
        database,
        """create function carnet.full() returns trigger language plpgsql as $$ begin
            raise exception 'could not extend file "base/1/2": No space left on device' using errcode = '53100';
        end $$""",
    )
    rows(database, "create trigger disk before insert on carnet.commands execute function carnet.full()")
    futures = [order_book.append(item()) for _ in range(5)]
    for future in futures:
        with pytest.raises(PostgresFault, match=r"no space left to write: .* Free some space") as fault:
            future.result(timeout=60)
        assert fault.value.exit_code == 6
    assert assert_sound(database) == 1
    rows(database, "drop trigger disk on carnet.commands")
    assert write(order_book, item()) == [Appended(2)]


def test_a_server_that_is_down_is_said_at_once(server_data: Path) -> None:
    house = Embedded(server_data, cache=read().cache)
    with house.running("postgres") as servers:
        migrate(servers.postgres)
        with Log(servers.postgres, SystemClock(), learn_within_s=0.5) as log:
            write(log, item())
            house.stop("postgres")
            with pytest.raises(PostgresFault, match=r"It is not known|cannot be reached"):
                write(log, item())
            with pytest.raises(PostgresFault, match=r"cannot be reached.*Check CARNET_POSTGRES"):
                write(log, item())
            with pytest.raises(PostgresFault, match="cannot be reached"):
                log.read(0, 1)
            with pytest.raises(PostgresFault, match="cannot be reached"):
                Log(servers.postgres, SystemClock())
            house.start("postgres")
            assert wait(log.append(item()))
            assert len(log.read(0, 10)) >= 2


def test_there_is_no_server_at_all() -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.raises(PostgresFault, match="cannot be reached"):
        Log(make_conninfo(host=folder, dbname="book", user="postgres"), SystemClock())


def test_there_is_no_such_database(postgres: str) -> None:
    with pytest.raises(PostgresFault, match=r"no such database: .*`carnet db migrate` creates it"):
        Log(make_conninfo(postgres, dbname="nowhere"), SystemClock())


def test_a_database_without_an_order_book_is_refused(postgres: str, template: str) -> None:
    with pytest.raises(
        IntegrityFault, match=r"template1 holds no order book\. Run `carnet db migrate`"
    ) as fault:
        Log(make_conninfo(postgres, dbname="template1"), SystemClock())
    assert fault.value.exit_code == 8


def test_a_server_that_never_had_an_order_book_is_refused(server_data: Path) -> None:
    with (
        Embedded(server_data, cache=read().cache).running("postgres") as servers,
        pytest.raises(PostgresFault, match=r'role "carnet_writer" does not exist.*Run `carnet db migrate`'),
    ):
        Log(servers.postgres, SystemClock())


@pytest.mark.parametrize("lacks", range(1, 8))  # their numbers have gaps
def test_an_older_schema_is_refused(database: str, lacks: int) -> None:
    numbers = [migration.number for migration in migrations()]
    at, last = numbers[-1 - lacks], numbers[-1]
    rows(database, "delete from carnet.migrations where number > %s", at)
    with pytest.raises(
        IntegrityFault, match=rf"at schema version {at}, .* needs {last}.*db migrate"
    ) as fault:
        Log(database, SystemClock())
    assert fault.value.exit_code == 8


def test_a_newer_schema_is_refused(database: str) -> None:
    rows(database, "insert into carnet.migrations (number, name, sha256) values (999, 'later', '')")
    with pytest.raises(IntegrityFault, match=r"at schema version 999, .*Run the newer version"):
        Log(database, SystemClock())
    with pytest.raises(IntegrityFault, match="at schema version 999"):
        migrate(database)


def test_an_edited_migration_is_refused(database: str) -> None:
    rows(database, "update carnet.migrations set sha256 = 'other' where number = 2")
    with pytest.raises(IntegrityFault, match="Migration 0002 log was applied with another text"):
        Log(database, SystemClock())


def test_migrating_again_does_nothing(database: str) -> None:
    assert migrate(database) == []


def test_a_database_that_cannot_hold_every_name_is_not_migrated(postgres: str) -> None:
    rows(postgres, "drop database if exists latin")
    rows(postgres, "create database latin encoding 'LATIN1' locale 'C' template template0")
    latin = make_conninfo(postgres, dbname="latin")
    with pytest.raises(IntegrityFault, match=r"latin has the encoding LATIN1, .* encoding 'UTF8'"):
        migrate(latin)
    assert rows(latin, "select count(*) from pg_namespace where nspname = 'carnet'") == [(0,)]
    rows(postgres, "drop database latin")


def test_a_server_that_acknowledges_too_early_is_refused(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'alter database "{name}" set synchronous_commit = off'.encode())
    with (
        Log(database, SystemClock()) as log,
        pytest.raises(PostgresFault, match="synchronous_commit is off: what is acknowledged could be lost"),
    ):
        write(log, item())


def test_a_lock_that_somebody_keeps_is_not_waited_for_without_end(database: str) -> None:
    with Log(database, SystemClock(), write_within_s=0.2) as log, psycopg.connect(database) as holder:
        write(log, item())
        holder.execute("select from carnet.head for update")
        waiting = [log.append(item()) for _ in range(3)]
        for one in waiting:
            with pytest.raises(PostgresFault, match=r"did not finish in time.*Nothing of this was written"):
                one.result(timeout=WITHIN_S)
        holder.rollback()
        assert write(log, item()) == [Appended(2)]


def test_a_login_that_is_no_writer_is_told_what_it_lacks(database: str, template: str) -> None:
    rows(
        database, "do $$ begin create role stranger login; exception when duplicate_object then null; end $$"
    )
    with pytest.raises(
        PostgresFault, match=r"not let this login do that: .*Make the login a member of carnet_writer"
    ):
        Log(make_conninfo(database, user="stranger"), SystemClock())
