"""The published schemas: in step with the classes, and never changed under anybody's feet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import avro.schema
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from domain.kernel import Event
from domain.money import Money
from domain.sealed import Sealed
from infra.avro import SCHEMAS, Catalogue, check_schemas, write_schemas
from infra.avro.locking import domain_events
from infra.avro.rules import breaks, refusals
from infra.avro.schema import Schema, schema_of, text_of
from infra.errors import IntegrityFault
from tests.unit.drafts import Confidential, draft

BEFORE = draft("Parked", where=str, since=datetime, price=Money | None)


def compatible(one: Schema, other: Schema) -> bool:
    """What Apache Avro's own checker says, both ways."""
    parsed = [avro.schema.parse(text_of(schema)) for schema in (one, other)]
    checker: Any = ReaderWriterCompatibilityChecker
    results = [
        checker().get_compatibility(reader=reader, writer=writer) for reader, writer in (parsed, parsed[::-1])
    ]
    return all(result.compatibility is SchemaCompatibilityType.compatible for result in results)


def written(folder: Path, *events: type[Event]) -> list[dict[str, object]]:
    write_schemas(folder, events)
    rows = json.loads((folder / "lock.json").read_text())
    assert isinstance(rows, list)
    return rows


def fields(event: type[Event]) -> dict[str, object]:
    """The Avro type of each field."""
    listed = schema_of(event)["fields"]
    assert isinstance(listed, list)
    return {str(field["name"]): field for field in listed if isinstance(field, dict)}


def test_the_checked_in_schemas_are_those_of_the_events() -> None:
    assert check_schemas() == []


def test_every_version_reads_every_other_one() -> None:
    catalogue = Catalogue.load()
    for record in catalogue.latest:
        versions = [one.schema for one in catalogue.versions(record)]
        assert all(compatible(one, other) for one in versions for other in versions), record


def test_no_event_holds_personal_data_in_clear_or_a_confidential_amount() -> None:
    assert [refusal for event in domain_events() for refusal in refusals(event)] == []


def test_a_schema_is_drawn_from_the_class() -> None:
    event = draft(
        "Drawn", doc="It was drawn.\n\n    More.", many=tuple[UUID, ...], day=date, flag=(bool, True)
    )
    assert schema_of(event) == {
        "type": "record",
        "name": "Drawn",
        "namespace": "carnet.service",
        "doc": "It was drawn.",
        "fields": [
            {"name": "many", "type": {"type": "array", "items": {"type": "string", "logicalType": "uuid"}}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "flag", "type": "boolean", "default": True},
        ],
    }


def test_a_record_is_drawn_once_and_then_named() -> None:
    drawn = fields(draft("Priced", net=Money, gross=Money | None))
    assert drawn["gross"] == {"name": "gross", "type": ["null", "carnet.Money"], "default": None}


def test_words_are_text_with_a_list_in_the_doc() -> None:
    drawn = fields(draft("Worded", side=Literal["left", "right"], seen=tuple[Literal["a", "b"], ...]))
    assert drawn["side"] == {"name": "side", "type": "string", "doc": "One of left, right; more may come."}
    assert drawn["seen"] == {
        "name": "seen",
        "type": {"type": "array", "items": "string"},
        "doc": "Each is one of a, b; more may come.",
    }


def test_an_optional_field_begins_with_the_type_of_its_default() -> None:
    drawn = fields(draft("Maybe", some=(int | None, 3), none=(int | None, None)))
    assert drawn["some"] == {"name": "some", "type": ["long", "null"], "default": 3}
    assert drawn["none"] == {"name": "none", "type": ["null", "long"], "default": None}


@pytest.mark.parametrize("kind", [float, dict[str, str], tuple[int, str], int | str, bytes])
def test_a_type_without_a_schema_is_refused(kind: object) -> None:
    with pytest.raises(TypeError, match=r"Odd\.thing is .*: an event holds"):
        schema_of(draft("Odd", thing=kind))


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (draft("Parked", where=str, since=datetime), None),
        (draft("Parked", where=str, since=datetime, price=Money | None, note=(str, "")), None),
        (draft("Parked", where=str, since=datetime, price=Money | None, note=str), "note is new, and has no"),
        (draft("Parked", since=datetime, price=Money | None), "field where is gone, and had no default"),
        (draft("Parked", place=str, since=datetime, price=Money | None), "field where is gone"),
        (draft("Parked", where=int, since=datetime, price=Money | None), "where was string and is long"),
        (draft("Parked", where=str, since=datetime, price=Money), "field price was carnet.Money or null and"),
    ],
)
def test_a_change_that_avro_refuses_is_refused(after: type[Event], why: str | None) -> None:
    told = breaks(schema_of(BEFORE), schema_of(after))
    assert compatible(schema_of(BEFORE), schema_of(after)) is (why is None)
    assert any(why in one for one in told) if why else not told


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (
            draft("Parked", where=str, since=int, price=Money | None),
            "since was long (timestamp-micros) and is long",
        ),
        (
            draft("Parked", where=UUID, since=datetime, price=Money | None),
            "where was string and is string (uuid)",
        ),
    ],
)
def test_a_logical_type_that_avro_lets_change_is_refused(after: type[Event], why: str) -> None:
    assert compatible(schema_of(BEFORE), schema_of(after))
    assert breaks(schema_of(BEFORE), schema_of(after)) == [f"field {why}"]


