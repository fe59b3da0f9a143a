"""`carnet db`: make the databases and bring them to the schema of this version."""

from __future__ import annotations

from cyclopts import App
from psycopg import sql
from psycopg.errors import DuplicateDatabase

from app import reaching
from app.output import AsJson, out, print_json
from app.wiring import configured
from infra.migrate import BOOK, KEYS, migrate
from infra.postgres import connect, faults
from infra.settings import Settings

db = App(name="db", help="The databases of the order book and of the vault's keys.")
MAINTENANCE = "postgres"


@db.command(name="migrate")
def migrate_them(*, json: AsJson = False) -> None:
    """Create the two databases if they are missing, and apply every migration that is not applied yet."""
    settings = configured()
    applied = migrate_all(settings)
    if json:
        print_json(applied)
    else:
        for database, names in applied.items():
            out.print(f"{database}: {', '.join(names) or 'up to date'}")


def migrate_all(settings: Settings) -> dict[str, list[str]]:
    """What was applied, by database."""
    applied = {}
    for database, kind in ((settings.database, BOOK), (settings.keys_database, KEYS)):
        create(settings, database)
        applied[database] = migrate(reaching.postgres(settings, database), kind)
    return applied


def create(settings: Settings, database: str) -> None:
    """Create a database, unless it is there."""
    with connect(reaching.postgres(settings, MAINTENANCE)) as connection, faults():
        if not connection.execute("select from pg_database where datname = %s", [database]).fetchone():
            try:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
            except DuplicateDatabase:
                return  # another process was faster
