"""What is sealed stands nowhere in clear: in no table, no log line, no repr, no error."""

import logging
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from domain.sealed import Clear, Personal
from infra.vault import SubjectErased
from tests.integration.vault.conftest import KEK, Setting

MARKER = "MARKER-7f3a9c"
UNIQUE = Personal("vehicle_id", "vehicle", unique=True)


def test_no_table_holds_a_marker_or_a_key(setting: Setting) -> None:
    vault, anna = setting.vault(), uuid4()
    setting.keep(vault, anna, MARKER)
    _, row = vault.seal(Clear(MARKER), UNIQUE, uuid4())
    setting.write(row, vault.seal_bytes(MARKER.encode(), uuid4()))
    vault.show(anna, "a test", "clerk-1")
    vault.find("vehicle", MARKER, purpose="a test", actor="clerk-1")

    secrets = [MARKER.encode(), MARKER.lower().encode(), KEK, vault.digest_key()]
    for database in (setting.book, setting.keys):
        dumped = dump(database)
        assert anna.bytes in dumped, "the search itself works"
        for secret in secrets:
            assert secret not in dumped


def test_no_repr_no_log_and_no_error_tells_it(
    setting: Setting, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    vault, anna = setting.vault(), uuid4()
    clear = Clear(MARKER)
    sealed, row = vault.seal(clear, UNIQUE, anna)
    setting.write(row)
    told = [repr(each) for each in (clear, sealed, row, vault, *vault.show(anna, "a test", "clerk-1"))]
    told.append(repr(vault.erase(anna, actor="officer-1")))
    with pytest.raises(SubjectErased) as refused:
        vault.seal(clear, UNIQUE, anna)
    told += [str(refused.value), repr(refused.value), caplog.text, *capfd.readouterr()]
    assert MARKER not in " ".join(told)


def dump(database: str) -> bytes:
    """Every row of every table, in binary."""
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        tables = connection.execute(
            """select schemaname, tablename from pg_tables
            where schemaname not in ('pg_catalog', 'information_schema')"""
        ).fetchall()
        rows: list[bytes] = []
        for names in tables:
            copy = sql.SQL("copy (select * from {}) to stdout (format binary)").format(sql.Identifier(*names))
            with cursor.copy(copy) as reader:
                rows.extend(bytes(part) for part in reader)
    return b"".join(rows)