def test_a_change_deep_inside_is_named_by_its_path() -> None:
    before = schema_of(draft("Deep", prices=tuple[Money, ...]))
    after = json.loads(
        json.dumps(before).replace('"name": "minor", "type": "long"', '"name": "minor", "type": "string"')
    )
    assert breaks(before, after) == ["field prices[].minor was long and is string"]


def test_new_events_get_the_next_ids(tmp_path: Path) -> None:
    first = written(tmp_path, draft("First", what=str))
    both = written(tmp_path, draft("First", what=str), draft("Another", what=int))
    assert both[: len(first)] == first
    assert [(row["id"], row["subject"], row["version"]) for row in both] == [
        (1, "service.events.v1-carnet.service.First", 1),
        (2, "service.events.v1-carnet.service.Another", 1),
    ]


def test_the_lock_has_the_ids_that_registries_give(tmp_path: Path) -> None:
    (row,) = written(tmp_path, draft("Small", n=int))
    text = (
        '{"type":"record","name":"Small","namespace":"carnet.service","fields":[{"name":"n","type":"long"}]}'
    )
    canonical = '{"name":"carnet.service.Small","type":"record","fields":[{"name":"n","type":"long"}]}'
    assert row["guid"] == str(UUID(bytes=md5(text.encode(), usedforsecurity=False).digest()))
    assert row["sha256"] == sha256(canonical.encode()).hexdigest()


def test_a_changed_event_is_a_new_version_beside_the_old_one(tmp_path: Path) -> None:
    before = written(tmp_path, BEFORE)
    after = draft("Parked", where=str, since=datetime, price=Money | None, note=(str, ""))
    assert check_schemas(tmp_path, [after]) == [
        "carnet.service.Parked is not as schemas/out has it; run `carnet schemas write`."
    ]
    rows = written(tmp_path, after)
    assert rows[:1] == before
    assert [(row["id"], row["version"]) for row in rows] == [(1, 1), (2, 2)]
    assert check_schemas(tmp_path, [after]) == []
    assert Catalogue.load(tmp_path).by_id[1].schema == schema_of(BEFORE)


def test_better_documentation_is_no_new_version(tmp_path: Path) -> None:
    before = written(tmp_path, BEFORE)
    after = draft("Parked", doc="Told better.", where=str, since=datetime, price=Money | None)
    assert "is not as schemas/out has it" in check_schemas(tmp_path, [after])[0]
    assert write_schemas(tmp_path, [after]) == ["carnet.service.Parked is documented anew."]
    assert written(tmp_path, after) == before
    assert check_schemas(tmp_path, [after]) == []
    assert Catalogue.load(tmp_path).by_id[1].schema["doc"] == "Told better."


def test_a_break_with_any_version_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """The second version has lost a field; a third one brings its name back with another type."""
    write_schemas(tmp_path, [BEFORE])
    write_schemas(tmp_path, [draft("Parked", where=str, since=datetime)])
    third = draft("Parked", where=str, since=datetime, price=(str, ""))
    before = tree(tmp_path)
    with pytest.raises(
        IntegrityFault, match=r"carnet\.service\.Parked: field price was .* \(since version 1\)"
    ):
        write_schemas(tmp_path, [third, draft("Fresh", n=int)])
    assert tree(tmp_path) == before


def test_a_published_event_does_not_vanish(tmp_path: Path) -> None:
    write_schemas(tmp_path, [BEFORE])
    assert check_schemas(tmp_path, []) == [
        "carnet.service.Parked was published, but no event has this name any more."
    ]
    with pytest.raises(IntegrityFault, match=r"Parked was published, but no event"):
        write_schemas(tmp_path, [])


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (draft("Leaky", vin=str), "Leaky.vin looks like personal data in clear"),
        (draft("Leaky", home_address=str | None), "Leaky.home_address looks like personal data in clear"),
        (draft("Leaky", margin=Money), "Leaky.margin looks like a confidential amount"),
        (draft("Fine", vin=Sealed), None),
        (draft("Fine", margin=Money, base=Confidential), None),
    ],
)
def test_what_must_not_leave_the_house(event: type[Event], why: str | None) -> None:
    told = refusals(event)
    assert len(told) == (why is not None)
    assert not why or told[0].startswith(why)


def test_an_edited_schema_is_noticed(tmp_path: Path) -> None:
    write_schemas(tmp_path, [BEFORE])
    file = tmp_path / "out" / "service" / "Parked.avsc"
    file.write_text(file.read_text().replace("where", "place"))
    assert (
        "Parked.avsc is not the schema that schemas/lock.json holds under id 1"
        in check_schemas(tmp_path, [BEFORE])[0]
    )


def test_a_missing_and_a_stray_schema_are_noticed(tmp_path: Path) -> None:
    write_schemas(tmp_path, [BEFORE])
    file = tmp_path / "out" / "service" / "Parked.avsc"
    stray = file.with_name("Stray.avsc")
    stray.write_text("{}")
    assert check_schemas(tmp_path, [BEFORE]) == [f"{stray} has no row in schemas/lock.json."]
    file.unlink()
    assert "Parked.avsc (schema id 1) is missing" in check_schemas(tmp_path, [BEFORE])[0]


def test_a_lock_that_is_no_lock_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text('[{"id": "one"}]')
    assert "lock.json cannot be read" in check_schemas(tmp_path, [])[0]


def test_the_schemas_come_with_the_package() -> None:
    assert (SCHEMAS / "lock.json").exists()


def tree(folder: Path) -> dict[Path, str]:
    files: Iterable[Path] = (file for file in folder.rglob("*") if file.is_file())
    return {file: file.read_text() for file in files}
