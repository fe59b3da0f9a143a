"""`carnet schemas write` and `carnet schemas check`: the event classes, the files and the lock kept in step.

What was published under an id stays as it is, but for its documentation. A class that changed becomes the
next version under the next id, if everybody can still read it; the version before moves to
`<Name>.<version>.avsc`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from domain.kernel import Event
from infra.avro.catalogue import (
    SCHEMAS,
    Catalogue,
    Published,
    Row,
    canonical_sha256,
    guid_of,
    path_of,
)
from infra.avro.rules import breaks, refusals
from infra.avro.schema import Schema, record_name, schema_of, text_of
from infra.errors import IntegrityFault
from infra.topics import event_topic

Events = Iterable[type[Event]]


def domain_events() -> list[type[Event]]:
    """Every event of the domain, in the order that new ones get their ids."""
    import domain.everything  # noqa: F401 -- being imported is what registers them

    ours = [event for event in Event.named.values() if event.__module__.startswith("domain.")]
    return sorted(ours, key=record_name)


def check_schemas(folder: Path = SCHEMAS, events: Events | None = None) -> list[str]:
    """What is not in step, each in a sentence; nothing, if all is well."""
    try:
        catalogue = Catalogue.load(folder)
    except IntegrityFault as fault:
        return [str(fault)]
    events = domain_events() if events is None else list(events)
    drift = _faults(catalogue, events)
    for event in events:
        if _is_new(catalogue, event) or _is_redocumented(catalogue, event):
            drift.append(f"{record_name(event)} is not as schemas/out has it; run `carnet schemas write`.")
    newest = {one.row.id for one in catalogue.latest.values()}
    known = {path_of(folder, one.row, newest=key in newest) for key, one in catalogue.by_id.items()}
    drift += [
        f"{file} has no row in schemas/lock.json."
        for file in sorted((folder / "out").rglob("*.avsc"))
        if file not in known
    ]
    return drift


def write_schemas(folder: Path = SCHEMAS, events: Events | None = None) -> list[str]:
    """Publish what is new; returns a sentence for each.

    Raises:
        IntegrityFault: an event changed so that somebody could no longer read it, or holds what it must
            not; all such events are named, and nothing is written.
    """
    catalogue = Catalogue.load(folder)
    events = domain_events() if events is None else list(events)
    if faults := _faults(catalogue, events):
        raise IntegrityFault(" ".join(faults))
    told = []
    for event in events:
        if _is_new(catalogue, event):
            row = _next_row(catalogue, event)
            _write(folder, catalogue, Published(row, schema_of(event)))
            catalogue = Catalogue.load(folder)
            told.append(f"{row.record} version {row.version} is schema {row.id}.")
        elif _is_redocumented(catalogue, event):
            row = catalogue.latest[record_name(event)].row
            path_of(folder, row, newest=True).write_bytes(_pretty(schema_of(event)))
            told.append(f"{row.record} is documented anew.")
    return told


def _faults(catalogue: Catalogue, events: list[type[Event]]) -> list[str]:
    faults = []
    for event in events:
        faults += refusals(event)
        for before in catalogue.versions(record_name(event)):
            faults += [
                f"{record_name(event)}: {why} (since version {before.row.version}). "
                "Give the event a new name, and move the old class to `retired.py` of its package."
                for why in breaks(before.schema, schema_of(event))
            ]
    gone = catalogue.latest.keys() - {record_name(event) for event in events}
    return faults + [f"{name} was published, but no event has this name any more." for name in sorted(gone)]


def _is_new(catalogue: Catalogue, event: type[Event]) -> bool:
    latest = catalogue.latest.get(record_name(event))
    return latest is None or latest.row.guid != guid_of(text_of(schema_of(event)))


def _is_redocumented(catalogue: Catalogue, event: type[Event]) -> bool:
    return catalogue.latest[record_name(event)].schema != schema_of(event)


def _next_row(catalogue: Catalogue, event: type[Event]) -> Row:
    schema = schema_of(event)
    return Row(
        id=max(catalogue.by_id, default=0) + 1,
        subject=f"{event_topic(event.family)}-{record_name(event)}",
        version=len(catalogue.versions(record_name(event))) + 1,
        guid=guid_of(text_of(schema)),
        sha256=canonical_sha256(schema),
    )


def _write(folder: Path, catalogue: Catalogue, published: Published) -> None:
    row = published.row
    file = path_of(folder, row, newest=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    if before := catalogue.latest.get(row.record):
        file.rename(path_of(folder, before.row, newest=False))
    file.write_bytes(_pretty(published.schema))
    rows = [*(one.row for one in catalogue.by_id.values()), row]
    lines = ",\n".join(
        "  " + msgspec.json.encode(one).decode() for one in sorted(rows, key=lambda one: one.id)
    )
    (folder / "lock.json").write_text(f"[\n{lines}\n]\n")


def _pretty(schema: Schema) -> bytes:
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
