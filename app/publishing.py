"""`carnet topics` and `carnet schemas`: what subscribers rely on."""

from __future__ import annotations

from contextlib import closing

from cyclopts import App

from app import reaching
from app.consuming import workshop
from app.output import AsJson, out, print_json
from app.wiring import configured
from consumers.accepting import accept
from infra import kafka
from infra import topics as wanted_topics
from infra.avro import check_schemas, write_schemas
from infra.errors import IntegrityFault
from infra.settings import Settings

topics = App(name="topics", help="The topics on Kafka.")
schemas = App(name="schemas", help="The Avro schemas of our events, generated from their classes.")


@topics.command(name="apply")
def apply_them(*, json: AsJson = False) -> None:
    """Make the topics that are missing, and the partitions that the position topic lacks. One that differs is named."""
    made = apply_all(configured())
    if json:
        print_json(made)
    else:
        out.print(f"Made {', '.join(made)}" if made else "Every topic is there.")


def apply_all(settings: Settings) -> list[str]:
    """The names of the topics that were made."""
    bootstrap = reaching.kafka(settings)
    wanted = wanted_topics.wanted(settings.topic_prefix, settings.partitions)
    with kafka.faults(bootstrap), closing(kafka.admin(bootstrap)) as admin:
        return wanted_topics.apply(admin, bootstrap, wanted)


@topics.command(name="accept")
def accept_it(topic: str, /) -> None:
    """Take TOPIC (its whole name) from its first message on, after it was made anew or shortened."""
    with workshop() as (settings, shop):
        moved = accept(topic, shop, reaching.kafka(settings))
    out.print(f"Taken from the first message: {', '.join(moved)}" if moved else "Nothing had to be moved.")


@schemas.command
def write() -> None:
    """Generate schemas/out and lock what is new; a change that would break a subscriber is refused."""
    for line in write_schemas():
        out.print(line)


@schemas.command
def check() -> None:
    """Fail if a schema, the lock and the event classes do not agree."""
    if drift := check_schemas():
        raise IntegrityFault("\n".join(drift), hint="Run `make schemas` and look at the difference.")
    out.print("Schemas, lock and event classes agree.")
