"""The copies of others' schemas, and the lock that gives each its id."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from consumers.kernel import Message
from consumers.run import CONSUMERS
from infra import inbound

MESSAGES = [message for consumer in CONSUMERS.values() for message in consumer.messages]


def test_every_schema_has_an_id_of_its_own() -> None:
    ids = [schema.id for schema in inbound.schemas().values()]
    assert len(set(ids)) == len(ids)


def test_every_schema_is_read_by_one_consumer() -> None:
    assert sorted(message.record for message in MESSAGES) == sorted(inbound.schemas())


@pytest.mark.parametrize("message", MESSAGES, ids=[message.record for message in MESSAGES])
def test_the_fields_of_a_message_are_those_of_its_schema(message: type[Message]) -> None:
    fields = inbound.schemas()[message.record].parsed["fields"]
    assert {field["name"] for field in fields} == set(message.__struct_fields__)
    assert all(field["doc"] for field in fields)


def test_what_is_written_is_read_back() -> None:
    fields = {"vehicle_id": uuid4(), "started_at": datetime(2026, 5, 4, 6, tzinfo=UTC)}
    assert inbound.decode(inbound.encode("plant.BuildStarted", fields)) == ("plant.BuildStarted", fields)
